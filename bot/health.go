package bot

import (
	"sync"
	"time"
)

// Health is how the bot was at one moment. Counts are since the start.
type Health struct {
	Connected  bool      // Slack said hello on the connection, and it has not ended
	Since      time.Time // when Connected became what it is
	LastHello  time.Time // of the latest connection; zero: none yet
	LastHeard  time.Time // when Slack last sent anything, its pings included; zero: never
	Reconnects int       // connections after the first

	Queue    int // pieces of work that wait for their turn
	InFlight int // pieces of work in progress

	Envelopes   int // heard and understood
	Duplicates  int // of these, heard before and not done again
	Refused     int // of these, turned away because of overload or a shutdown
	BadMessages int // not understood
	LateAcks    int // acknowledgements that could not be sent in time

	Errors      int       // of connecting, of the Handler (panics too), of Seen
	Panics      int       // of the Handler
	LastError   string    // what Errors counted last, without payloads and tokens; empty: nothing yet
	LastErrorAt time.Time // zero: nothing yet
}

// Health returns how the bot is now. It may be called at any time.
func (b *Bot) Health() Health {
	b.health.mu.Lock()
	h := b.health.Health
	b.health.mu.Unlock()

	h.LastHeard = b.line.lastHeard()
	h.Queue = b.people.waitingNow()
	h.InFlight = max(0, b.busy.count()-h.Queue)
	return h
}

// health is the part of Health that is counted as things happen.
type health struct {
	mu sync.Mutex
	Health
}

// note changes the counts.
func (h *health) note(change func(*Health)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.Health)
}

// connected notes a hello.
func (h *health) connected(now time.Time) {
	h.note(func(h *Health) {
		if !h.LastHello.IsZero() {
			h.Reconnects++
		}
		if !h.Connected {
			h.Connected, h.Since = true, now
		}
		h.LastHello = now
	})
}

// disconnected notes that there is no connection.
func (h *health) disconnected(now time.Time) {
	h.note(func(h *Health) {
		if h.Connected {
			h.Connected, h.Since = false, now
		}
	})
}

// failed notes an error.
func (h *health) failed(now time.Time, doing string, err error) {
	h.note(func(h *Health) {
		h.Errors++
		h.LastError, h.LastErrorAt = doing+": "+err.Error(), now
	})
}
