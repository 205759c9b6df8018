package web_test

import (
	"net/http"
	"strings"
	"testing"
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

	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := v.do(req); got.status != http.StatusForbidden || m.declined != 1 {
		t.Errorf("another site's form: status %d, declined %d times", got.status, m.declined)
	}
}
