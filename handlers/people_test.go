package handlers

import (
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"herald/store"
)

func TestPeopleAreNamedByMentionsHandlesAndEmails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args  string
		ids   []string
		words []string
	}{
		{"", nil, nil},
		{"<@U123|ann> <@W45>", []string{"U123", "W45"}, nil},
		{"<@U1|ann>, <@U2|bo>,<@U3>", []string{"U1", "U2", "U3"}, nil},
		{"@ann ann@acme.example", nil, []string{"@ann", "ann@acme.example"}},
		{"<mailto:ann@acme.example|ann@acme.example>", nil, []string{"ann@acme.example"}},
		{"<!subteam^S1|@crew>", nil, []string{"@crew"}},
		{"<!channel>", nil, []string{"!channel"}},
		{"<@> <> < >", nil, []string{"@", "", "<", ">"}},
		{"  \t\n ", nil, nil},
		{"R&amp;D &lt;x&gt; &amp;lt; &lt;@U1&gt;", nil, []string{"R&D", "<x>", "&lt;", "<@U1>"}},
	} {
		ids, words := people(c.args)
		if !slices.Equal(ids, c.ids) || !slices.Equal(words, c.words) {
			t.Errorf("people(%q) = %q, %q; want %q, %q", c.args, ids, words, c.ids, c.words)
		}
	}
}

func FuzzPeople(f *testing.F) {
	for _, seed := range []string{"<@U1|ann> bo", "<<@U1>>", "<@U1|a b>", "<@", "<!subteam^S1|@x>", ",,,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, args string) {
		ids, _ := people(args)
		for _, id := range ids {
			if id == "" || strings.ContainsAny(id, " ,|") || !strings.Contains(args, id) {
				t.Errorf("people(%q) names %q", args, id)
			}
		}
	})
}

func TestADirectoryEntryTellsColleaguesFromOthers(t *testing.T) {
	t.Parallel()
	acme := store.Company{TeamID: "T1"}
	for name, c := range map[string]struct {
		user  slack.User
		bot   bool
		guest bool
	}{
		"a colleague":               {slack.User{ID: "U1", TeamID: "T1"}, false, false},
		"a colleague of the grid":   {slack.User{ID: "W1", TeamID: "T9", Enterprise: slack.EnterpriseUser{Teams: []string{"T9", "T1"}}}, false, false},
		"a multi-channel guest":     {slack.User{ID: "U1", TeamID: "T1", IsRestricted: true}, false, true},
		"a single-channel guest":    {slack.User{ID: "U1", TeamID: "T1", IsUltraRestricted: true}, false, true},
		"a stranger":                {slack.User{ID: "U1", TeamID: "T1", IsStranger: true}, false, true},
		"of another workspace":      {slack.User{ID: "U1", TeamID: "T2"}, false, true},
		"of the grid, but not ours": {slack.User{ID: "W1", TeamID: "T9", Enterprise: slack.EnterpriseUser{Teams: []string{"T9"}}}, false, true},
		"an app":                    {slack.User{ID: "U1", TeamID: "T1", IsBot: true}, true, false},
		"a workflow":                {slack.User{ID: "U1", TeamID: "T1", IsWorkflowBot: true}, true, false},
		"Slackbot":                  {slack.User{ID: "USLACKBOT", TeamID: "T1"}, true, false},
	} {
		p := entryOf(acme, c.user)
		if p.Bot != c.bot || p.Guest != c.guest {
			t.Errorf("%s: bot %t, guest %t; want %t, %t", name, p.Bot, p.Guest, c.bot, c.guest)
		}
	}
}

func TestADirectoryEntryHasTheRealName(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]slack.User{
		"Ann Lee":  {Name: "a.lee", RealName: "Ann Lee", Profile: slack.UserProfile{DisplayName: "ann", RealName: "Ann Lee"}},
		"Anna Lee": {Name: "a.lee", Profile: slack.UserProfile{RealName: "Anna Lee"}}, // deactivated: Slack keeps only the profile
		"ann":      {Name: "a.lee", Profile: slack.UserProfile{DisplayName: "ann"}},
		"a.lee":    {Name: "a.lee"},
	} {
		if got := entryOf(store.Company{}, u).Name; got != name {
			t.Errorf("named %q, want %q", got, name)
		}
	}
}
