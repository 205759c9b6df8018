package handlers

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"herald/handlers/view"
	"herald/store"
)

func TestEveryCommandIsNamedOnceAndExplained(t *testing.T) {
	t.Parallel()
	manifest, err := os.ReadFile("../manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range commands() {
		if c.name == "" || c.help == "" || c.run == nil || seen[c.name] {
			t.Errorf("the line of %q is incomplete, or there are two", c.name)
		}
		seen[c.name] = true
		if c.name != strings.ToLower(c.name) || strings.ContainsFunc(c.name, func(r rune) bool { return r < 'a' || r > 'z' }) {
			t.Errorf("%q is not one plain word", c.name)
		}
		// The menu is what /social alone shows, so its hint has no word for it.
		if c.name != "menu" && !strings.Contains(string(manifest), c.name) {
			t.Errorf("the manifest's usage_hint does not know %q", c.name)
		}
	}
}

func TestActionsAndFormsAreListedOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range actions() {
		if a.id == "" || a.run == nil || seen[a.id] {
			t.Errorf("the line of action %q is incomplete, or there are two", a.id)
		}
		seen[a.id] = true
	}
	seen = map[string]bool{}
	for _, f := range forms() {
		if f.id == "" || f.run == nil || seen[f.id] {
			t.Errorf("the line of form %q is incomplete, or there are two", f.id)
		}
		seen[f.id] = true
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, name, args string }{
		{"", "menu", ""},
		{"  ", "menu", ""},
		{"members", "members", ""},
		{"MEMBERS  admins ann ", "members", "admins ann"},
		{"role\t<@U1|ann>\nrecruiter", "role", "<@U1|ann>\nrecruiter"},
		{"membrs ann", "unknown", "membrs ann"},
		{"unknown", "unknown", "unknown"},
	} {
		if c, args := parse(test.text); c.name != test.name || args != test.args {
			t.Errorf("parse(%q) = %q, %q; want %q, %q", test.text, c.name, args, test.name, test.args)
		}
	}
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	h := &Handlers{networks: view.Offered{{Name: "linkedin", Title: "LinkedIn"}, {Name: "mastodon", Title: "Mastodon"}}}
	for _, test := range []struct {
		args   string
		group  store.Group
		search string
	}{
		{"", store.All, ""},
		{"ann lee", store.All, "ann lee"},
		{"recruiters", store.Recruiters, ""},
		{"Recruiter ann", store.Recruiters, "ann"},
		{"company admins", store.Admins, ""},
		{"not  connected garcía", store.Disconnected, "garcía"},
		{"not registered eve", store.Unregistered, "eve"},
		{"invited but not registered", store.Invited, ""},
		{"invited but unsure", store.Invited, "but unsure"},
		{"not ann", store.All, "not ann"},
		{"last 30 days", store.Recent, ""},
		{"all invited", store.All, "invited"},
		{"on mastodon ann", store.OnNetwork("mastodon"), "ann"},
		{"facebook", store.All, "facebook"}, // the operator does not offer it
		{"AT&amp;T &amp;lt;", store.All, "AT&T &lt;"},
	} {
		if g, s := h.parseFilter(test.args); g != test.group || s != test.search {
			t.Errorf("parseFilter(%q) = %q, %q; want %q, %q", test.args, g, s, test.group, test.search)
		}
	}
	for _, g := range store.Groups(h.networks.Names()...) {
		if named, ok := h.groupNamed(strings.ToLower(h.networks.GroupName(g))); g != store.Recent && (!ok || named != g) {
			t.Errorf("the menu's %q does not name its group", h.networks.GroupName(g))
		}
	}
}

func TestTheClosestCommandIsOneThatThePersonMayUse(t *testing.T) {
	t.Parallel()
	employee := &request{access: store.Access{Member: &store.Member{Type: store.Employee}}}
	admin := &request{access: store.Access{Member: &store.Member{Type: store.Admin}}}
	for _, test := range []struct {
		r          *request
		word, want string
	}{
		{admin, "membrs", "members"},
		{admin, "MEMBRES", "members"},
		{admin, "reomve", "remove"},
		{employee, "membrs", ""},
		{employee, "hlep", "help"},
		{admin, "xyzzy", ""},
		{admin, "", ""},
	} {
		if got := closest(test.word, test.r); got != test.want {
			t.Errorf("closest(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}

// FuzzParse looks for text that no command understands without breaking.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "members not registered <@U1|ann>", "role <@U1> admin", "\u00a0help", "\xff", "mémbers", strings.Repeat("x", 5000)} {
		f.Add(text)
	}
	h := &Handlers{networks: view.Offered{{Name: "linkedin", Title: "LinkedIn"}, {Name: "mastodon", Title: "Mastodon"}}}
	names := []string{"unknown"}
	for _, c := range commands() {
		names = append(names, c.name)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, args := parse(text)
		if !slices.Contains(names, c.name) || c.run == nil {
			t.Errorf("parse(%q) is %q", text, c.name)
		}
		if !strings.Contains(text, args) {
			t.Errorf("parse(%q) made up %q", text, args)
		}
		group, search := h.parseFilter(args)
		if !slices.Contains(store.Groups(h.networks.Names()...), group) || utf8.RuneCountInString(search) > view.SearchLimit {
			t.Errorf("parseFilter(%q) = %q, %q", args, group, search)
		}
		word, _, _ := strings.Cut(args, " ")
		_ = closest(word, &request{})
	})
}
