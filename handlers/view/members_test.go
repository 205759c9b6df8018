package view

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

// page is User Management with these people.
func page(rows ...store.RosterRow) Members {
	return Members{
		Screen:  store.Screen{ID: "screen1", Group: store.All, Page: 1, Revision: 7},
		Company: acme, Offered: offers(), URL: acmeURL,
		Counts: map[store.Group]int{store.All: 1312, store.Recruiters: 14, store.Unregistered: 89, store.Invited: 12},
		Roster: store.Roster{Rows: rows, Matching: len(rows)},
		Now:    noon,
	}
}

func rowOf(m store.Member) store.RosterRow {
	return store.RosterRow{Person: store.Person{ID: m.PersonID, Name: m.Name, Handle: m.Handle}, Member: &m}
}

// oddNames are names that break naive code.
func oddNames() []string {
	return []string{"*stars*", "<!channel>", "محمد الفاسي", "O'Brien & Söhne", "👩‍👩‍👧‍👦 Family", "_under_ ~strike~ `code`", "> quote", "\u202eevil", "Two\nlines", ":tada: Bob"}
}

func TestUserManagement(t *testing.T) {
	t.Parallel()
	bo := member("bo", store.Employee)
	bo.Name, bo.Handle, bo.SlackID, bo.Email = "Bo García", "", "", "bo@home.example"
	bo.Connections = []store.Connection{{Network: "facebook", State: store.Connected}, {Network: "linkedin", State: store.Expired}}
	bo.RegisteredAt = noon.Add(-400 * 24 * time.Hour)
	cy := member("cy", store.Admin)
	cy.Connections = nil
	first := page(rowOf(member("ann", store.Recruiter)), rowOf(bo), rowOf(cy))
	everywhere(t, "members_first_page", first.Message())

	middle := first
	middle.Screen.Group, middle.Screen.Search, middle.Screen.Page, middle.Screen.Selected = store.Recruiters, "ann", 2, 3
	middle.Selected = map[string]bool{bo.ID: true}
	middle.Roster.Prev, middle.Roster.Next, middle.Roster.Matching = "p", "n", 23
	m := middle.Message()
	m.Notice = &Notice{Good: true, Text: "3 users were removed."}
	everywhere(t, "members_middle_page", m)

	more := middle
	more.Roster.Matching, more.Roster.More = store.SelectionLimit, true
	everywhere(t, "members_more_than_counted", more.Message())
}

func TestPeopleWhoAreNotRegistered(t *testing.T) {
	t.Parallel()
	person := store.Person{ID: "person1", SlackID: "U0EVE", Name: "Eve", Handle: "eve"}
	m := page(
		store.RosterRow{Person: person},
		store.RosterRow{Person: person, Invite: &store.RowInvite{ID: "invite1", InvitedBy: "U0ANA", InvitedAt: noon.Add(-24 * time.Hour)}},
		store.RosterRow{Person: person, Invite: &store.RowInvite{ID: "invite2", InvitedAt: noon.Add(-24 * time.Hour), Reminded: 1}},
		store.RosterRow{Person: person, Invite: &store.RowInvite{ID: "invite3", InvitedAt: noon.Add(-24 * time.Hour), Reminded: 2}},
	)
	for i := range m.Roster.Rows {
		m.Roster.Rows[i].Person.ID += strconv.Itoa(i)
	}
	m.Screen.Group = store.Unregistered
	everywhere(t, "members_not_registered", m.Message())
}

func TestNobodyFoundSaysWhatWasSearched(t *testing.T) {
	t.Parallel()
	for _, g := range store.Groups(offers().Names()...) {
		m := page()
		m.Screen.Group = g
		everywhere(t, "members_empty_"+string(g), m.Message())
	}
	m := page()
	m.Screen.Group, m.Screen.Search = store.Recruiters, "*`<!channel>"
	everywhere(t, "members_empty_search", m.Message())
}

func TestTheFullestPageWithTheLongestNamesFits(t *testing.T) {
	t.Parallel()
	var rows []store.RosterRow
	for i := range PageSize {
		m := member(strconv.Itoa(i), store.Admin)
		m.Name, m.Handle, m.Email = longName(), strings.Repeat("h", 80), strings.Repeat("e", 250)+"@x.y"
		m.Connections = []store.Connection{{Network: "facebook", State: store.Expired}, {Network: "linkedin", State: store.Expired}}
		rows = append(rows, rowOf(m))
	}
	m := page(rows...)
	m.Company.Name, m.URL = longName(), "https://"+strings.Repeat("x", 2000)
	m.Screen.ID = strings.Repeat("i", 26)
	m.Screen.Search, m.Screen.Selected, m.Screen.Group = strings.Repeat("ß", SearchLimit), store.SelectionLimit, store.Recent
	m.Roster.Matching, m.Roster.Next, m.Roster.Prev = 1_000_000, "n", "p"
	m.Counts = map[store.Group]int{store.All: 1_000_000, store.Unregistered: 1_000_000, store.Invited: 1_000_000}
	everywhere(t, "members_fullest", m.Message())

	for i := range rows {
		rows[i].Member = nil
		rows[i].Person = store.Person{ID: strings.Repeat("p", 25) + strconv.Itoa(i), Name: longName(), Handle: strings.Repeat("h", 80)}
		rows[i].Invite = &store.RowInvite{ID: strings.Repeat("v", 26), InvitedBy: "U0123456789", InvitedAt: noon.Add(-400 * 24 * time.Hour), Reminded: 3}
	}
	m.Screen.Group = store.Invited
	message := m.Message()
	menu := Menu{Company: m.Company, Member: rows[0].Member, Counts: m.Counts, Now: noon}
	admin := member("ana", store.Admin)
	admin.Name, menu.Member = longName(), &admin
	everywhere(t, "members_fullest_invited", message)
	golden(t, "home_fullest", blockkit.Home, HomeAt(menu.Message(), message))
}

func TestOddNamesAreShownAsTyped(t *testing.T) {
	t.Parallel()
	var rows []store.RosterRow
	for i, name := range oddNames() {
		m := member(strconv.Itoa(i), store.Employee)
		m.Name, m.Handle = name, "h"
		rows = append(rows, rowOf(m))
	}
	everywhere(t, "members_odd_names", page(rows...).Message())
}

// checked returns the members whose boxes are ticked, from what Slack gets.
func checked(t *testing.T, m Message) []string {
	t.Helper()
	var ticked []string
	for _, b := range m.Blocks {
		actions, ok := b.(*slack.ActionBlock)
		if !ok {
			continue
		}
		for _, e := range actions.Elements.ElementSet {
			if box, ok := e.(*slack.CheckboxGroupsBlockElement); ok {
				for _, o := range box.InitialOptions {
					if !slices.Contains(box.Options, o) {
						t.Errorf("the ticked option of %s is none of its options", actions.BlockID)
					}
					ticked = append(ticked, o.Value)
				}
			}
		}
	}
	return ticked
}

func TestEverySaveDrawsTheBoxesAnew(t *testing.T) {
	t.Parallel()
	m := page(rowOf(member("ann", store.Employee)), rowOf(member("bo", store.Employee)))
	if got := checked(t, m.Message()); len(got) != 0 {
		t.Errorf("ticked before anybody was selected: %v", got)
	}
	before := marshal(t, m.Message().Blocks)
	m.Selected, m.Screen.Revision = map[string]bool{"member-bo": true}, m.Screen.Revision+1
	if got, want := checked(t, m.Message()), []string{"member-bo"}; !slices.Equal(got, want) {
		t.Errorf("ticked %v, want %v", got, want)
	}
	old := map[string]bool{}
	for _, id := range blockIDs(t, before) {
		old[id] = true
	}
	for _, id := range blockIDs(t, marshal(t, m.Message().Blocks)) {
		if old[id] {
			t.Errorf("block %s kept its id, so Slack would keep what was chosen in it", id)
		}
	}
}

// blockIDs are the ids of blocks that hold something to choose or type.
func blockIDs(t *testing.T, blocks []byte) []string {
	t.Helper()
	var list []struct {
		ID   string `json:"block_id"`
		Type string `json:"type"`
	}
	if err := json.Unmarshal(blocks, &list); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, b := range list {
		if b.Type == "actions" || b.Type == "input" {
			if b.ID == "" {
				t.Errorf("a block of type %s has no id", b.Type)
			}
			ids = append(ids, b.ID)
		}
	}
	return ids
}

func TestBlockIDs(t *testing.T) {
	t.Parallel()
	screen, rev, part, row, ok := ParseBlockID(BlockID("screen", 12, "member", "row"))
	if screen != "screen" || rev != 12 || part != "member" || row != "row" || !ok {
		t.Errorf("there and back: %q %d %q %q %v", screen, rev, part, row, ok)
	}
	for _, bad := range []string{"", "a", "a.b.c.d", "a.1.c", "a.1.c.d.e", "a.99999999999999999999.c.d"} {
		if _, _, _, _, ok := ParseBlockID(bad); ok {
			t.Errorf("%q was taken for a block id", bad)
		}
	}
}

func TestTypeChanges(t *testing.T) {
	t.Parallel()
	for _, from := range []store.MemberType{store.Employee, store.Recruiter, store.Admin} {
		for _, o := range typeMenu(from).Options {
			c, ok := ParseTypeChange(o.Value)
			if !ok || c.From != from {
				t.Errorf("the menu of %s offers %q, which reads as %v, %v", from, o.Value, c, ok)
			}
			if asks := strings.HasSuffix(o.Text.Text, "…"); asks != ((c.From == store.Admin) != (c.To == store.Admin)) {
				t.Errorf("%s → %s is called %q", c.From, c.To, o.Text.Text)
			}
		}
	}
	for _, bad := range []string{"", "employee", "employee:owner", ":", "admin:admin:admin"} {
		if c, ok := ParseTypeChange(bad); ok {
			t.Errorf("%q was taken for %v", bad, c)
		}
	}
}

func TestExportsRunNoFormulas(t *testing.T) {
	t.Parallel()
	file := NewCSV(offers())
	evil := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "Ann, \"the\" Lee", "plain"}
	for _, name := range evil {
		m := member("x", store.Employee)
		m.Name = name
		m.Connections = []store.Connection{
			{Network: "linkedin", State: store.Expired},
			{Network: "facebook", State: store.Connected, CompanyPage: "=page"},
			{Network: "mastodon", State: store.Connected},
		}
		file.Add(store.RosterRow{Member: &m})
	}
	file.Add(store.RosterRow{Person: store.Person{Name: "Eve", Handle: "eve"}, Invite: &store.RowInvite{InvitedAt: noon}})
	if file.Rows() != len(evil)+1 {
		t.Errorf("counted %d rows", file.Rows())
	}
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.String(), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Name", "'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "Ann, \"the\" Lee", "plain", "Eve"}
	for i, line := range lines {
		if line[0] != want[i] {
			t.Errorf("line %d: got %q, want %q", i, line[0], want[i])
		}
	}
	if got, want := strings.Join(lines[0][5:], "|"), "LinkedIn|Facebook|Mastodon|Company Facebook page|Invited"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := strings.Join(lines[1], "|"), "'=1+1|x|x@acme.example|employee|2026-08-24|reconnect|connected|connected|'=page|"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := strings.Join(lines[len(lines)-1], "|"), "Eve|eve||not registered||||||2026-11-22"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
