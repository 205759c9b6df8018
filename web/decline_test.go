package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"herald/store"
)

// https://www.rfc-editor.org/rfc/rfc8058#section-3.2: a bare POST without cookies or an origin, from the mail provider's server.
func TestMailProvidersDeclineWithOneClick(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	v := newVisitor(t)
	for range 2 {
		v.open(s.url + "/decline/" + annToken) // a scanner looks at the link first
	}
	if m.declined != 0 {
		t.Fatal("looking at the page declined")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/decline/"+annToken, strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := v.do(req); got.status != http.StatusOK || m.declined != 1 {
		t.Errorf("status %d, declined %d times", got.status, m.declined)
	}
	if strings.Contains(s.log.String(), annToken) {
		t.Error("the log holds the token")
	}

	if req.Body, err = req.GetBody(); err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := v.do(req); got.status != http.StatusForbidden || m.declined != 1 {
		t.Errorf("another site's form: status %d, declined %d times", got.status, m.declined)
	}
}

func TestWhoeverDeclinesMaySayWhy(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name   string
		reason url.Values
		want   store.DeclineReason
		reads  []string
	}{
		{"nothing chosen", nil, "", []string{"That’s fine", "so is the address in this invitation"}},
		{"not interested", url.Values{"reason": {"not_interested"}}, store.DeclinedNotInterested, []string{"That’s fine"}},
		{"no networks", url.Values{"reason": {"no_networks"}}, store.DeclinedNoNetworks, []string{"That’s fine"}},
		{"other", url.Values{"reason": {"other"}}, store.DeclinedOther, []string{"That’s fine"}},
		{"a privacy worry", url.Values{"reason": {"privacy"}}, store.DeclinedPrivacy, []string{"That’s fine", "company admins would see", "What Herald stores, and who sees it"}},
		{"a made-up reason", url.Values{"reason": {"<script>"}}, "", []string{"That’s fine"}},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			s := newSite(t, start, m)
			v := newVisitor(t)
			v.open(s.url+"/decline/"+annToken).wants(t, http.StatusOK, "Would you say why?", "What Herald stores, and who sees it")
			v.submit(story.reason).wants(t, http.StatusOK, story.reads...)
			if m.declined != 1 || m.reason != story.want {
				t.Errorf("declined %d times with the reason %q, want once with %q", m.declined, m.reason, story.want)
			}
			if told := strings.Contains(v.page.text(), "company admins would see"); told != (story.want == store.DeclinedPrivacy) {
				t.Errorf("the page tells who sees what: %v", told)
			}
		})
	}
}
