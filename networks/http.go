package networks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// requestTimeout bounds one request, reading the answer included.
	requestTimeout = 10 * time.Second
	// maxAnswer bounds an answer in bytes. An identity or a token is a few kilobytes.
	maxAnswer = 256 << 10
)

// newClient returns a client that waits for nothing for long, and follows no redirects: no API Herald calls sends any,
// and a secret must not travel to where one might lead.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       requestTimeout,
		Transport:     limited{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// limited cuts answers off at maxAnswer, whoever reads them.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	return resp, nil
}

// do sends the request and reads the whole answer. Its error wraps ErrUnavailable.
func do(client *http.Client, req *http.Request) (status int, body []byte, err error) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, unavailable(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, unavailable(err)
	}
	return resp.StatusCode, body, nil
}

// post sends a form. Its error wraps ErrUnavailable.
func post(ctx context.Context, client *http.Client, address string, form url.Values) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, unavailable(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(client, req)
}

// decode reads an answer. Neither it nor the decoder's words about it get into the error, which wraps ErrUnavailable.
func decode(body []byte, into any) error {
	if json.Unmarshal(body, into) != nil {
		return fmt.Errorf("%w: its answer is no JSON of the expected shape", ErrUnavailable)
	}
	return nil
}

// unavailable wraps a transport error, without the URL, which may hold a secret.
func unavailable(err error) error {
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		err = withURL.Err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// statusError says what an unexpected status means.
func statusError(status int) error {
	kind := ErrRejected
	switch {
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError, status < http.StatusBadRequest:
		kind = ErrUnavailable
	case status == http.StatusForbidden:
		kind = ErrMisconfigured
	}
	return fmt.Errorf("%w: HTTP status %d", kind, status)
}
