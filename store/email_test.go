package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

// A mailWorld is Acme with Ana, a company admin, and Bo, who is not registered.
type mailWorld struct {
	s         *store.Store
	env       *storetest.Env
	companyID string
	ana       store.Actor
	bo        store.Person
}

func newMailWorld(t *testing.T, s *store.Store, env *storetest.Env) mailWorld {
	t.Helper()
	c := storetest.Company(t, s)
	people := storetest.Mirror(t, s, c.ID, "Ana", "Bo")
	_, ana := storetest.Admin(t, s, c.ID, "Ana")
	return mailWorld{s: s, env: env, companyID: c.ID, ana: ana, bo: people[1]}
}

// sendsList confirms a list and sends it at once.
func sendsList(ctx context.Context, s *store.Store, companyID string, by store.Actor, draftID string) (store.EmailDraft, error) {
	if err := s.ConfirmEmails(ctx, companyID, by, draftID, ""); err != nil {
		return store.EmailDraft{}, err
	}
	return s.SendEmails(ctx, companyID, draftID)
}

// invite invites addresses, which must all be invited, and returns the ids of the invitations in the order of the jobs.
func (w mailWorld) invite(t *testing.T, by store.Actor, as store.MemberType, addresses ...string) []string {
	t.Helper()
	var list []store.Invitee
	for _, a := range addresses {
		list = append(list, store.Invitee{Email: a, Name: "Somebody", As: as})
	}
	draft, err := w.s.DraftEmails(t.Context(), w.companyID, by, list, time.Time{}, "")
	if err != nil {
		t.Fatal(err)
	}
	sent, err := sendsList(t.Context(), w.s, w.companyID, by, draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range sent.Outcomes {
		if o.Result != store.InviteSent {
			t.Fatalf("an address was not invited: %s", o.Result)
		}
	}
	return w.mails(t)
}

// mails takes the invitations that are to be mailed.
func (w mailWorld) mails(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, j := range storetest.TakeJobs(t, w.env, store.JobInviteEmail) {
		ids = append(ids, j.Ref)
	}
	return ids
}

func (w mailWorld) token(t *testing.T, inviteID string) string {
	t.Helper()
	e, err := w.s.EmailInvite(t.Context(), w.companyID, inviteID)
	if err != nil {
		t.Fatal(err)
	}
	return e.Token
}

// results judges a list.
func (w mailWorld) results(t *testing.T, addresses ...string) string {
	t.Helper()
	var list []store.Invitee
	for _, a := range addresses {
		list = append(list, store.Invitee{Email: a})
	}
	draft, err := w.s.DraftEmails(t.Context(), w.companyID, w.ana, list, time.Time{}, "")
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	for _, o := range draft.Outcomes {
		results = append(results, string(o.Result))
	}
	return strings.Join(results, " ")
}

func (w mailWorld) register(t *testing.T, token, name string) (store.Signup, error) {
	t.Helper()
	return w.s.Register(t.Context(), store.Authorization{CompanyID: w.companyID, Network: "linkedin", Token: token}, storetest.LinkedIn(name), nil)
}

func TestSomebodyFromOutsideRegistersThroughTheLinkInTheirMailbox(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		ids := w.invite(t, w.ana, store.Recruiter, "Cy@Elsewhere.example")
		e, err := s.EmailInvite(t.Context(), w.companyID, ids[0])
		if err != nil || e.Invite.Email != "Cy@Elsewhere.example" || e.Invite.Name != "Somebody" || e.Inviter != "Ana" {
			t.Fatalf("the mail is written from %+v, %v", e, err)
		}
		if dump := storetest.Dump(t, env); strings.Contains(strings.ToLower(dump), "elsewhere.example") {
			t.Error("the database holds the address in the clear")
		}
		if got := w.results(t, "cy@elsewhere.EXAMPLE"); got != "invited" {
			t.Errorf("invited again: %s", got)
		}

		signup, err := w.register(t, e.Token, "Cy Doe")
		if err != nil || signup.Status != store.SignupActive || signup.Member.Type != store.Recruiter || signup.Member.SlackID != "" {
			t.Fatalf("registered: %+v, %v", signup, err)
		}
		if signup.Member.Email != "Cy@Elsewhere.example" {
			t.Errorf("messages go to %q", signup.Member.Email)
		}
		if _, err := s.InviteByToken(t.Context(), w.companyID, e.Token); !errors.Is(err, store.ErrUsed) {
			t.Errorf("the link again: %v", err)
		}
		if got := w.results(t, "cy@elsewhere.example"); got != "registered" {
			t.Errorf("invited after that: %s", got)
		}

		storetest.Remove(t, s, w.companyID, w.ana, signup.Member.ID)
		if dump := storetest.Dump(t, env); strings.Contains(strings.ToLower(dump), "elsewhere.example") || strings.Contains(dump, "Cy Doe") {
			t.Error("the database still knows them")
		}
		if got := w.results(t, "cy@elsewhere.example"); got != "never" {
			t.Errorf("invited after the removal: %s", got)
		}
	})
}

func TestAnAddressOfTheDirectoryIsThatPersons(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		ids := w.invite(t, w.ana, store.Employee, strings.ToUpper(w.bo.Email))
		wantCounts(t, s, w.companyID, map[store.Group]int{store.Invited: 1})
		out, err := s.Invite(t.Context(), w.companyID, w.ana, []string{w.bo.ID}, store.InviteOptions{})
		if err != nil || out[0].Result != store.InviteAgain {
			t.Errorf("invited by DM, too: %+v, %v", out, err)
		}
		signup, err := w.register(t, w.token(t, ids[0]), "Bo")
		if err != nil || signup.Member == nil || signup.Member.ID != w.bo.ID || signup.Member.SlackID != w.bo.SlackID {
			t.Fatalf("registered: %+v, %v", signup, err)
		}
		welcomes := storetest.TakeJobs(t, env, store.JobWelcomeDM)
		if !slices.ContainsFunc(welcomes, func(j store.Job) bool { return j.Ref == signup.Member.ID }) {
			t.Errorf("welcomes: %v", welcomes)
		}
	})
}

// Somebody may get a Slack account between the mail and the click.
func TestTheDirectoryLearnsTheAddressMeanwhile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		ids := w.invite(t, w.ana, store.Recruiter, "dee@acme.example")
		token := w.token(t, ids[0])
		dee := storetest.Mirror(t, s, w.companyID, "Dee")[0]
		if dee.Email != "dee@acme.example" {
			t.Fatalf("Dee has %s", dee.Email)
		}
		signup, err := w.register(t, token, "Dee")
		if err != nil || signup.Member == nil || signup.Member.ID != dee.ID || signup.Member.Type != store.Recruiter {
			t.Fatalf("registered: %+v, %v", signup, err)
		}
	})
}

func TestAnInvitationByNoAdminAsksTheAdmins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		storetest.Register(t, s, w.companyID, "Bo")
		bo := store.Actor{SlackID: w.bo.SlackID}
		if _, err := s.DraftEmails(t.Context(), w.companyID, bo, []store.Invitee{{Email: "cy@home.example"}}, time.Time{}, ""); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("Bo may not invite: %v", err)
		}
		if err := s.SaveSettings(t.Context(), w.companyID, w.ana, store.Settings{Inviters: store.InvitersEveryone, LinkDays: 30}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DraftEmails(t.Context(), w.companyID, bo, []store.Invitee{{Email: "cy@home.example", As: store.Recruiter}}, time.Time{}, ""); !errors.Is(err, store.ErrForbidden) {
			t.Errorf("Bo may not invite recruiters: %v", err)
		}
		ids := w.invite(t, bo, store.Employee, "cy@home.example")
		token := w.token(t, ids[0])
		signup, err := w.register(t, token, "Cy")
		if err != nil || signup.Status != store.SignupApproval {
			t.Fatalf("registered: %+v, %v", signup, err)
		}
		if _, err := w.register(t, token, "Cy"); !errors.Is(err, store.ErrUsed) {
			t.Errorf("the link again: %v", err)
		}
		if _, err := s.DecideSignup(t.Context(), w.companyID, w.ana, signup.ID, true); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatSpeaksAgainstAnAddress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		if err := s.MirrorPeople(t.Context(), w.companyID, []store.Person{{SlackID: "UGUEST", Name: "Gus", Email: "gus@guest.example", Guest: true}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Invite(t.Context(), w.companyID, w.ana, []string{w.bo.ID}, store.InviteOptions{}); err != nil {
			t.Fatal(err)
		}
		got := w.results(t, "new@home.example", "NEW@home.example", "ana@acme.example", "gus@guest.example", w.bo.Email)
		if want := "sent duplicate registered refused invited"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, address := range []string{"", "ann", "ann@home", "Ann <ann@home.example>", "ann@home.example\r\nBcc: eve@evil.example", strings.Repeat("a", 250) + "@home.example"} {
			_, err := s.DraftEmails(t.Context(), w.companyID, w.ana, []store.Invitee{{Email: address}}, time.Time{}, "")
			if !errors.Is(err, store.ErrNoAddress) && !errors.Is(err, store.ErrAddressTooLong) {
				t.Errorf("%q: %v", address, err)
			}
		}
		if _, err := s.DraftEmails(t.Context(), w.companyID, w.ana, []store.Invitee{{Email: "cy@home.example", As: store.Admin}}, time.Time{}, ""); err == nil {
			t.Error("invited as a company admin")
		}
		if _, err := s.DraftEmails(t.Context(), w.companyID, w.ana, make([]store.Invitee, store.EmailLimit+1), time.Time{}, ""); !errors.Is(err, store.ErrTooMany) {
			t.Errorf("a list that is too long: %v", err)
		}
		far := env.Clock.Now().Add(store.EmailHorizon + time.Minute)
		if _, err := s.DraftEmails(t.Context(), w.companyID, w.ana, []store.Invitee{{Email: "cy@home.example"}}, far, ""); !errors.Is(err, store.ErrTooLate) {
			t.Errorf("a time far in the future: %v", err)
		}
	})
}

func TestADraftIsSentOnceByWhoseItIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		draft := func() string {
			t.Helper()
			d, err := s.DraftEmails(t.Context(), w.companyID, w.ana, []store.Invitee{{Email: "cy@home.example"}}, time.Time{}, "")
			if err != nil {
				t.Fatal(err)
			}
			return d.ID
		}
		id := draft()
		if _, err := sendsList(t.Context(), s, w.companyID, store.Actor{SlackID: w.bo.SlackID}, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("sent by Bo: %v", err)
		}
		later := draft()
		if _, err := sendsList(t.Context(), s, w.companyID, w.ana, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a draft that was replaced: %v", err)
		}
		if _, err := sendsList(t.Context(), s, w.companyID, w.ana, later); err != nil {
			t.Fatal(err)
		}
		if _, err := sendsList(t.Context(), s, w.companyID, w.ana, later); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("sent twice: %v", err)
		}
		if n := len(w.mails(t)); n != 1 {
			t.Errorf("%d mails", n)
		}
		id = draft()
		env.Clock.Advance(time.Hour)
		if _, err := sendsList(t.Context(), s, w.companyID, w.ana, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an old draft: %v", err)
		}
	})
}

func TestAnInvitationGoesOutWhenItsTimeHasCome(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		at := env.Clock.Now().Add(48 * time.Hour)
		list := []store.Invitee{{Email: "cy@home.example"}, {Email: "dee@home.example"}}
		draft, err := s.DraftEmails(t.Context(), w.companyID, w.ana, list, at, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sendsList(t.Context(), s, w.companyID, w.ana, draft.ID); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, j := range storetest.TakeJobs(t, env, store.JobInviteEmail) {
			if ids = append(ids, j.Ref); !j.At.Equal(at) {
				t.Errorf("a mail goes out at %s", j.At)
			}
		}
		if len(ids) != 2 {
			t.Fatalf("%d mails go out", len(ids))
		}
		env.Clock.Advance(48 * time.Hour)
		e, err := s.EmailInvite(t.Context(), w.companyID, ids[0])
		if err != nil || !e.Invite.ExpiresAt.Equal(at.Add(store.InviteLife)) || !e.Invite.SendAt.Equal(at) {
			t.Errorf("%+v, %v", e.Invite, err)
		}
		if err := s.CancelInvite(t.Context(), w.companyID, w.ana, ids[1]); err != nil {
			t.Fatal(err)
		}
		if _, err := s.EmailInvite(t.Context(), w.companyID, ids[1]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a cancelled one: %v", err)
		}
		if got := w.results(t, "cy@home.example", "dee@home.example"); got != "invited sent" {
			t.Errorf("after that: %s", got)
		}
	})
}

func TestResendingAnEmailReplacesItsLink(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		for _, address := range []string{"cy@home.example", w.bo.Email} {
			ids := w.invite(t, w.ana, store.Recruiter, address)
			old := w.token(t, ids[0])
			resent, err := s.ResendInvite(t.Context(), w.companyID, w.ana, ids[0])
			if err != nil || resent.Email != address || resent.As != store.Recruiter {
				t.Fatalf("%+v, %v", resent, err)
			}
			if _, err := s.InviteByToken(t.Context(), w.companyID, old); !errors.Is(err, store.ErrReplaced) {
				t.Errorf("the old link: %v", err)
			}
			ids = w.mails(t)
			if len(ids) != 1 || ids[0] != resent.ID {
				t.Fatalf("mails: %v", ids)
			}
			if _, err := s.InviteByToken(t.Context(), w.companyID, w.token(t, ids[0])); err != nil {
				t.Errorf("the new link: %v", err)
			}
		}
	})
}

func TestWhoeverDeclinesIsNotWrittenToAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		for _, address := range []string{"cy@home.example", w.bo.Email} {
			ids := w.invite(t, w.ana, store.Employee, address)
			token := w.token(t, ids[0])
			if c, err := s.InvitationToDecline(t.Context(), token); err != nil || c.ID != w.companyID {
				t.Fatalf("%+v, %v", c, err)
			}
			for range 2 { // mail programs may post twice
				if err := s.DeclineEmail(t.Context(), token, ""); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.InviteByToken(t.Context(), w.companyID, token); !errors.Is(err, store.ErrDeclined) {
				t.Errorf("the link after that: %v", err)
			}
			if got := w.results(t, address); got != "never" {
				t.Errorf("invited after that: %s", got)
			}
		}
		wantCounts(t, s, w.companyID, map[store.Group]int{store.Invited: 0})
		if _, err := s.InvitationToDecline(t.Context(), "nonsense"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("nonsense: %v", err)
		}
		if err := s.DeclineEmail(t.Context(), "nonsense", ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("nonsense: %v", err)
		}

		// They may change their mind, and sign up by themselves.
		if _, err := s.Register(t.Context(), store.Authorization{CompanyID: w.companyID, Network: "linkedin", Token: storeToken(t, w)}, storetest.LinkedIn("Bo"), nil); err != nil {
			t.Fatal(err)
		}
		if got := w.results(t, w.bo.Email); got != "registered" {
			t.Errorf("after that: %s", got)
		}
	})
}

func storeToken(t *testing.T, w mailWorld) string {
	t.Helper()
	token, err := w.s.SignupToken(t.Context(), w.companyID, w.bo.SlackID)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestRegisteringAnotherWayEndsTheInvitationByEmail(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		ids := w.invite(t, w.ana, store.Employee, "bo@home.example")
		token := w.token(t, ids[0])
		_, err := s.Register(t.Context(), store.Authorization{
			CompanyID: w.companyID, Network: "linkedin", Token: storeToken(t, w), Email: "Bo@home.example",
		}, storetest.LinkedIn("Bo"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.InviteByToken(t.Context(), w.companyID, token); !errors.Is(err, store.ErrUsed) {
			t.Errorf("the link in the mail: %v", err)
		}
		if _, err := s.EmailInvite(t.Context(), w.companyID, ids[0]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a mail that is not sent yet: %v", err)
		}
	})
}

func TestAThousandAddressesAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		w := newMailWorld(t, s, env)
		list := make([]store.Invitee, store.EmailLimit)
		for i := range list {
			list[i] = store.Invitee{Email: fmt.Sprintf("person%d@home.example", i)}
		}
		draft, err := s.DraftEmails(t.Context(), w.companyID, w.ana, list, time.Time{}, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sendsList(t.Context(), s, w.companyID, w.ana, draft.ID); err != nil {
			t.Fatal(err)
		}
	})
}

// A list that was confirmed is sent, however long that takes and whatever happens meanwhile.
func TestAConfirmedListIsSent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newMailWorld(t, s, env)
		bo := storetest.Register(t, s, w.companyID, "Bo")[0]
		const cy = "cy@home.example"
		draft := w.draft(t, w.ana, time.Time{}, cy, w.bo.Email, "dee@home.example")
		if _, err := s.SendEmails(ctx, w.companyID, draft.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("sent before it was confirmed: %v", err)
		}
		if err := s.ConfirmEmails(ctx, w.companyID, store.Actor{SlackID: bo.SlackID}, draft.ID, ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("confirmed by Bo: %v", err)
		}
		w.check(t, s.ConfirmEmails(ctx, w.companyID, w.ana, draft.ID, "screen"))
		if err := s.ConfirmEmails(ctx, w.companyID, w.ana, draft.ID, ""); !errors.Is(err, store.ErrUsed) {
			t.Errorf("confirmed twice: %v", err)
		}
		if jobs := storetest.TakeJobs(t, env, store.JobEmails); len(jobs) != 1 || jobs[0].Ref != draft.ID {
			t.Fatalf("jobs: %+v", jobs)
		}

		// The process dies. What happens before the next one begins ends only lists that nobody confirmed.
		w.check(t, s.DropDraft(ctx, w.companyID, w.ana, draft.ID))
		if _, _, err := s.InviteEmailAnyway(ctx, w.companyID, w.ana, draft.ID, 0, nil); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("insisted on an address of a list that is being sent: %v", err)
		}
		w.draft(t, w.ana, time.Time{}, "eve@home.example")
		storetest.Remove(t, s, w.companyID, w.ana, bo.ID)
		env.Clock.Advance(25 * time.Hour)
		w.check(t, s.Tidy(ctx))
		sent, err := s.SendEmails(ctx, w.companyID, draft.ID)
		if err != nil || sent.By != w.ana || sent.ScreenID != "screen" || len(sent.Outcomes) != 2 || len(w.mails(t)) != 2 {
			t.Errorf("sent %+v, %v; want two, without the address of Bo, who was removed", sent, err)
		}
		if _, err := s.SendEmails(ctx, w.companyID, draft.ID); !errors.Is(err, store.ErrNotFound) || len(w.mails(t)) != 0 {
			t.Errorf("sent twice: %v", err)
		}

		// Whoever may not invite any more sends nothing, then or later.
		ed := store.Actor{SlackID: storetest.Register(t, s, w.companyID, "Ed")[0].SlackID}
		inviters := func(p store.InviterPolicy) {
			t.Helper()
			w.check(t, s.SaveSettings(ctx, w.companyID, w.ana, store.Settings{Inviters: p, LinkDays: 30}))
		}
		inviters(store.InvitersEveryone)
		draft = w.draft(t, ed, time.Time{}, "fay@home.example")
		w.check(t, s.ConfirmEmails(ctx, w.companyID, ed, draft.ID, ""))
		inviters(store.InvitersAdmins)
		for _, want := range []error{store.ErrForbidden, store.ErrNotFound} {
			if _, err := s.SendEmails(ctx, w.companyID, draft.ID); !errors.Is(err, want) {
				t.Errorf("sent for Ed: %v, want %v", err, want)
			}
		}
	})
}
