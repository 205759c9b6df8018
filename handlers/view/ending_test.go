package view

import (
	"testing"
	"time"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestEnding(t *testing.T) {
	t.Parallel()
	linkedin := store.Connection{Network: "linkedin", State: store.Connected, ExpiresAt: noon.Add(6 * 24 * time.Hour)}
	facebook := store.Connection{Network: "facebook", State: store.Connected, ExpiresAt: noon.Add(7 * 24 * time.Hour)}
	golden(t, "ending", blockkit.Message, Ending(acme, offers(), []store.Connection{linkedin}, acmeURL+"/token"))
	golden(t, "ending_two", blockkit.Message, Ending(store.Company{Name: longName()}, offers(), []store.Connection{linkedin, facebook}, acmeURL+"/token"))
	golden(t, "untold", blockkit.Message, Untold())
	ann := member("ann", store.Employee)
	ann.Untold = true
	everywhere(t, "me_untold", Me(acme, nil, &Networks{Member: ann, Offered: offers(), Now: noon}, noon))
}
