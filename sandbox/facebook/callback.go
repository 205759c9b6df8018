package facebook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds a callback's answer in bytes.
const maxAnswer = 64 << 10

// newClient returns a client for the apps' callbacks. It follows no redirects, so that an app learns that it must not send any.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Deletion is what an app answers to a request to delete somebody's data.
type Deletion struct {
	URL  string // where the person sees what became of it
	Code string // by which the app knows the request
}

// SignedRequest is the message by which an app knows the account's wish, signed with the app's secret. It fails if there
// is no such app or account.
func (s *Server) SignedRequest(clientID, accountID string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.known(clientID, accountID); err != nil {
		return "", err
	}
	payload, err := json.Marshal(map[string]any{
		"algorithm": "HMAC-SHA256", "issued_at": s.now().Unix(), "user_id": s.UserID(clientID, accountID),
	})
	if err != nil {
		return "", fmt.Errorf("encode the payload: %w", err)
	}
	encoded := base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, []byte(s.apps[clientID].ClientSecret))
	mac.Write([]byte(encoded)) // what was encoded is signed, not what it stands for
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) + "." + encoded, nil
}

// Deauthorize removes the app from the account, as the person does under "Apps and websites", and tells the app at its
// Deauthorize callback. It fails if there is no such app or account, or if the callback does not answer 200.
func (s *Server) Deauthorize(ctx context.Context, clientID, accountID, callbackURL string) error {
	_, err := s.leave(ctx, clientID, accountID, callbackURL)
	return err
}

// RequestDeletion removes the app from the account, and asks the app at its Data Deletion callback to delete what it
// knows about the person. It fails if there is no such app or account, or if the callback does not answer 200 with an
// address and a code.
// https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
func (s *Server) RequestDeletion(ctx context.Context, clientID, accountID, callbackURL string) (Deletion, error) {
	body, err := s.leave(ctx, clientID, accountID, callbackURL)
	if err != nil {
		return Deletion{}, err
	}
	var answer struct {
		URL  string `json:"url"`
		Code string `json:"confirmation_code"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return Deletion{}, fmt.Errorf("read the callback's answer: %w", err)
	}
	status, err := url.Parse(answer.URL)
	if err != nil || status.Host == "" || status.Scheme != "https" && status.Scheme != "http" {
		return Deletion{}, errors.New("the callback answered no absolute url")
	}
	if answer.Code == "" {
		return Deletion{}, errors.New("the callback answered no confirmation_code")
	}
	return Deletion{answer.URL, answer.Code}, nil
}

// leave removes the app and sends the signed request.
func (s *Server) leave(ctx context.Context, clientID, accountID, callbackURL string) ([]byte, error) {
	signed, err := s.SignedRequest(clientID, accountID)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.remove(connection{clientID, accountID})
	s.mu.Unlock()

	form := strings.NewReader(url.Values{"signed_request": {signed}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, callbackURL, form)
	if err != nil {
		return nil, fmt.Errorf("address the callback: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call the callback: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the callback's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the callback answered %d", resp.StatusCode)
	}
	return body, nil
}
