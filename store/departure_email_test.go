package store_test

import (
	"errors"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestANoByEmailKeepsInvitationsByDMAwayToo(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name    string
		happens func(t *testing.T, w mailWorld)
		email   string // who is asked again, by this address of Slack's directory
		want    store.InviteResult
	}{
		{"Bo says no to a mail that ran out", func(t *testing.T, w mailWorld) {
			token := w.token(t, w.invite(t, w.ana, store.Employee, w.bo.Email)[0])
			w.env.Clock.Advance(store.InviteLife)
			w.check(t, w.s.Tidy(t.Context()))
			w.check(t, w.s.DeclineEmail(t.Context(), token, ""))
		}, "bo@acme.example", store.InviteDeclined},
		{"Bo says no to a mail that was cancelled", func(t *testing.T, w mailWorld) {
			id := w.invite(t, w.ana, store.Employee, w.bo.Email)[0]
			token := w.token(t, id)
			w.check(t, w.s.CancelInvite(t.Context(), w.companyID, w.ana, id))
			w.check(t, w.s.DeclineEmail(t.Context(), token, ""))
		}, "bo@acme.example", store.InviteDeclined},
		{"Dee says no, and gets a Slack account", func(t *testing.T, w mailWorld) {
			w.check(t, w.s.DeclineEmail(t.Context(), w.token(t, w.invite(t, w.ana, store.Employee, "DEE@acme.example")[0]), ""))
			storetest.Mirror(t, w.s, w.companyID, "Dee")
		}, "dee@acme.example", store.InviteDeclined},
		{"Dee is removed, and gets a Slack account", func(t *testing.T, w mailWorld) {
			signup, err := w.register(t, w.token(t, w.invite(t, w.ana, store.Employee, "dee@acme.example")[0]), "Dee")
			w.check(t, err)
			storetest.Remove(t, w.s, w.companyID, w.ana, signup.Member.ID)
			storetest.Mirror(t, w.s, w.companyID, "Dee")
		}, "dee@acme.example", store.InviteDeparted},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
				ctx := t.Context()
				w := newMailWorld(t, s, env)
				day := env.Clock.Now().Truncate(24 * time.Hour)
				story.happens(t, w)
				slackID := w.bo.SlackID
				if story.email != w.bo.Email {
					slackID = storetest.SlackID("Dee")
				}
				who, err := s.PersonBySlackID(ctx, w.companyID, slackID)
				w.check(t, err)

				everybody, err := s.ProposeRun(ctx, w.companyID, w.ana, store.Audience{SlackIDs: []string{slackID}}, "")
				if err != nil || everybody.Total != 0 || everybody.Declined+everybody.Departed != 1 || (everybody.Departed == 1) != (story.want == store.InviteDeparted) {
					t.Errorf("a run is for %+v, %v", everybody, err)
				}
				out, err := s.Invite(ctx, w.companyID, w.ana, []string{who.ID}, store.InviteOptions{})
				if err != nil || len(out) != 1 || out[0].Result != story.want {
					t.Fatalf("invited: %+v, %v; want %s", out, err, story.want)
				}
				switch {
				case story.want == store.InviteDeclined && out[0].DeclinedAt.Before(day):
					t.Errorf("said no at %s", out[0].DeclinedAt)
				case story.want == store.InviteDeparted && out[0].Departure != (store.Departure{Reason: store.DepartedRemoved, Day: day}):
					t.Errorf("departed as %+v", out[0].Departure)
				}
				if jobs := storetest.TakeJobs(t, env, store.JobInviteDM); len(jobs) != 0 {
					t.Errorf("messages go out: %v", jobs)
				}

				out, err = s.Invite(ctx, w.companyID, w.ana, []string{who.ID}, store.InviteOptions{Override: true})
				if err != nil || len(out) != 1 || out[0].Result != store.InviteSent {
					t.Errorf("an admin insists: %+v, %v", out, err)
				}
				if got := w.results(t, story.email); got != "invited" {
					t.Errorf("by email after that: %s", got)
				}
			})
		})
	}
}

func (w mailWorld) check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnAddressThatWasOnlyTypedIsStillTheStrangers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newMailWorld(t, s, env)
		const cy, dee, eve, fay = "cy@stranger.example", "dee@stranger.example", "eve@stranger.example", "fay@stranger.example"
		w.check(t, s.DeclineEmail(ctx, w.token(t, w.invite(t, w.ana, store.Employee, dee)[0]), ""))
		open := map[string]string{} // tokens
		for _, address := range []string{cy, eve} {
			open[address] = w.token(t, w.invite(t, w.ana, store.Employee, address)[0])
		}
		liars := map[string]store.Member{}
		for name, typed := range map[string]string{"Cole": cy, "Dan": dee, "Ella": eve, "Finn": fay} {
			liars[name] = joins(t, s, w.companyID, name, typed, storetest.LinkedIn(name))
		}

		for address, token := range open {
			if _, err := s.InviteByToken(ctx, w.companyID, token); err != nil {
				t.Errorf("the invitation of %s: %v", address, err)
			}
		}
		if _, err := w.register(t, open[eve], "Ella"); !errors.Is(err, store.ErrExists) {
			t.Errorf("Ella, with the mail to the address that she typed: %v, want ErrExists", err)
		}
		if signup, err := w.register(t, open[cy], "Cy"); err != nil || signup.Status != store.SignupActive || signup.Member.Email != cy {
			t.Errorf("Cy registers: %+v, %v", signup, err)
		}
		for _, liar := range liars {
			storetest.Remove(t, s, w.companyID, w.ana, liar.ID)
		}
		if got, want := w.results(t, cy, dee, eve, fay), "registered never invited sent"; got != want {
			t.Errorf("after the removals: %s, want %s", got, want)
		}
		// What Slack told about them is kept from invitations; LinkedIn's address gave way to the typed one.
		if got, want := w.results(t, "finn@acme.example", "finn@home.example"), "never sent"; got != want {
			t.Errorf("the addresses of Finn himself: %s, want %s", got, want)
		}
	})
}
