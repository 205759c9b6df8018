package networks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"herald/sandbox/facebook"
	"herald/sandbox/fault"
)

// managerAtFacebook is the whole way to an account that was asked for its Pages.
func managerAtFacebook(t *testing.T, f *Facebook, account, decision string) Account {
	t.Helper()
	back := consentOn(t, f.PagesURL("the-state", facebookRedirect, ""), account, decision)
	got, err := f.Exchange(t.Context(), back.Get("code"), facebookRedirect, "")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFacebookPages(t *testing.T) {
	t.Parallel()
	f, stand := openFacebook(t)
	if _, err := f.Pages(t.Context(), connectFacebook(t, f, "ann", "allow")); !errors.Is(err, ErrNotGranted) {
		t.Errorf("not asked for: %v, want ErrNotGranted", err)
	}
	if _, err := f.Pages(t.Context(), managerAtFacebook(t, f, "ann", "allow_without_pages")); !errors.Is(err, ErrNotGranted) {
		t.Errorf("declined: %v, want ErrNotGranted", err)
	}
	ann := managerAtFacebook(t, f, "ann", "allow") // asked again
	if ann.Subject != stand.UserID("1001", "ann") {
		t.Errorf("the account is %q", ann.Subject)
	}
	got, err := f.Pages(t.Context(), ann)
	if want := []Page{{"701", "Acme Jobs"}, {"702", "Bakery"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Ann's pages: %v, %v; want %v", got, err, want)
	}
	if got, err := f.Pages(t.Context(), managerAtFacebook(t, f, "cy", "allow")); err != nil || len(got) > 0 {
		t.Errorf("Cy's pages: %v, %v; want none", got, err)
	}
	for name, want := range map[fault.Name]error{
		facebook.Down: ErrUnavailable, facebook.RateLimited: ErrUnavailable, facebook.ExpiredToken: ErrRejected, facebook.RevokedToken: ErrRejected,
	} {
		stand.SetFault(name, 1)
		if _, err := f.Pages(t.Context(), ann); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := f.Pages(ended, ann); !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), ann.Token) {
		t.Errorf("given up: %v, want ErrUnavailable without the token", err)
	}
}

func TestFacebookPagesAreAskedForAlone(t *testing.T) {
	t.Parallel()
	var n Pager = NewFacebook(FacebookApp{AppID: "1001", Now: now})
	page, err := url.Parse(n.PagesURL("a b&c", facebookRedirect, ""))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"response_type": {"code"}, "client_id": {"1001"}, "redirect_uri": {facebookRedirect}, "state": {"a b&c"},
		"scope": {"pages_show_list"}, "auth_type": {"rerequest"},
	}
	if got := page.Query(); got.Encode() != want.Encode() {
		t.Errorf("asks %v, want %v", got, want)
	}
	if asked, _ := url.Parse(n.AuthURL("s", facebookRedirect, "")); asked.Query().Get("scope") != "public_profile,email" {
		t.Errorf("registering asks for %q", asked.Query().Get("scope"))
	}
}

func TestFacebookPagesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	account := Account{Token: "t0ken", Scopes: "public_profile pages_show_list"}
	many := strings.Repeat(`{"id":"1","name":"Acme"},`, MaxPages+1)
	for _, tt := range []struct {
		name, body string
		status     int
		want       int
		err        error
	}{
		{"too many", `{"data":[` + strings.TrimSuffix(many, ",") + `]}`, 200, MaxPages, nil},
		{"without id or name", `{"data":[{"id":"1"},{"name":"Acme"},{},null,{"id":"2","name":"Acme","access_token":"t"}]}`, 200, 1, nil},
		{"no list", `{}`, 200, 0, nil},
		{"no JSON", `<html>t0ken`, 200, 0, ErrUnavailable},
		{"another shape", `{"data":{"id":"t0ken"}}`, 200, 0, ErrUnavailable},
		{"too long", `{"data":[{"id":"1","name":"` + strings.Repeat("x", maxAnswer) + `"}]}`, 200, 0, ErrUnavailable},
		{"no permission", `{"error":{"code":200,"message":"t0ken"}}`, 400, 0, ErrRejected},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := toFacebook(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			got, err := f.Pages(t.Context(), account)
			if len(got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%d pages, %v; want %d, %v", len(got), err, tt.want, tt.err)
			}
			if err != nil && strings.Contains(err.Error(), "t0ken") {
				t.Errorf("the error repeats the answer: %v", err)
			}
		})
	}
}
