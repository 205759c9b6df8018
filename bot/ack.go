package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack/socketmode"
)

// largestPayload is what fits into an acknowledgement: Slack silently ignores those of 20 KB or more, see
// https://github.com/slack-go/slack/blob/v0.35.0/socketmode/socketmode.go. The rest is for the envelope_id.
const largestPayload = 20<<10 - 256

// encode returns a payload as it is sent, or an error if it is too large.
func encode(payload any) (json.RawMessage, error) {
	text, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("encode the acknowledgement: %w", err)
	}
	if len(text) > largestPayload {
		return nil, fmt.Errorf("the acknowledgement has %d bytes, Slack takes %d", len(text), largestPayload)
	}
	return text, nil
}

// ack is an acknowledgement on its way.
type ack struct {
	id      string
	payload any // nil for none
	heard   time.Time
	gone    chan struct{} // closed when it was handed to the socket, or given up; may be nil
}

// acks sends acknowledgements in order. Handing one to slack-go blocks while there is no connection, which neither
// the loop nor the workers can afford.
type acks struct {
	socket *socketmode.Client
	queue  chan ack
	budget time.Duration
	log    *slog.Logger
	now    func() time.Time
	health *health

	pending tally // added, and neither handed to the socket nor given up
}

// newAcks returns the sender of acknowledgements over the socket.
func newAcks(socket *socketmode.Client, c Config, h *health) *acks {
	return &acks{
		socket: socket,
		// Everything accepted owes one; what is refused beyond that gets the same again.
		queue:  make(chan ack, 2*(c.Queue+c.Workers)),
		budget: c.AckBudget,
		log:    c.Log,
		now:    c.Now,
		health: h,
	}
}

// add sends an acknowledgement soon, without blocking.
func (a *acks) add(next ack) {
	a.pending.add()
	select {
	case a.queue <- next:
	default:
		a.late(next)
	}
}

// send sends what was added until ctx ends.
func (a *acks) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case next := <-a.queue:
			left := next.heard.Add(a.budget).Sub(a.now())
			try, cancel := context.WithTimeout(ctx, left)
			err := try.Err()
			if err == nil {
				err = a.socket.AckCtx(try, next.id, next.payload)
			}
			cancel()
			if err != nil {
				a.late(next)
			} else {
				a.over(next)
			}
		}
	}
}

// late gives up an acknowledgement that Slack does not wait for any more.
func (a *acks) late(missed ack) {
	a.health.note(func(h *Health) { h.LateAcks++ })
	a.log.Warn("acknowledgement given up", "envelope", missed.id, "age", a.now().Sub(missed.heard))
	a.over(missed)
}

// over tells those who wait for the acknowledgement.
func (a *acks) over(done ack) {
	if done.gone != nil {
		close(done.gone)
	}
	a.pending.done()
}
