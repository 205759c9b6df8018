package handlers_test

import (
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// endsIn lets the access of somebody at LinkedIn end.
func (w *world) endsIn(slackID string, left time.Duration) {
	w.t.Helper()
	w.must(w.store.Connect(w.ctx(), w.company.ID, w.member(slackID).ID, store.Account{
		Network: "linkedin", Subject: "li-" + slackID, Token: "token", ExpiresAt: w.now().Add(left),
	}))
}

func TestPeopleAreToldBeforeTheirAccessEnds(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.endsIn(ann, 6*24*time.Hour)
		w.endsIn(bo, 20*24*time.Hour)
		w.passed.Add(int64(6 * time.Hour)) // it is evening in Lisbon
		w.must(w.h.TellEndings(w.ctx()))
		w.passed.Add(int64(15 * time.Hour)) // and morning
		w.must(w.h.TellEndings(w.ctx()))
		a := w.as(ann)
		dm := a.gets("Your LinkedIn access ends on")
		w.wants(dm, "28 Nov 2026", "Acme's jobs")
		if link := a.in(dm, "connect").URL; !strings.HasPrefix(link, "https://jobs.acme.example/register/"+w.company.Key+"/") {
			t.Errorf("Reconnect leads to %q", link)
		}
		w.must(w.h.TellEndings(w.ctx()))
		w.endsIn(ray, 5*24*time.Hour)
		w.must(w.h.TellEndings(w.ctx()))
		w.as(ray).gets("Your LinkedIn access ends on")
		if n, m := a.got("access ends on"), w.as(bo).got("access ends on"); n != 1 || m != 0 {
			t.Errorf("Ann was told %d times, and Bo %d times", n, m)
		}

		// Ann does not want to hear of it again, also not about another token, until she says so.
		a.presses(a.in(dm, view.ActionUntold))
		a.becomes(dm, "no more messages before an access ends")
		w.endsIn(ann, 5*24*time.Hour)
		w.must(w.h.TellEndings(w.ctx()))
		me := a.types("/social me")
		w.wants(me, "*A message before an access ends*: off")
		me = a.clicks(me, a.in(me, view.ActionTellEndings))
		w.wants(me, "*A message before an access ends*: on")
		w.eventually("she is told of the new token", func() bool {
			w.must(w.h.TellEndings(w.ctx())) // the job before may just be ending
			return a.got("Your LinkedIn access ends on") == 1
		})
		me = a.clicks(me, a.in(me, view.ActionTellEndings))
		w.wants(me, "*A message before an access ends*: off")
	})
}

func TestNobodyIsToldOfAnEndThatTheyAvertedOrThatWentWithTheirAccount(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		for _, id := range []string{ann, bo, ray} {
			w.endsIn(id, 24*time.Hour)
		}
		w.must(w.h.TellEndings(w.ctx()))
		w.endsIn(ann, 60*24*time.Hour)
		w.must(w.store.Disconnect(w.ctx(), w.company.ID, w.member(bo).ID, "linkedin"))
		rayID := w.member(ray).ID
		actor := store.Actor{SlackID: ray}
		removal, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, actor, "", []string{rayID})
		w.must(err)
		_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, actor, removal.ID)
		w.must(err)
		_, err = w.store.ExecuteRemoval(w.ctx(), w.company.ID, removal.ID)
		w.must(err)
		w.endsIn(ana, 24*time.Hour)
		w.must(w.h.TellEndings(w.ctx()))
		w.runsJobs()
		w.as(ana).gets("access ends") // after theirs
		for _, id := range []string{ann, bo, ray} {
			if n := w.as(id).got("access ends"); n != 0 {
				t.Errorf("%s was told %d times", id, n)
			}
		}
	})
}

func TestWhoeverCannotBeWrittenToIsNotToldForAWeek(t *testing.T) {
	t.Parallel()
	each(t, options{silently: true}, func(t *testing.T, w *world) {
		w.settles()
		w.endsIn(ann, 24*time.Hour)
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: ann, Count: 1})
		w.must(w.h.TellEndings(w.ctx()))
		w.eventually("Herald gives up", func() bool { return strings.Contains(w.log.text(), "given up") })
		w.eventually("it is not tried again", func() bool {
			of, err := w.store.Endings(w.ctx(), w.company.ID, w.member(ann).ID)
			return err == nil && len(of) == 0
		})
		w.endsIn(ray, 24*time.Hour)
		w.must(w.h.TellEndings(w.ctx()))
		w.as(ray).gets("access ends")
		if n := w.as(ann).got("access ends"); n != 0 {
			t.Errorf("she was told %d times", n)
		}
	})
}

func TestTheSwitchInMyData(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		a := w.as(ann)
		home := a.opensHome()
		a.presses(a.at(home, view.ActionMe))
		modal := a.seesModal("*A message before an access ends*: on")
		a.presses(a.at(modal, view.ActionTellEndings))
		a.seesModal("*A message before an access ends*: off")
		w.eventually("it is stored", func() bool { return w.member(ann).Untold })
		a.seesHome("the menu", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Hello Ann Lee") })
	})
}
