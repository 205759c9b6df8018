package web_test

import (
	"errors"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		ping    error
		slackOK bool
		status  int
		body    string
	}{
		{"all is well", nil, true, 200, `{"status":"ok","database":"ok","slack":"connected"}`},
		{"no database", errors.New("password=hunter2"), true, 503, `{"status":"unavailable","database":"unavailable","slack":"connected"}`},
		{"no Slack", nil, false, 503, `{"status":"unavailable","database":"ok","slack":"reconnecting"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			m.pingErr = tt.ping
			s := newSite(t, start, m)
			s.slackOK = tt.slackOK
			v := newVisitor(t)
			if got := v.open(s.url + "/healthz"); got.status != tt.status || strings.TrimSpace(got.body) != tt.body {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, tt.status, tt.body)
			}
			v.open(s.url+"/livez").wants(t, 200, "ok")
		})
	}
}
