package view

import (
	"testing"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestConnectedMessage(t *testing.T) {
	t.Parallel()
	m := member("ann", store.Employee)
	m.Connections = append(m.Connections, store.Connection{Network: "facebook", State: store.Connected})
	golden(t, "connected", blockkit.Message, Connected(acme, offers(), m, "facebook", "consent1"))
	m.Connections = m.Connections[1:]
	golden(t, "connected_longest", blockkit.Message, Connected(store.Company{Name: longName()}, offers(), m, "facebook", "consent1"))
}
