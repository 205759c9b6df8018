package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers"
	"herald/sandbox/slackd"
	"herald/store"
)

// theInvitation is what became of the invitation of the one person who was invited.
func (w *world) theInvitation() store.Invitation {
	w.t.Helper()
	page, err := w.store.Invitations(w.ctx(), w.company.ID, store.InvitationsQuery{Limit: 10})
	w.must(err)
	if len(page.Rows) != 1 {
		w.t.Fatalf("there are %d invitations", len(page.Rows))
	}
	return page.Rows[0]
}

func TestAMessageOfWhichNobodyKnowsArrivesOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]slackd.Fault{
		"the answer is cut":             {Kind: slackd.CutAnswer},
		"500, though Slack took it":     {Kind: slackd.FalseError},
		"500, and Slack did nothing":    {Kind: slackd.ServerError},
		"the connection is dropped":     {Kind: slackd.Drop},
		"an error that may mean either": {Kind: slackd.APIError, Error: "fatal_error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{}, func(t *testing.T, w *world) {
				w.settles()
				fault.Method, fault.Count = "chat.postMessage", 1
				w.slack.Inject(fault)
				w.as(ana).types("/social invite @eve")
				w.failsOnce()
				w.eventually("it is known to have arrived", func() bool { return !w.theInvitation().SentAt.IsZero() })
				if n := w.as(eve).got("Acme invites you"); n != 1 {
					t.Errorf("she was invited %d times", n)
				}
				var id struct {
					Type    string            `json:"event_type"`
					Payload map[string]string `json:"event_payload"`
				}
				m := w.as(eve).gets("Acme invites you")
				w.must(json.Unmarshal(m.Metadata, &id))
				if id.Type != "herald_message" || len(id.Payload) != 1 || len(id.Payload["id"]) != 16 {
					t.Errorf("the message carries %s", m.Metadata)
				}
				if n := len(w.slack.Calls("conversations.history")); n != 1 {
					t.Errorf("the conversation was read %d times", n)
				}
			})
		})
	}
}

func TestAMessageThatWasCertainlyNotSentIsNotLookedFor(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "chat.postMessage", Count: 1})
		w.as(ana).types("/social invite @eve")
		w.failsOnce()
		w.as(eve).gets("Acme invites you")
		if n := len(w.slack.Calls("conversations.history")); n != 0 {
			t.Errorf("the conversation was read %d times", n)
		}
	})
}

func TestSilenceIsBetterThanASecondMessage(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]struct {
		fault slackd.Kind
		n     int
	}{"it arrived": {slackd.CutAnswer, 1}, "it did not": {slackd.Drop, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{silently: true}, func(t *testing.T, w *world) {
				w.settles()
				w.slack.Inject(slackd.Fault{Kind: sent.fault, Method: "chat.postMessage", Count: 1})
				refused := w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "conversations.history", Error: "missing_scope"})
				w.as(ana).types("/social invite @eve")
				w.failsOnce()
				w.eventually("nobody knows", func() bool { return w.theInvitation().Failure == store.FailureUnverified })
				w.slack.Clear(refused)
				if n := w.as(eve).got("Acme invites you"); n != sent.n {
					t.Errorf("she was invited %d times", n)
				}
				if shown := says(w.as(ana).types("/social invitations undelivered")); !strings.Contains(shown, "*Unverified*") || !strings.Contains(shown, "did not say whether it arrived") {
					t.Errorf("the screen says\n%s", shown)
				}
				// Inviting her with everybody else does not send it again.
				out, err := w.store.Invite(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, []string{w.theInvitation().Person.ID}, store.InviteOptions{})
				w.must(err)
				if len(out) != 1 || out[0].Result != store.InviteAgain {
					t.Errorf("inviting her again: %+v", out)
				}
				// An admin may.
				_, err = w.store.ResendInvite(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, w.theInvitation().ID)
				w.must(err)
				w.eventually("it arrives", func() bool { return w.as(eve).got("Acme invites you") == sent.n+1 })
			})
		})
	}
}

func TestALookupThatSlackPutsOffIsMadeLater(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		w.slack.Inject(slackd.Fault{Kind: slackd.CutAnswer, Method: "chat.postMessage", Count: 1})
		w.slack.Inject(slackd.Fault{Kind: slackd.RateLimited, Method: "conversations.history", Delay: 20 * time.Second, Count: 1})
		w.as(ana).types("/social invite @eve")
		w.failsOnce()
		w.eventually("Slack puts the lookup off", func() bool { return len(w.slack.FaultList()) == 0 })
		w.failsOnce()
		w.eventually("it is known to have arrived", func() bool { return !w.theInvitation().SentAt.IsZero() })
		if n := w.as(eve).got("Acme invites you"); n != 1 {
			t.Errorf("she was invited %d times", n)
		}
	})
}

func TestAProcessThatDiesWithTheAnswerOnItsWaySendsNothingTwice(t *testing.T) {
	t.Parallel()
	each(t, options{noJobs: true}, func(t *testing.T, w *world) {
		w.must(w.store.DropJobs(w.ctx()))
		w.as(ana).types("/social invite @eve")
		// As a killed process leaves it: the attempt is marked, Slack has the message, and the job runs.
		w.slack.Inject(slackd.Fault{Kind: slackd.CutAnswer, Method: "chat.postMessage", Count: 1})
		ctx, die := context.WithCancel(w.ctx())
		returned := make(chan error)
		go func() { returned <- w.jobs.Run(ctx) }()
		w.as(eve).gets("Acme invites you")
		die()
		w.must(<-returned)
		w.passed.Add(int64(time.Minute))

		ctx, stop := context.WithCancel(w.ctx())
		go func() { returned <- w.jobs.Run(ctx) }()
		w.eventually("it is known to have arrived", func() bool { return !w.theInvitation().SentAt.IsZero() })
		stop()
		w.must(<-returned)
		if n := w.as(eve).got("Acme invites you"); n != 1 {
			t.Errorf("she was invited %d times", n)
		}
	})
}

// TestAnAttemptThatWasHeldUpEndsInTimeAllTheSame: whoever looks for the message counts from when the attempt was marked, however long the
// process stood still since then.
func TestAnAttemptThatWasHeldUpEndsInTimeAllTheSame(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		e, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, eve)
		w.must(err)
		invited, err := w.store.Invite(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, []string{e.ID}, store.InviteOptions{})
		w.must(err)
		var heldUp, left time.Duration
		client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			deadline, _ := r.Context().Deadline()
			left = time.Until(deadline)
			return http.DefaultTransport.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
		})}
		api := slack.New(w.slack.BotToken(), slack.OptionAPIURL(w.slack.APIURL()), slack.OptionHTTPClient(client))
		h := handlers.New(handlers.Config{
			Store: w.store, HTTP: client, Now: w.now, Log: slog.New(slog.DiscardHandler),
			API: func(store.Company) *slack.Client {
				w.passed.Add(int64(heldUp))
				return api
			},
			PersonalURL: func(store.Company, string) string { return "https://jobs.acme.example/register" },
		})
		send := func() error {
			for _, task := range h.Tasks() {
				if task.Kind == store.JobInviteDM {
					return task.Run(w.ctx(), store.Job{ID: "7", CompanyID: w.company.ID, Kind: task.Kind, Ref: invited[0].Invite.ID, LeftAt: noon})
				}
			}
			panic("nobody sends invitations")
		}
		heldUp = 20 * time.Second
		err = send()
		if _, ok := errors.AsType[*delivery.LaterError](err); !ok || w.as(eve).got("Acme invites you") != 0 {
			t.Errorf("held up for longer than others wait: %v, and she was invited %d times", err, w.as(eve).got("Acme invites you"))
		}
		heldUp = 8 * time.Second
		w.must(send())
		if n := w.as(eve).got("Acme invites you"); n != 1 || left > 2*time.Second {
			t.Errorf("held up for 8 s: she was invited %d times, and the attempt may take %s more", n, left)
		}
	})
}
