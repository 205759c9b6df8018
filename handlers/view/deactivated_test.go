package view

import (
	"testing"

	"herald/sandbox/slackd/blockkit"
)

func TestDeactivated(t *testing.T) {
	t.Parallel()
	golden(t, "deactivated_one", blockkit.Message, Deactivated(1, 0))
	golden(t, "deactivated_removed", blockkit.Message, Deactivated(1204, 30))
}
