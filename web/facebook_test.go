package web_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"herald/sandbox/facebook"
	"herald/sandbox/fault"
	"herald/store"
	"herald/store/storetest"
)

// decide is an answer on Facebook's consent page.
func decide(account, decision string) url.Values {
	return url.Values{"account": {account}, "decision": {decision}}
}

func TestSignUpWithFacebook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		account  string
		decision string
		entered  string
		email    string // of the member
	}{
		{"all is allowed", "ann", "allow", "", "ann@home.example"},
		{"the email is declined", "ann", "allow_without_email", "", "ann.lee@acme.example"},
		{"an address was entered", "ann", "allow_without_email", "lee@home.example", "lee@home.example"},
		{"the account has only a phone number", "cy", "allow", "", "ann.lee@acme.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inTown(t, func(t *testing.T, s *town) {
				v := newVisitor(t)
				v.open(s.personal(t, ann())).wants(t, 200, "Continue with LinkedIn", "Continue with Facebook", "What we ask Facebook for, and why")
				v.chooses("facebook", url.Values{"email": {tt.entered}}).wants(t, 200, "Herald is requesting access to:", "Your email address")
				v.submit(decide(tt.account, tt.decision)).wants(t, 200, "You’re in, Ann.", "Your Facebook account is connected")

				m := s.member(t, ann(), true)
				if m.Email != tt.email {
					t.Errorf("the member has the address %q, want %q", m.Email, tt.email)
				}
				c, ok := m.Connection("facebook")
				if !ok || c.State != store.Connected {
					t.Errorf("connected as %+v", c)
				}
				if want := s.env.Clock.Now().Add(facebook.LongTokenLife).Truncate(time.Second); !c.ExpiresAt.Equal(want) {
					t.Errorf("the connection expires %v, want %v", c.ExpiresAt, want)
				}
			})
		})
	}
}

func TestSayingNoToFacebook(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		v, link := newVisitor(t), s.personal(t, ann())
		v.open(link)
		v.chooses("facebook", nil).wants(t, 200, "Herald is requesting access to:")
		v.submit(url.Values{"decision": {"cancel"}}).wants(t, 200, "You said no, and that’s fine", "nothing was stored", "Try again")
		s.member(t, ann(), false)

		v.open(s.url+v.page.href(t)).wants(t, 200, "Continue with Facebook")
		v.chooses("facebook", nil)
		v.submit(decide("ann", "allow")).wants(t, 200, "You’re in, Ann.")
	})
}

func TestFacebookFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault  fault.Name
		status int
		words  string
	}{
		{facebook.Down, 503, "Facebook does not answer"},
		{facebook.RateLimited, 503, "Facebook does not answer"},
		{facebook.InvalidCode, 400, "Facebook did not let us finish"},
		{facebook.ExpiredToken, 400, "Facebook did not let us finish"},
		{facebook.RevokedToken, 400, "Facebook did not let us finish"},
	} {
		t.Run(string(tt.fault), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, start, newMemory())
			v := newVisitor(t)
			v.open(s.url + "/register/acme-7qf2k9xw3m/" + annToken)
			v.chooses("facebook", nil)
			v.stay().submit(decide("ann", "allow"))
			s.facebook.SetFault(tt.fault, fault.Always)
			v.open(v.page.header.Get("Location")).wants(t, tt.status, tt.words, "Try again")
		})
	}
}

// TestAnAccountOfSomebodyElse: what is connected to one member is refused to another, and stays as it is.
func TestAnAccountOfSomebodyElse(t *testing.T) {
	t.Parallel()
	inTown(t, func(t *testing.T, s *town) {
		signUp := func(slackID string) page {
			v := newVisitor(t)
			v.open(s.personal(t, slackID))
			v.chooses("facebook", nil)
			return v.submit(decide("ann", "allow"))
		}
		signUp(ann()).wants(t, 200, "You’re in, Ann.")
		signUp(bo()).wants(t, 403, "This link is Bo’s", "The Facebook account you chose belongs to a colleague")
		s.member(t, bo(), false)
		// What Bo's consent gave is Ann's, too: it is left to a job that knows by then.
		jobs := storetest.TakeJobs(t, s.env, store.JobRevocation)
		if len(jobs) != 1 {
			t.Fatalf("%d accesses end, want one", len(jobs))
		}
		if _, err := s.store.TakeRevocation(t.Context(), s.company.ID, jobs[0].Ref, func(string) bool { return true }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Ann's access would end: %v", err)
		}
		tokens := s.facebook.Tokens()
		if tokens[1].Revoked {
			t.Error("Ann's token was revoked with Bo's")
		}
	})
}
