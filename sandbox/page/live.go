package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"herald/sandbox/slackd"
)

// The pace of live updates: how often at most the badges of other people are looked at, and how often a quiet stream shows
// that it is alive.
const (
	peopleEvery = 400 * time.Millisecond
	aliveEvery  = 20 * time.Second
)

// events tells the browser, as server-sent events, which parts of its page to fetch again.
func (s *Server) events(v visit) {
	flush := http.NewResponseController(v.w)
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("Cache-Control", "no-store")
	mine, stopMine := s.slack.Subscribe(v.user.ID)
	defer stopMine()
	all, stopAll := s.slack.Subscribe("")
	defer stopAll()
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()

	// The browser may have missed changes since its page was drawn.
	if !s.tell(v, flush, "opened", "") {
		return
	}
	var people <-chan time.Time
	for {
		ok := true
		select {
		case <-v.Context().Done():
			return
		case change := <-mine:
			// Behind a full queue changes were merged, so that any part may be out of date.
			if len(mine) == cap(mine)-1 {
				change = slackd.Change{Kind: "opened"}
			}
			ok = s.tell(v, flush, change.Kind, change.Channel)
		case <-all:
			if people == nil {
				people = time.After(peopleEvery)
			}
		case <-people:
			people = nil
			ok = s.tell(v, flush, "people", "")
		case <-alive.C:
			_, err := fmt.Fprint(v.w, ": alive\n\n")
			ok = err == nil && flush.Flush() == nil
		}
		if !ok {
			return
		}
	}
}

// tell sends one event and reports whether somebody still listens.
func (s *Server) tell(v visit, flush *http.ResponseController, kind, channel string) bool {
	data, err := json.Marshal(map[string]string{"kind": kind, "channel": channel})
	if err != nil {
		return false
	}
	if _, err := fmt.Fprintf(v.w, "data: %s\n\n", data); err != nil {
		return false
	}
	return flush.Flush() == nil
}
