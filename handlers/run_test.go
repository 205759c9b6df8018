package handlers_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"herald/delivery"
	"herald/handlers/view"
	"herald/nudge"
	"herald/sandbox/slackd"
	"herald/store"
)

// lisbon is a user group.
const lisbon = "S0LISBON"

// passes lets time pass until something holds, since a run goes on every few seconds.
func (w *world) passes(what string, holds func() bool) {
	w.t.Helper()
	w.eventually(what, func() bool {
		w.passed.Add(int64(100 * time.Millisecond))
		return holds()
	})
}

// worksAlways lets everybody be written to at any hour: it is Sunday.
func (w *world) worksAlways() {
	w.t.Helper()
	settings := nudge.DefaultSettings("UTC")
	settings.Everyone, settings.FirstAfter, settings.Weekend, settings.From, settings.To = true, 0, nil, 0, nudge.EndOfDay
	w.must(w.store.SaveReminders(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Reminders{Settings: settings, Schedule: "0 10 * * TUE"}))
}

// newcomers are more people than a run invites at once.
func newcomers() []slackd.User {
	var many []slackd.User
	for i := range 24 {
		many = append(many, slackd.User{ID: fmt.Sprintf("U0MANY%02d", i), Name: fmt.Sprintf("many%02d", i)})
	}
	return many
}

// chooses opens the form that invites people, and says whom.
func (p person) chooses(values map[string][]string) {
	p.w.t.Helper()
	link := p.types("/social link")
	p.presses(p.in(link, view.ActionDMPeople))
	if done := p.submits(p.seesModal("Everybody in a channel"), values); done.Action != "update" {
		p.w.t.Fatalf("the form answers %+v", done)
	}
}

// everyone is the choice of all who are not registered.
func everyone() map[string][]string {
	return map[string][]string{view.BlockEveryone: {view.OptionEveryone}}
}

// invited counts those newcomers who got an invitation, and fails if somebody got two.
func (w *world) invited(people []slackd.User) int {
	w.t.Helper()
	n := 0
	for _, u := range people {
		switch w.as(u.ID).got("Acme invites you") {
		case 0:
		case 1:
			n++
		default:
			w.t.Fatalf("%s was invited twice", u.Name)
		}
	}
	return n
}

func TestEverybodyInAChannelIsInvitedOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.worksAlways()
		w.as(ana).chooses(map[string][]string{view.BlockMembersOf: {general}})
		question := w.as(ana).seesModal("Left out")
		if question.Title != "Invite 2 people?" {
			t.Errorf("the question is %q", question.Title)
		}
		w.says(words(question.Blocks), "*2 people* get a direct message", "5 registered already", "cannot take part")
		if n := w.as(eve).got("invites you"); n != 0 {
			t.Error("Eve is invited before that was confirmed")
		}
		w.as(ana).submits(question, nil)
		w.as(eve).gets("Acme invites you")
		w.as(olga).gets("Acme invites you")
		w.passes("Ana reads that it is done", func() bool { return w.as(ana).got("2 of 2 people were invited.") == 1 })

		w.as(ana).chooses(map[string][]string{view.BlockMembersOf: {general}})
		nobody := w.as(ana).seesModal("There is nobody to invite")
		w.says(words(nobody.Blocks), "2 invited already")
	})
}

// says fails unless a text holds all of it.
func (w *world) says(text string, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.t.Errorf("want %q in:\n%s", part, text)
		}
	}
}

func TestAUserGroupIsInvitedAsRecruiters(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.worksAlways()
		w.as(ana).chooses(map[string][]string{view.BlockGroup: {lisbon}, view.BlockAs: {string(store.Recruiter)}})
		question := w.as(ana).seesModal("*1 person* gets a direct message")
		w.says(words(question.Blocks), "as recruiters", "1 registered already")
		w.as(ana).submits(question, nil)
		w.as(eve).gets("Acme invites you")
		w.passes("it is done", func() bool { return w.as(ana).got("1 of 1 person was invited.") == 1 })
		if n := w.as(olga).got("invites you"); n != 0 {
			t.Error("somebody outside the group is invited")
		}
	})
}

func TestARunShowsHowFarItIsAndWhoFailed(t *testing.T) {
	t.Parallel()
	people := newcomers()
	each(t, options{people: people, silently: true, pace: 2}, func(t *testing.T, w *world) {
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: people[3].ID, Error: "user_not_found"})
		w.worksAlways()
		w.as(ana).chooses(everyone())
		w.as(ana).submits(w.as(ana).seesModal("*26 people* get"), nil)
		m := w.as(ana).gets("Inviting 26 people")
		w.wants(m, "░░░░░░░░░░ 0 of 26 · about a minute left")
		if !has(w.as(ana).MessageElements(m.Channel, m.TS), view.ActionRunStop) {
			t.Error("it cannot be stopped")
		}
		moved := regexp.MustCompile(`▓+░+ [1-9]\d? of 26`) // how far it is when it is next drawn is up to the machine
		w.eventually("the bar moves", func() bool {
			w.passed.Add(int64(15 * time.Millisecond)) // hardly faster than the machine, or the next look would find it done
			return slices.ContainsFunc(w.as(ana).Messages(m.Channel), func(m slackd.Message) bool { return moved.MatchString(says(m)) })
		})
		w.passes("it is done", func() bool { return w.as(ana).got("25 of 26 people were invited.") == 1 })
		m = w.as(ana).becomes(m, "1 message could not be delivered")
		if len(w.as(ana).MessageElements(m.Channel, m.TS)) != 0 {
			t.Error("a run that is done can be stopped")
		}
		if n := w.invited(people); n != len(people)-1 {
			t.Errorf("%d of %d were invited", n, len(people))
		}
		if failure := w.invitation(people[3].ID).Invite.Failure; failure != "user_not_found" {
			t.Errorf("the row of whom it failed for says %q", failure)
		}
	})
}

func TestARunWhoseStarterCannotBeReachedGoesOnWithoutAskingSlackAgainAndAgain(t *testing.T) {
	t.Parallel()
	people := newcomers()
	each(t, options{people: people, silently: true}, func(t *testing.T, w *world) {
		w.slack.Inject(slackd.Fault{Kind: slackd.NoDM, User: ana, Error: "messages_tab_disabled"})
		w.worksAlways()
		w.as(ana).chooses(everyone())
		w.as(ana).submits(w.as(ana).seesModal("*26 people* get"), nil)
		w.passes("everybody is invited", func() bool {
			return w.invited(people)+w.as(eve).got("invites you")+w.as(olga).got("invites you") == len(people)+2
		})
		if n := strings.Count(w.log.text(), "slack did not accept a message"); n != 1 {
			t.Errorf("Slack was asked %d times to take the message for the starter", n)
		}
	})
}

func TestStopKeepsTheOthersFromBeingInvited(t *testing.T) {
	t.Parallel()
	people := newcomers()
	each(t, options{people: people, pace: 1.6}, func(t *testing.T, w *world) {
		w.worksAlways()
		w.as(ana).chooses(everyone())
		w.as(ana).submits(w.as(ana).seesModal("*26 people* get"), nil)
		m := w.as(ana).gets("Inviting 26 people")
		invited := func() int {
			return w.invited(people) + w.as(eve).got("invites you") + w.as(olga).got("invites you")
		}
		w.passes("the first have their message", func() bool { return invited() >= 3 })

		// Ben may not start another one meanwhile, and stops it from there.
		w.as(ben).chooses(everyone())
		refused := w.as(ben).seesModal("<@" + ana + "> is inviting people")
		w.as(ben).presses(w.as(ben).at(refused, view.ActionRunStop))
		w.as(ben).seesModal("Nobody else gets a message")
		over := says(w.as(ana).becomes(m, "Stopped: "))

		// Who was about to get their message may still get it.
		w.passed.Add(int64(time.Hour))
		w.settled()
		n := invited()
		if n >= len(people) {
			t.Errorf("%d people were invited, and Ben stopped that: %s", n, over)
		}
		w.passed.Add(int64(time.Hour))
		w.as(ben).chooses(map[string][]string{view.BlockEveryone: {view.OptionEveryone}})
		w.says(words(w.as(ben).seesModal("people* get").Blocks), fmt.Sprintf("*%d people* get", len(people)+2-n), fmt.Sprintf("%d invited already", n))
	})
}

// settled waits until no job is due or running.
func (w *world) settled() {
	w.t.Helper()
	w.eventually("nothing is left to do", func() bool {
		w.passed.Add(int64(100 * time.Millisecond))
		var left int
		w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM river_job WHERE finalized_at IS NULL`).Scan(&left))
		return left == 0
	})
}

func TestARunGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	people := newcomers()
	each(t, options{people: people, noJobs: true}, func(t *testing.T, w *world) {
		ctx, stop := context.WithCancel(w.ctx())
		returned := make(chan error)
		go func() { returned <- w.jobs.Run(ctx) }()
		w.worksAlways()
		w.as(ana).chooses(everyone())
		w.as(ana).submits(w.as(ana).seesModal("*26 people* get"), nil)
		w.eventually("some are invited", func() bool { return w.invited(people) >= 4 })
		stop()
		w.must(<-returned)
		before := w.invited(people)
		if before == len(people) {
			t.Fatal("all were invited at once")
		}
		w.runsJobs()
		w.passes("all are invited", func() bool { return w.invited(people) == len(people) })
		w.passes("Ana reads it", func() bool { return w.as(ana).got("26 of 26 people were invited.") == 1 })
	})
}

func TestARunWaitsForADecentHourWherePeopleAre(t *testing.T) {
	t.Parallel()
	tokyo := slackd.User{ID: "U7TOKYO", Name: "tokyo", RealName: "Tao Kyo", TZ: "Asia/Tokyo"}
	away := slackd.User{ID: "U7AWAY", Name: "away", RealName: "Awa Yu", TZ: "Europe/Lisbon"}
	away.StatusEmoji, away.StatusText = ":palm_tree:", "Vacationing"
	each(t, options{people: []slackd.User{tokyo, away}}, func(t *testing.T, w *world) {
		got := func(id string) int { return w.as(id).got("Acme invites you") }
		w.as(ana).chooses(everyone())
		w.as(ana).submits(w.as(ana).seesModal("*4 people* get"), nil)
		m := w.as(ana).gets("Inviting 4 people")
		w.passes("Ana reads who waits", func() bool { return w.as(ana).got("4 wait for a decent hour where they are") == 1 })
		list := w.as(ana).types("/social invitations pending")
		w.wants(list, "*Pending* · goes out on <!date^"+strconv.FormatInt(noon.Add(12*time.Hour).Unix(), 10)) // 9:00 in Tokyo
		if n := got(tokyo.ID) + got(away.ID) + got(eve) + got(olga); n != 0 {
			t.Errorf("%d people were written to on a Sunday", n)
		}
		changes := len(w.slack.Calls("chat.update"))
		w.passed.Store(int64(12*time.Hour - time.Minute))
		w.must(w.store.Snooze(w.ctx(), w.company.ID, olga, noon.AddDate(0, 0, 7)))

		w.passed.Store(int64(12*time.Hour + time.Minute))
		w.eventually("it is morning in Tokyo", func() bool { return got(tokyo.ID) == 1 })
		if n := len(w.slack.Calls("chat.update")) - changes; n > 3 {
			t.Errorf("the message was changed %d times while nothing happened", n)
		}
		w.passed.Store(int64(21*time.Hour + time.Minute))
		w.eventually("it is morning in Lisbon", func() bool { return got(eve) == 1 })
		// Who is away still, and who asked for a week, are not waited for: nobody else could be invited meanwhile.
		w.passed.Store(int64(25 * time.Hour))
		w.passes("it is done", func() bool { return w.as(ana).got("2 of 4 people were invited.") == 1 })
		w.as(ana).becomes(m, "2 left out")
		if n := got(away.ID) + got(olga); n != 0 {
			t.Errorf("%d people were written to against their wish", n)
		}
	})
}

func TestAChannelThatHeraldDoesNotSee(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "conversations.members", Error: "channel_not_found", Count: 1})
		w.as(ana).chooses(map[string][]string{view.BlockMembersOf: {general}})
		w.as(ana).seesModal("Herald does not see that channel")
	})
}

func TestTheTimeThatARunTakesIsThePacers(t *testing.T) {
	t.Parallel()
	if view.MessagesPerMinute != 60*delivery.MessagesPerSecond {
		t.Error("people are told another pace than the one kept")
	}
}
