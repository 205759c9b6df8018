package page

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"herald/sandbox/fault"
	"herald/sandbox/slackd"
)

// shownRecords is how many of the latest calls and acknowledgements the drawer lists.
const shownRecords = 12

// drawer is where the page's owner breaks things, and sees what the app and the servers said to each other.
type drawer struct {
	Kinds       []slackd.Kind
	On          []slackd.Fault
	Networks    []brokenNetwork
	Connections int
	Calls       []slackd.Call
	Acks        []slackd.Ack
	Reasons     []string
}

// brokenNetwork is a network and what is wrong with it.
type brokenNetwork struct {
	Network
	Faults []networkFault
}

type networkFault struct {
	Name fault.Name
	On   bool
}

func (s *Server) faults(w http.ResponseWriter, r *http.Request) {
	d := drawer{
		Kinds: slackd.FaultKinds(), On: s.slack.FaultList(), Connections: s.slack.Connections(),
		Calls: latest(s.slack.Calls("")), Acks: latest(s.slack.Acks()),
		Reasons: []string{"warning", "refresh_requested", "link_disabled", "too_many_websockets"},
	}
	for _, n := range s.networks {
		broken, on := brokenNetwork{Network: n}, n.Switches.FaultsOn()
		for _, f := range n.Switches.Faults() {
			broken.Faults = append(broken.Faults, networkFault{f, on[f] != 0})
		}
		d.Networks = append(d.Networks, broken)
	}
	s.write(w, r, "faults", d)
}

// latest returns the last few, newest first.
func latest[T any](all []T) []T {
	all = slices.Clone(all[max(0, len(all)-shownRecords):])
	slices.Reverse(all)
	return all
}

// changeFaults does what one of the drawer's forms asks for, and shows the drawer again.
func (s *Server) changeFaults(w http.ResponseWriter, r *http.Request) {
	switch r.FormValue("do") {
	case "inject":
		s.slack.Inject(slackd.Fault{
			Kind: slackd.Kind(r.FormValue("kind")), Method: r.FormValue("method"), Error: r.FormValue("error"), User: r.FormValue("user"),
			Delay: time.Duration(number(r.FormValue("seconds")) * float64(time.Second)), Count: int(number(r.FormValue("count"))),
		})
	case "clear":
		s.slack.Clear(int(number(r.FormValue("id"))))
	case "clear-all":
		s.slack.ClearFaults()
	case "disconnect":
		s.slack.Disconnect(r.FormValue("reason"))
	case "drop":
		s.slack.DropSockets()
	case "network":
		times := 0
		if r.FormValue("on") == "true" {
			times = fault.Always
		}
		for _, n := range s.networks {
			if n.Name == r.FormValue("network") {
				n.Switches.SetFault(fault.Name(r.FormValue("fault")), times)
			}
		}
	}
	s.faults(w, r)
}

// number reads a field of the drawer; what is no number counts as nothing.
func number(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
