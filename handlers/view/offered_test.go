package view

import (
	"slices"
	"testing"

	"herald/store"
)

// offers are those of the networks with these names, in the order of their buttons; all of them without a name.
func offers(names ...string) Offered {
	all := Offered{
		{Name: "linkedin", Title: "LinkedIn", AppSettings: "Settings › Data privacy › Permitted services", Look: &Look{Buttons: []string{"Like", "Comment", "Repost", "Send"}}},
		{
			Name: "facebook", Title: "Facebook", AppSettings: "Settings › Apps and websites", Pages: true,
			Look: &Look{Byline: "Just now · Friends", Source: true, Buttons: []string{"Like", "Comment", "Share"}},
		},
		{Name: "mastodon", Title: "Mastodon", AppSettings: "Preferences › Account › Authorized apps"},
	}
	if len(names) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(n Network) bool { return !slices.Contains(names, n.Name) })
}

// TestANewNetworkIsNamedEverywhere: nothing has to be told about it but what is offered.
func TestANewNetworkIsNamedEverywhere(t *testing.T) {
	t.Parallel()
	offered := append(offers(), Network{Name: "photos2", Title: "PhotoS²"})
	if got := offered.GroupName(store.OnNetwork("photos2")); got != "Connected to PhotoS²" {
		t.Errorf("its group is %q", got)
	}
	if got := offered.GroupName(store.OnNetwork("gone")); got != "Connected to Gone" {
		t.Errorf("the group of one that is not offered any more is %q", got)
	}
	if n := Disconnected(offered, "photos2", false); n.Text[:8] != "PhotoS²" {
		t.Errorf("disconnected: %q", n.Text)
	}
}
