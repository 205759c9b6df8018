package metrics

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// What Slack calls a method and an error. Everything else gets one label, so that no token or id becomes one.
var (
	slackMethod = regexp.MustCompile(`^[a-z]+(\.[a-zA-Z]+){1,3}$`)
	slackCode   = regexp.MustCompile(`^[a-z_]{1,60}$`)
)

// maxAnswer is how much of an answer is read to see what came of a call, in bytes: a page of the directory is the largest.
const maxAnswer = 4 << 20

// slackCalls counts what goes through it.
type slackCalls struct {
	next    http.RoundTripper
	apiURL  string
	metrics *Metrics
}

// SlackCalls returns a transport that counts the calls of Slack's Web API. Others, such as answers through response URLs, count as method
// "other".
func (m *Metrics) SlackCalls(next http.RoundTripper, apiURL string) http.RoundTripper {
	return &slackCalls{next, apiURL, m}
}

// RoundTrip implements http.RoundTripper.
func (s *slackCalls) RoundTrip(req *http.Request) (*http.Response, error) {
	method := "other"
	if name, ok := strings.CutPrefix(req.URL.Scheme+"://"+req.URL.Host+req.URL.Path, s.apiURL); ok && slackMethod.MatchString(name) {
		method = name
	}
	resp, err := s.next.RoundTrip(req)
	if err != nil {
		s.metrics.slack.WithLabelValues(method, "unreachable").Inc()
		return nil, err
	}
	s.metrics.slack.WithLabelValues(method, resultOf(method, resp)).Inc()
	return resp, nil
}

// resultOf reads what came of a call, and leaves the answer to be read again.
func resultOf(method string, resp *http.Response) string {
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return "ratelimited"
	case resp.StatusCode >= http.StatusInternalServerError:
		return "server_error"
	case resp.StatusCode >= http.StatusMultipleChoices:
		return "refused"
	case method == "other":
		return "ok"
	}
	var body bytes.Buffer
	_, err := io.Copy(&body, io.LimitReader(resp.Body, maxAnswer))
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(&body, failing{err}, resp.Body), resp.Body}
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	switch {
	case err != nil:
		return "unreachable"
	case json.Unmarshal(body.Bytes(), &answer) != nil:
		return "unreadable"
	case answer.OK:
		return "ok"
	case slackCode.MatchString(answer.Error):
		return answer.Error
	}
	return "refused"
}

// failing is a reader that has this error, or nothing, to say.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
