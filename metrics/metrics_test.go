package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"herald/metrics"
	"herald/store"
)

// numbers is a database.
type numbers struct {
	all store.Statistics
	err error
}

func (n numbers) Statistics(context.Context) (store.Statistics, error) { return n.all, n.err }

func read(t *testing.T, m *metrics.Metrics) (status int, text string) {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return answer.Code, answer.Body.String()
}

func wants(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := metrics.New(numbers{all: store.Statistics{
		Members:     []store.Statistic{{Name: "admin", N: 2}, {Name: "employee", N: 300}},
		Invitations: []store.Statistic{{Name: "pending", N: 7}},
		Jobs:        []store.Statistic{{Name: "invite_dm", State: "retryable", N: 1}},
	}})
	m.Registration("linkedin", "active")
	m.Job(store.JobInviteDM, "done")
	m.Job(store.JobInviteDM, "done")
	m.Request("GET /register/{key}/{token}", http.StatusGone, 30*time.Millisecond)
	status, text := read(t, m)
	if status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	wants(t, text,
		`herald_members{type="admin"} 2`, `herald_members{type="employee"} 300`, `herald_invitations{state="pending"} 7`,
		`herald_jobs{kind="invite_dm",state="retryable"} 1`, `herald_registrations_total{network="linkedin",outcome="active"} 1`,
		`herald_deliveries_total{kind="invite_dm",outcome="done"} 2`,
		`herald_http_request_seconds_bucket{code="410",route="GET /register/{key}/{token}",le="0.1"} 1`)

	if status, _ := read(t, metrics.New(numbers{err: errors.New("the disk is full of cats")})); status != http.StatusInternalServerError {
		t.Errorf("without the database: status %d, want 500", status)
	}
}

func TestSlackCallsAreCountedByMethodAndResult(t *testing.T) {
	t.Parallel()
	answers := map[string]func(w http.ResponseWriter){
		"/api/chat.postMessage":         func(w http.ResponseWriter) { fmt.Fprint(w, `{"ok":true,"ts":"1.2"}`) },
		"/api/views.open":               func(w http.ResponseWriter) { fmt.Fprint(w, `{"ok":false,"error":"expired_trigger_id"}`) },
		"/api/users.info":               func(w http.ResponseWriter) { fmt.Fprint(w, `{"ok":false,"error":"Ann Lee <ann@acme.example>"}`) },
		"/api/users.list":               func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) },
		"/api/team.info":                func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"/api/auth.test":                func(w http.ResponseWriter) { fmt.Fprint(w, `<html>`) },
		"/api/xoxb-secret":              func(w http.ResponseWriter) { fmt.Fprint(w, `{"ok":true}`) },
		"/actions/T0ACME/1234/s3cr3t":   func(w http.ResponseWriter) { fmt.Fprint(w, `ok`) },
		"/api/conversations.list/extra": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w) }))
	defer server.Close()
	m := metrics.New(numbers{})
	client := &http.Client{Transport: m.SlackCalls(http.DefaultTransport, server.URL+"/api/")}
	get := func(address string) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	for path := range answers {
		body, err := get(server.URL + path)
		if err != nil {
			t.Error(err)
		}
		if path == "/api/chat.postMessage" && body != `{"ok":true,"ts":"1.2"}` {
			t.Errorf("the answer became %q", body)
		}
	}
	server.Close()
	if _, err := get(server.URL + "/api/chat.update"); err == nil {
		t.Error("a server that is gone answers")
	}

	_, text := read(t, m)
	for call, n := range map[string]string{
		`method="chat.postMessage",result="ok"`: "1", `method="views.open",result="expired_trigger_id"`: "1",
		`method="users.info",result="refused"`: "1", `method="users.list",result="ratelimited"`: "1",
		`method="team.info",result="server_error"`: "1", `method="auth.test",result="unreadable"`: "1",
		`method="other",result="ok"`: "2", `method="other",result="refused"`: "1", `method="chat.update",result="unreachable"`: "1",
	} {
		wants(t, text, "herald_slack_calls_total{"+call+"} "+n)
	}
	for _, secret := range []string{"s3cr3t", "secret", "Ann", "T0ACME"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics hold %q", secret)
		}
	}
}
