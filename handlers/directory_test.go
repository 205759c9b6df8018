package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"herald/handlers"
	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

func TestHeraldStartsWithoutTheDetailsOfTheWorkspace(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		for name, f := range map[string]slackd.Fault{
			"unknown method": {Kind: slackd.APIError, Error: "unknown_method"},
			"missing scope":  {Kind: slackd.APIError, Error: "missing_scope"},
			"too many calls": {Kind: slackd.RateLimited, Delay: time.Minute},
			"server error":   {Kind: slackd.ServerError},
			"broken off":     {Kind: slackd.CutAnswer},
		} {
			f.Method, f.Count = "team.info", 1
			w.slack.Inject(f)
			if c, err := w.h.Start(w.ctx()); err != nil || c.ID != w.company.ID || c.Name != "Acme" {
				t.Errorf("%s: %+v, %v", name, c, err)
			}
			w.slack.ClearFaults()
		}
		w.slack.Inject(slackd.Fault{Kind: slackd.Stall, Method: "team.info", Count: 1})
		ctx, stop := context.WithCancel(w.ctx())
		go func() {
			w.eventually("Slack is asked", func() bool { return len(w.slack.FaultList()) == 0 })
			stop()
		}()
		if _, err := w.h.Start(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("stopped meanwhile: %v", err)
		}
	})
}

func TestATokenThatSlackRefusesEndsTheStart(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		for code, final := range map[string]bool{
			"invalid_auth": true, "not_authed": true, "account_inactive": true, "token_revoked": true, "token_expired": true,
			"not_allowed_token_type": true, "missing_scope": true,
			"internal_error": false, "ratelimited": false, "unknown_method": false,
		} {
			w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "auth.test", Error: code, Count: 1})
			if _, err := w.h.Start(w.ctx()); err == nil || errors.Is(err, handlers.ErrToken) != final || !strings.Contains(err.Error(), code) {
				t.Errorf("%s: %v, is the token to blame: %v", code, err, final)
			}
		}
	})
}

func TestALargeDirectoryIsMirroredAtSlacksPace(t *testing.T) {
	t.Parallel()
	const size = 2500
	many := make([]slackd.User, size)
	for i := range many {
		many[i] = slackd.User{ID: fmt.Sprintf("U1%05d", i), Name: fmt.Sprintf("person%d", i), RealName: fmt.Sprintf("Person %d", i)}
	}
	each(t, options{people: many, noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		before := len(w.slack.Calls("users.list"))
		w.runsOn()
		w.slack.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "users.list", Delay: time.Second, Count: 2})
		w.slack.Inject(slackd.Fault{Kind: slackd.ServerError, Method: "users.list", Count: 1})
		w.must(w.h.SyncDirectory(w.ctx(), w.company))

		pages := (size + 13 + 199) / 200 // the people of every test, and Slackbot and Herald
		if calls := len(w.slack.Calls("users.list")) - before; calls != pages+3 {
			t.Errorf("%d calls of users.list, want %d pages and 3 that failed", calls, pages)
		}
		counts, err := w.store.Counts(w.ctx(), w.company.ID)
		w.must(err)
		if got, want := counts[store.Unregistered], size+2; got != want { // with eve and olga
			t.Errorf("%d people are not registered, want %d", got, want)
		}
	})
}

// runsOn lets the time pass until the test ends, faster than what waits for it.
func (w *world) runsOn() {
	ctx, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for tick := time.NewTicker(time.Millisecond); ctx.Err() == nil; <-tick.C {
			w.passed.Add(int64(time.Second))
		}
	})
	w.t.Cleanup(func() {
		stop()
		done.Wait()
	})
}

func TestAnInterruptedSyncDeactivatesNobody(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true}, func(t *testing.T, w *world) {
		w.passed.Add(int64(24 * time.Hour))
		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "users.list", Error: "fatal_error"})
		ctx, stop := context.WithTimeout(w.ctx(), 100*time.Millisecond)
		defer stop()
		if err := w.h.SyncDirectory(ctx, w.company); err == nil {
			t.Error("it claims to be complete")
		}
		p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, eve)
		w.must(err)
		if p.Deactivated {
			t.Error("eve seems to have left the company")
		}
	})
}

func TestASyncGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	many := make([]slackd.User, 900)
	for i := range many {
		many[i] = slackd.User{ID: fmt.Sprintf("U1%05d", i), Name: fmt.Sprintf("person%d", i)}
	}
	each(t, options{people: many, noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		w.passed.Add(int64(24 * time.Hour))
		w.must(w.slack.Deactivate(eve))
		ctx, crash := context.WithCancel(w.ctx())
		defer crash()
		if err := w.reading(2, crash).SyncDirectory(ctx, w.company); err == nil {
			t.Fatal("the sync is complete, and was to be interrupted")
		}
		pages := len(w.slack.Calls("users.list"))
		w.must(w.h.SyncDirectory(w.ctx(), w.company))
		if read := len(w.slack.Calls("users.list")) - pages; read != 3 {
			t.Errorf("%d more pages were read, want 3 of 5", read)
		}
		p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, eve)
		w.must(err)
		if !p.Deactivated {
			t.Error("eve left before, and seems to be here")
		}

		// Slack may forget how far a listing was.
		sync, err := w.store.BeginSync(w.ctx(), w.company.ID)
		w.must(err)
		_, err = w.store.MirrorPage(w.ctx(), sync, nil, "bm90IGEgY3Vyc29y")
		w.must(err)
		pages = len(w.slack.Calls("users.list"))
		w.must(w.h.SyncDirectory(w.ctx(), w.company))
		if read := len(w.slack.Calls("users.list")) - pages; read != 6 {
			t.Errorf("%d calls of users.list, want one that is refused, and all 5 pages", read)
		}
	})
}

// reading returns other handlers on the same database and Slack, which crash when they ask for another page of the directory after n.
func (w *world) reading(n int, crash func()) *handlers.Handlers {
	w.t.Helper()
	client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/users.list") {
			if n--; n < 0 {
				crash()
				return nil, r.Context().Err()
			}
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	api := slack.New(w.slack.BotToken(), slack.OptionAPIURL(w.slack.APIURL()), slack.OptionHTTPClient(client))
	return handlers.New(handlers.Config{
		Store: w.store, HTTP: client, Haste: 1000, Now: w.now, Log: slog.New(slog.NewTextHandler(&tee{w.t.Output(), w.log}, nil)),
		API: func(store.Company) *slack.Client { return api },
	})
}

// transport makes a function a transport.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestADirectoryWithoutPeopleIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, members := range map[string]string{
		"nobody":    `[]`,
		"only bots": `[{"id": "USLACKBOT", "name": "slackbot"}, {"id": "U0BOT", "name": "herald", "is_bot": true}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
				w.passed.Add(int64(24 * time.Hour))
				w.must(w.hearing(`{"ok": true, "members": `+members+`}`).SyncDirectory(w.ctx(), w.company))
				for _, id := range []string{ana, eve} {
					p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, id)
					w.must(err)
					if p.Deactivated {
						t.Errorf("%s seems to have left the company", p.Name)
					}
				}
				if !strings.Contains(w.log.text(), "slack listed nobody who works here") {
					t.Errorf("the operator is not warned:\n%s", w.log.text())
				}
			})
		})
	}
}

// hearing returns other handlers on the same database, of a Slack that always answers the same.
func (w *world) hearing(answer string) *handlers.Handlers {
	w.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		if _, err := rw.Write([]byte(answer)); err != nil {
			w.t.Error(err)
		}
	}))
	w.t.Cleanup(server.Close)
	api := slack.New("xoxb-test", slack.OptionAPIURL(server.URL+"/"))
	return handlers.New(handlers.Config{
		Store: w.store, HTTP: server.Client(), Now: w.now, Log: slog.New(slog.NewTextHandler(&tee{w.t.Output(), w.log}, nil)),
		API: func(store.Company) *slack.Client { return api },
	})
}

func TestOnlyItsOwnTokenMattersToHerald(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		revoke := func(tokens string) bool {
			t.Helper()
			ev, err := slackevents.ParseEvent(json.RawMessage(`{"type": "event_callback", "team_id": "`+teamID+`", "event": {"type": "tokens_revoked", "tokens": `+tokens+`}}`),
				slackevents.OptionNoVerifyToken())
			w.must(err)
			w.must(w.h.Event(w.ctx(), ev))
			return strings.Contains(w.log.text(), "slack took the app's access away")
		}
		if revoke(`{"oauth": ["` + eve + `"], "bot": []}`) {
			t.Errorf("the token of a person was revoked, and Herald warns:\n%s", w.log.text())
		}
		if !revoke(`{"oauth": ["` + eve + `"], "bot": ["U0BOT"]}`) {
			t.Errorf("Herald's own token was revoked, and it does not warn:\n%s", w.log.text())
		}
	})
}

func TestThoseWhomTheDirectoryForgetsAreDeactivated(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true}, func(t *testing.T, w *world) {
		w.must(w.store.MirrorPeople(w.ctx(), w.company.ID, []store.Person{{SlackID: "U0OLD", Name: "Old", Handle: "old"}}))
		w.passed.Add(int64(24 * time.Hour))
		w.must(w.h.SyncDirectory(w.ctx(), w.company))
		p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, "U0OLD")
		w.must(err)
		if !p.Deactivated {
			t.Error("somebody who is not listed any more seems to be here")
		}
		c, err := w.store.Company(w.ctx(), w.company.ID)
		w.must(err)
		if c.SyncedAt.Before(noon.Add(24 * time.Hour)) {
			t.Errorf("synced at %s, and it is %s", c.SyncedAt, w.now())
		}
	})
}

func TestTheMirrorFollowsWhatHappensInTheWorkspace(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		known := func(slackID string, as func(store.Person) bool) func() bool {
			return func() bool {
				p, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, slackID)
				return err == nil && as(p)
			}
		}
		w.must(w.slack.AddUser(slackd.User{ID: "U0NEW", Name: "new", RealName: "Nina New", Email: "nina@acme.example"}))
		w.eventually("somebody joined", known("U0NEW", func(p store.Person) bool { return p.Name == "Nina New" && p.Eligible() }))
		u, _ := w.slack.User("U0NEW")
		u.RealName, u.IsRestricted = "Nina Newer", true
		w.must(w.slack.UpdateUser(u))
		w.eventually("they became a guest", known("U0NEW", func(p store.Person) bool { return p.Name == "Nina Newer" && p.Guest }))
		w.must(w.slack.Deactivate(eve))
		w.eventually("eve left", known(eve, func(p store.Person) bool { return p.Deactivated }))
		w.slack.Uninstall()
		w.eventually("the operator is warned", func() bool { return strings.Contains(w.log.text(), "slack took the app's access away") })
	})
}

func TestAnEventThatSlackRepeatsDoesNotUndoALaterOne(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		hears := func(gone bool, updated int64) {
			t.Helper()
			w.must(w.h.Event(w.ctx(), changeOf(t, map[string]any{"id": ann, "team_id": teamID, "name": "ann", "real_name": "Ann Lee", "deleted": gone, "updated": updated})))
		}
		hears(false, noon.Unix()+60) // she was reactivated, and another process heard that she was deactivated before
		hears(true, noon.Unix()+30)
		if !w.registered(ann) {
			t.Error("Ann is back, and seems to be deactivated")
		}
		hears(true, noon.Unix()+90)
		if w.registered(ann) {
			t.Error("Ann is deactivated, and seems to be here")
		}
	})
}

// changeOf is the event that Slack sends when somebody changes.
func changeOf(t *testing.T, user map[string]any) slackevents.EventsAPIEvent {
	t.Helper()
	body, err := json.Marshal(map[string]any{"type": "event_callback", "team_id": teamID, "event": map[string]any{"type": "user_change", "user": user}})
	if err != nil {
		t.Fatal(err)
	}
	ev, err := slackevents.ParseEvent(body, slackevents.OptionNoVerifyToken())
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

func TestSomebodyRemovedStaysForgottenUntilAnAdminInvitesThem(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		unknown := func(when string) {
			t.Helper()
			if _, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, bo); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: bo is known again (%v)", when, err)
			}
		}
		w.removes(ana, bo)
		unknown("after the removal")
		w.must(w.h.SyncDirectory(w.ctx(), w.company))
		unknown("after a sync")
		u, _ := w.slack.User(bo)
		u.StatusText = "On holiday"
		w.must(w.slack.UpdateUser(u))
		w.must(w.slack.AddUser(slackd.User{ID: "U0NEW", Name: "new"}))
		w.eventually("both events were heard", func() bool {
			_, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, "U0NEW")
			return err == nil
		})
		unknown("after a change of his profile")

		// Somebody who may invite, and is no admin, learns nothing.
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: store.InvitersEveryone, LinkDays: 30}))
		w.wants(w.as(ann).types("/social invite @bo"), "<@"+bo+"> cannot take part")
		unknown("after an employee invited him")

		a := w.as(ana)
		answer := a.types("/social invite @bo")
		w.wants(answer, "<@"+bo+"> was removed in November 2026, so nothing was sent.")
		unknown("after an admin tried")
		a.presses(a.in(answer, view.ActionInviteAnyway))
		w.as(bo).gets("Acme invites you")
	})
}

func TestAnAdminIsToldWhoDoesNotWantToBeInvited(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		b := w.as(bo)
		b.presses(b.in(b.types("/social me"), view.ActionLeave))
		b.submits(b.seesModal("Don't invite me again"), map[string][]string{view.BlockNever: {"never"}})
		w.eventually("Bo left", func() bool { return !w.registered(bo) })
		a := w.as(ana)
		answer := a.types("/social invite @bo @eve as recruiter")
		w.wants(answer, "Invited <@"+eve+"> as a recruiter", "<@"+bo+"> left in November 2026 and asked not to be invited.")
		pressed := a.in(answer, view.ActionInviteAnyway)
		if pressed.Label != "Invite Bo García anyway" {
			t.Errorf("the button says %q", pressed.Label)
		}
		// He became a guest meanwhile.
		u, _ := w.slack.User(bo)
		u.IsRestricted = true
		w.must(w.slack.UpdateUser(u))
		a.presses(pressed)
		w.wants(a.hears("Invite anyway", func(m slackd.Message) bool { return strings.Contains(says(m), "cannot take part") }), "<@"+bo+">")
		if n := b.got("Acme invites you"); n != 0 {
			t.Errorf("he was invited %d times", n)
		}
	})
}
