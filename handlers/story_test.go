package handlers_test

import (
	"strings"
	"time"

	"herald/sandbox/slackd"
	"herald/store"
)

// The words in which the stories of direct messages and jobs are told.

// gets waits for a direct message of Herald that says something.
func (p person) gets(text string) slackd.Message {
	p.w.t.Helper()
	m, err := p.AwaitMessage(p.w.ctx(), p.DM(), func(m slackd.Message) bool { return strings.Contains(says(m), text) })
	if err != nil {
		var got []string
		for _, m := range p.Messages(p.DM()) {
			got = append(got, says(m))
		}
		p.w.t.Fatalf("%s gets no message with %q: %v\n%s", p.ID(), text, err, strings.Join(got, "\n---\n"))
	}
	return m
}

// got counts the direct messages that say something.
func (p person) got(text string) int {
	n := 0
	for _, m := range p.Messages(p.DM()) {
		if strings.Contains(says(m), text) {
			n++
		}
	}
	return n
}

// becomes waits until a message says something else.
func (p person) becomes(m slackd.Message, text string) slackd.Message {
	p.w.t.Helper()
	now, err := p.AwaitMessage(p.w.ctx(), m.Channel, func(now slackd.Message) bool { return now.TS == m.TS && strings.Contains(says(now), text) })
	if err != nil {
		for _, now := range p.Messages(m.Channel) {
			if now.TS == m.TS {
				m = now
			}
		}
		p.w.t.Fatalf("the message of %s does not become %q: %v\n%s", p.ID(), text, err, says(m))
	}
	return now
}

// wants fails unless a message says all of it.
func (w *world) wants(m slackd.Message, texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if !strings.Contains(says(m), text) {
			w.t.Errorf("want %q in:\n%s", text, says(m))
		}
	}
}

// tells waits until Herald answers somebody with an ephemeral message in their conversation.
func (p person) tells(text string) {
	p.w.t.Helper()
	_, err := p.AwaitMessage(p.w.ctx(), p.DM(), func(m slackd.Message) bool { return m.Ephemeral && strings.Contains(says(m), text) })
	if err != nil {
		p.w.t.Fatalf("%s is not told %q: %v", p.ID(), text, err)
	}
}

// eventually waits for something that no person can see.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx := w.ctx(); !holds(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.t.Fatalf("never: %s; the log:\n%s", what, w.log.text())
		}
	}
}

// failsOnce waits until a job failed and is put off; then an hour passes, in which it becomes due again.
func (w *world) failsOnce() {
	w.t.Helper()
	w.isPutOff("a job failed and will be tried again")
}

// isPutOff waits until a job that the log tells about is put off; then an hour passes, in which it becomes due again.
func (w *world) isPutOff(said string) {
	w.t.Helper()
	w.eventually("the log tells why", func() bool { return strings.Contains(w.log.text(), said) })
	w.eventually("it is put off", func() bool {
		var running int
		w.must(w.db.QueryRowContext(w.ctx(), `SELECT count(*) FROM river_job WHERE state = 'running'`).Scan(&running))
		return running == 0
	})
	w.passed.Add(int64(time.Hour))
}

// settles waits until the welcome messages of the first members are out.
func (w *world) settles() {
	w.t.Helper()
	for _, id := range []string{ana, ben, ray, ann, bo} {
		w.as(id).gets("You're in")
	}
}

// removes purges a member at once.
func (w *world) removes(by, slackID string) {
	w.t.Helper()
	actor := store.Actor{SlackID: by}
	removal, err := w.store.ProposeRemoval(w.ctx(), w.company.ID, actor, "", []string{w.member(slackID).ID})
	w.must(err)
	_, err = w.store.ConfirmRemoval(w.ctx(), w.company.ID, actor, removal.ID)
	w.must(err)
	w.eventually(slackID+" is removed", func() bool { return !w.registered(slackID) })
}
