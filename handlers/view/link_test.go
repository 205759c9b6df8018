package view

import (
	"strings"
	"testing"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func TestLinkScreens(t *testing.T) {
	t.Parallel()
	big := store.Company{ID: "company2", Name: longName()}
	m := Link(acme, acmeURL, "screen1", 3)
	golden(t, "link", blockkit.Message, m)
	notice := URLRotated()
	m.Notice = &notice
	golden(t, "link_rotated", blockkit.Message, m)
	golden(t, "link_longest", blockkit.Message, Link(big, acmeURL+strings.Repeat("x", 200), "screen1", 3))
	golden(t, "link_post_form", blockkit.Modal, PostURL(acme, acmeURL, "screen1"))
	golden(t, "link_post_form_longest", blockkit.Modal, PostURL(big, acmeURL, "screen1"))
	golden(t, "link_post", blockkit.Message, URLPost("Join us <!channel> & *win*\n> now", acmeURL, "U0ANA"))
	golden(t, "link_post_longest", blockkit.Message, URLPost(strings.Repeat("&", PostLimit), acmeURL, "U0ANA"))
	golden(t, "link_dm_form", blockkit.Modal, DMPeople(acme, "screen1", true, []UserGroup{{"S1", "lisbon", "Office Lisbon"}}))
	golden(t, "link_dm_form_no_admin", blockkit.Modal, DMPeople(acme, "", false, nil))
	golden(t, "link_dm_form_longest", blockkit.Modal, DMPeople(big, "screen1", true, manyGroups()))
}

func TestAPostThatSlackRefusesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"not_in_channel":    "/invite @Herald",
		"channel_not_found": "/invite @Herald",
		"is_archived":       "another channel",
		"restricted_action": "paste the URL yourself",
		"msg_too_long":      "Shorten",
		"brand_new_error":   "brand_new_error",
	} {
		n := URLNotPosted("C1", code)
		if n.Good || !strings.Contains(n.Text, want) {
			t.Errorf("%s: %q, want something about %q", code, n.Text, want)
		}
	}
}
