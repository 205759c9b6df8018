package view

import (
	"fmt"
	"strings"
	"testing"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

// manyGroups are more user groups than a select shows, with the longest names.
func manyGroups() []UserGroup {
	groups := make([]UserGroup, groupsShown+1)
	for i := range groups {
		groups[i] = UserGroup{ID: fmt.Sprint("S", i), Handle: strings.Repeat("h", 40), Name: longName()}
	}
	return groups
}

func TestRunScreens(t *testing.T) {
	t.Parallel()
	run := store.Run{ID: "run1", StartedBy: "U0ANA", As: store.Employee, Status: store.RunProposed, Total: 412}
	golden(t, "run_confirm", blockkit.Modal, RunConfirm(store.RunPlan{Run: run, Registered: 300, Invited: 12, Declined: 3, Spared: store.Spared{Snoozed: 5, TooSoon: 2, AtCap: 1}, Departed: 2, Ineligible: 4}))
	largest := run
	largest.Total, largest.As = store.RunLimit, store.Recruiter
	golden(t, "run_confirm_largest", blockkit.Modal, RunConfirm(store.RunPlan{Run: largest}))
	golden(t, "run_confirm_nobody", blockkit.Modal, RunConfirm(store.RunPlan{Run: store.Run{ID: "run1"}, Registered: 1}))
	golden(t, "run_counting", blockkit.Modal, RunCounting())

	run.Status, run.Total, run.Settled, run.Sent, run.Failed = store.RunRunning, 800, 412, 400, 4
	golden(t, "run", blockkit.Message, Run(run))
	run.Waiting = 37
	golden(t, "run_waiting", blockkit.Message, Run(run))
	run.Settled, run.Waiting = run.Total-1, 1
	golden(t, "run_only_waiting", blockkit.Message, Run(run))
	run.Settled, run.Waiting = 412, 0
	golden(t, "run_under_way", blockkit.Modal, RunUnderWay(run))
	golden(t, "run_under_way_starter_removed", blockkit.Modal, RunUnderWay(store.Run{ID: "run1", Status: store.RunRunning}))
	run.Status, run.Settled, run.Sent = store.RunStopped, 800, 410
	golden(t, "run_stopped", blockkit.Message, Run(run))
	run.Status, run.Sent = store.RunDone, 788
	golden(t, "run_done", blockkit.Message, Run(run))
	golden(t, "run_done_all", blockkit.Message, Run(store.Run{Status: store.RunDone, Total: 1, Settled: 1, Sent: 1}))
	golden(t, "run_stopped_modal", blockkit.Modal, RunStopped())
}
