package facebook_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAPersonShowsTheAppTheirPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	managed := func(token string, query url.Values) (names []string, code int) {
		t.Helper()
		var list struct{ Data []struct{ ID, Name string } }
		failed := w.graph(http.MethodGet, "/me/accounts", token, query, &list)
		for _, p := range list.Data {
			names = append(names, p.ID+" "+p.Name)
		}
		return names, failed.Code
	}
	fields := func() url.Values { return url.Values{"fields": {"id,name"}} }
	if _, code := managed(w.token("fb-ann", "allow"), fields()); code != 200 {
		t.Errorf("without the permission: error %d, want 200", code)
	}
	w.config.Scopes = []string{"pages_show_list"}
	_, page, _ := w.request(http.MethodGet, w.config.AuthCodeURL("xyz"), nil)
	if !strings.Contains(page, "The list of the Pages you manage") || strings.Contains(page, "allow_without_email") {
		t.Error("the consent page does not ask for the Pages alone")
	}
	if _, code := managed(w.token("fb-ann", "allow_without_pages"), fields()); code != 200 {
		t.Errorf("with the permission declined: error %d, want 200", code)
	}
	if _, code := managed(w.token("fb-ann", "allow"), fields()); code != 200 {
		t.Errorf("declined before and not asked again: error %d, want 200", code)
	}
	rerequest := w.config.AuthCodeURL("xyz") + "&auth_type=rerequest"
	tok, err := w.config.Exchange(t.Context(), w.decide(rerequest, "fb-ann", "allow").Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	if names, code := managed(tok.AccessToken, fields()); code != 0 || strings.Join(names, ", ") != "701 Acme Jobs, 702 Bakery" {
		t.Errorf("Ann manages %q, error %d", names, code)
	}
	one := fields()
	one.Set("limit", "1")
	if names, _ := managed(tok.AccessToken, one); len(names) != 1 {
		t.Errorf("one at most: %q", names)
	}
	if _, code := managed(tok.AccessToken, url.Values{}); code != 100 {
		t.Errorf("other fields: error %d, want 100", code)
	}
}
