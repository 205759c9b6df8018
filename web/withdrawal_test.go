package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
	"herald/web"
)

// calls posts a form as a network's server does, without anything that a browser adds.
func (s *site) calls(t *testing.T, path string, form url.Values) page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return newVisitor(t).do(req)
}

// signed is what Facebook sends about the account.
func (s *site) signed(t *testing.T, account string) url.Values {
	t.Helper()
	message, err := s.facebook.SignedRequest("1001", account)
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"signed_request": {message}}
}

// annJoins signs Ann up with Facebook.
func (s *town) annJoins(t *testing.T) {
	t.Helper()
	v := newVisitor(t)
	v.open(s.personal(t, ann()))
	v.chooses("facebook", nil)
	v.submit(decide("ann", "allow")).wants(t, 200, "You’re in")
	s.env.Clock.Advance(time.Hour)
}

// runRemovals does what the job runner would.
func (s *town) runRemovals(t *testing.T) {
	t.Helper()
	for _, j := range storetest.TakeJobs(t, s.env, store.JobRemoval) {
		if _, err := s.store.ExecuteRemoval(t.Context(), j.CompanyID, j.Ref); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRemovingHeraldAtFacebook(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		s.annJoins(t)
		links := web.Links{PublicURL: s.url}
		if err := s.facebook.Deauthorize(t.Context(), "1001", "ann", links.Deauthorize("facebook")); err != nil {
			t.Fatal(err)
		}
		if m := s.member(t, ann(), true); len(m.Connections) != 0 {
			t.Errorf("Ann is still connected: %+v", m.Connections)
		}
		newVisitor(t).open(s.personal(t, ann())).wants(t, 200, "Connect LinkedIn, Facebook or Mastodon")
	})
}

func TestAskingFacebookToHaveTheDataDeleted(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		s.annJoins(t)
		links := web.Links{PublicURL: s.url}
		answer, err := s.facebook.RequestDeletion(t.Context(), "1001", "ann", links.Delete("facebook"))
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.Code) != 26 || answer.URL != links.Deletion(answer.Code) {
			t.Errorf("answered %+v", answer)
		}
		v := newVisitor(t)
		v.open(answer.URL).wants(t, 200, "Your data is being deleted", "Facebook sent us your request on 20 November 2026")
		s.runRemovals(t)
		v.open(answer.URL).wants(t, 200, "Your data was deleted", "your account in Herald was erased")
		s.member(t, ann(), false)
		for _, personal := range []string{"Ann", "Acme", "home.example"} {
			if strings.Contains(v.page.text(), personal) {
				t.Errorf("the page tells %q:\n%s", personal, v.page.text())
			}
		}
		for _, code := range []string{strings.Repeat("A", 26), strings.ToLower(answer.Code), answer.Code[:25], "%00", strings.Repeat("x", 3000)} {
			v.open(links.Deletion("")+code).wants(t, 404, "We do not know this code")
		}
		if strings.Contains(s.log.String(), answer.Code) {
			t.Error("the code is in the log")
		}
	})
}

// TestARepeatedCall: Facebook may call twice, and somebody may have recorded it. The person gets the same code, and who came back since
// stays.
func TestARepeatedCall(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		s.annJoins(t)
		message := s.signed(t, "ann")
		first := s.calls(t, "/oauth/facebook/delete", message)
		first.wants(t, 200, "confirmation_code")
		s.runRemovals(t)
		s.env.Clock.Advance(time.Hour)
		// Slack's directory names her again.
		token, err := s.store.SignupToken(t.Context(), s.company.ID, ann())
		if err != nil {
			t.Fatal(err)
		}
		entry := store.Person{SlackID: ann(), Name: "Ann Lee"}
		back, err := s.store.Register(t.Context(), store.Authorization{CompanyID: s.company.ID, Token: token},
			store.Account{Network: "facebook", Subject: s.facebook.UserID("1001", "ann"), Token: "new"}, &entry)
		if err != nil {
			t.Fatal(err)
		}
		second := s.calls(t, "/oauth/facebook/delete", message)
		if second.status != 200 || second.body != first.body {
			t.Errorf("the second answer is another one: %d %s", second.status, second.body)
		}
		s.calls(t, "/oauth/facebook/deauthorize", message).wants(t, 200)
		s.runRemovals(t)
		if m, err := s.store.Member(t.Context(), s.company.ID, back.Member.ID); err != nil || len(m.Connections) != 1 {
			t.Errorf("she lost her new account: %+v, %v", m, err)
		}
	})
}

func TestCallsThatFacebookDidNotMake(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	good := s.signed(t, "ann").Get("signed_request")
	signature, payload, _ := strings.Cut(good, ".")
	another, err := s.facebook.SignedRequest("1001", "bo")
	if err != nil {
		t.Fatal(err)
	}
	_, theirs, _ := strings.Cut(another, ".")
	for name, form := range map[string]url.Values{
		"nothing":            {},
		"empty":              {"signed_request": {""}},
		"no signature":       {"signed_request": {"." + payload}},
		"swapped payload":    {"signed_request": {signature + "." + theirs}},
		"two messages":       {"signed_request": {good, another}},
		"another field":      {"signed-request": {good}},
		"truncated":          {"signed_request": {good[:len(good)-1]}},
		"signed by somebody": {"signed_request": {strings.Repeat("A", len(signature)) + "." + payload}},
	} {
		for _, path := range []string{"/oauth/facebook/deauthorize", "/oauth/facebook/delete"} {
			if got := s.calls(t, path, form); got.status != 403 || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s, %s: %d %s", path, name, got.status, got.body)
			}
		}
	}
	// In the address it would stand in logs on the way.
	s.calls(t, "/oauth/facebook/delete?signed_request="+url.QueryEscape(good), nil).wants(t, 403)
	if len(m.withdrawn) != 0 {
		t.Errorf("acted on %+v", m.withdrawn)
	}

	s.calls(t, "/oauth/facebook/delete", url.Values{"signed_request": {good}}).wants(t, 200)
	want := store.Withdrawal{Network: "facebook", Subject: s.facebook.UserID("1001", "ann"), At: start()}
	if len(m.withdrawn) != 1 || m.withdrawn[0] != want {
		t.Errorf("acted on %+v, want %+v", m.withdrawn, want)
	}
	if strings.Contains(s.log.String(), payload) || strings.Contains(s.log.String(), want.Subject) {
		t.Error("the message or the account is in the log")
	}
}

func TestACallThatCannotBeFollowedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.deleteErr = errors.New("the disk is full of cats")
	s := newSite(t, start, m)
	for _, path := range []string{"/oauth/facebook/deauthorize", "/oauth/facebook/delete"} {
		if got := s.calls(t, path, s.signed(t, "ann")); got.status != 500 || strings.Contains(got.body, "cats") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	newVisitor(t).open(s.url+"/deletion/CODE").wants(t, 500, "Something broke on our side")
}

// TestTheOnlyCompanyAdminKeepsTheAccount tells the person how far it went.
func TestTheOnlyCompanyAdminKeepsTheAccount(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		s.annJoins(t)
		if _, err := s.store.GrantAdmin(t.Context(), s.company.ID, store.Actor{CLI: true}, ann()); err != nil {
			t.Fatal(err)
		}
		answer, err := s.facebook.RequestDeletion(t.Context(), "1001", "ann", web.Links{PublicURL: s.url}.Delete("facebook"))
		if err != nil {
			t.Fatal(err)
		}
		newVisitor(t).open(answer.URL).wants(t, 200, "Your data from Facebook was deleted", "goes on without Facebook")
		m := s.member(t, ann(), true)
		if len(m.Connections) != 0 || strings.Contains(storetest.Dump(t, s.env), "ann@home.example") {
			t.Errorf("something of Facebook's is left: %+v", m)
		}
	})
}
