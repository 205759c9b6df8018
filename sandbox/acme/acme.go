// Package acme invents the demo company: about 400 people in many time zones, some of whose names break naive code, and
// the channels they talk in. It is the same company every time, so a test or a screenshot can rely on who is in it.
package acme

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// TeamID, Name and Domain identify the workspace; PartnerTeamID is the workspace that the one outsider comes from.
const (
	TeamID        = "T00000ACME"
	Name          = "Acme"
	Domain        = "acme"
	PartnerTeamID = "T0PARTNERS"
)

// The main characters. Their Slack ids never change.
const (
	Ana  = "U00000ANA" // company admin, who runs the programme
	Ben  = "U00000BEN" // company admin, connected to the company Facebook page
	Ray  = "U00000RAY" // recruiter
	Ann  = "U00000ANN" // employee
	Eve  = "U00000EVE" // not registered yet
	Ivy  = "U00000IVY" // invited, not registered yet
	Gus  = "U00000GUS" // guest, limited to some channels
	Sue  = "U00000SUE" // guest, limited to one channel
	Olga = "U0000OLGA" // the workspace's primary owner, who operates Herald
	Pat  = "U00000PAT" // works for a partner, in another workspace
	Dan  = "U00000DAN" // left the company, deactivated
	Bot  = "U00000BOT" // another app's bot
)

// Channel ids that tests and the demo name.
const (
	General = "C00GENERAL"
	Jobs    = "C0000JOBS0"
	Random  = "C000RANDOM"
	HRTeam  = "G000HRTEAM"
)

// Lisbon is the id of the user group of an office.
const Lisbon = "S00LISBON0"

// Role is a user type in the recruiting programme.
type Role string

// The user types.
const (
	Employee  Role = "employee"
	Recruiter Role = "recruiter"
	Admin     Role = "admin"
)

// Standing tells how far a person has come in the recruiting programme.
type Standing string

// The standings.
const (
	Outside    Standing = ""           // nobody asked them yet, or they may not take part
	Invited    Standing = "invited"    // an admin sent them a link
	Declined   Standing = "declined"   // … and they said no
	Lapsed     Standing = "lapsed"     // … and did nothing until it ran out
	Unreached  Standing = "unreached"  // … and Slack did not deliver it
	Registered Standing = "registered" // they have an account
)

// Membership suggests what the demo's database should hold about a person before anybody clicks.
type Membership struct {
	Standing        Standing
	Role            Role   // empty unless registered
	Email           string // the address they entered: personal or work
	DaysAgo         int    // when they registered or were invited, counted in days before the demo starts
	InvitedBy       string // Slack id of the admin, when invited; "" for those who registered by themselves
	Why             string // a reason of those who declined: "privacy", "not_interested", "no_networks" or "other"
	LinkedIn        bool   // connected to LinkedIn
	LinkedInExpired bool   // … but the access ran out
	Facebook        bool   // connected to Facebook
	Mastodon        bool   // connected to the sandbox's Mastodon server, besides
	FacebookPage    string // name of the company page their Facebook account is connected to, e.g. "Acme Jobs"
}

// Person is a user of the workspace, as users.list shows them.
type Person struct {
	ID          string // "U00000ANA"
	TeamID      string // PartnerTeamID for the outsider
	Handle      string // "ana", unique, what follows the @
	RealName    string // "Ana Pereira", not unique, any characters
	DisplayName string // "ana", or empty as with most people
	FirstName   string
	LastName    string
	Email       string // work address; empty for bots
	Title       string
	TZ          string // "Europe/Lisbon"
	TZLabel     string // "Western European Time"
	TZOffset    int    // seconds east of UTC in winter

	WorkspaceAdmin bool
	Owner          bool
	PrimaryOwner   bool
	Guest          bool // is_restricted: invited to some channels
	ChannelGuest   bool // is_ultra_restricted: invited to one channel; Guest is true as well
	Bot            bool
	Deactivated    bool

	Main       bool // a main character, listed first where people are picked
	Membership Membership
}

// MayTakePart reports whether the person is a full, active human member of this workspace.
func (p Person) MayTakePart() bool {
	return p.TeamID == TeamID && !p.Guest && !p.Bot && !p.Deactivated
}

// Channel is a conversation that exists from the start.
type Channel struct {
	ID      string
	Name    string // without the #
	Topic   string
	Private bool
	Members []string // Slack ids
}

// Group is a user group that exists from the start.
type Group struct {
	ID      string
	Handle  string // without the @
	Name    string
	Members []string // Slack ids
}

// Company is the whole demo company.
type Company struct {
	People   []Person // main characters first, then the awkward names, then everybody else
	Channels []Channel
	Groups   []Group
}

// Person returns the person with the Slack id and reports whether there is one.
func (c Company) Person(id string) (Person, bool) {
	for _, p := range c.People {
		if p.ID == id {
			return p, true
		}
	}
	return Person{}, false
}

// everybody is the number of people in the workspace, bots not counted.
const everybody = 401

// New returns the company. Every call returns equal values, which the caller owns.
func New() Company {
	//nolint:gosec // the same company every time is the point
	b := builder{rand: rand.New(rand.NewPCG(2026, 11)), handles: map[string]int{}}
	for _, p := range mainCharacters() {
		b.add(p)
	}
	for _, name := range awkwardNames() {
		b.add(b.fill(Person{RealName: name.real, DisplayName: name.display, Handle: name.handle}, registered))
	}
	for b.humans < everybody {
		b.add(b.fill(b.invent(), anyStanding))
	}
	for _, p := range bots() {
		b.add(p)
	}
	return Company{People: b.people, Channels: channels(b.people), Groups: groups(b.people)}
}

type builder struct {
	rand    *rand.Rand
	people  []Person
	handles map[string]int // how often a handle was wanted, to number the later ones
	humans  int
	// How many there are so far, for what every so many of them have in common.
	members, invitations, declines int
}

func (b *builder) add(p Person) {
	if p.TeamID == "" {
		p.TeamID = TeamID // fill has done so already, the main characters have not
	}
	if p.FirstName == "" {
		p.FirstName, p.LastName, _ = strings.Cut(p.RealName, " ")
	}
	if !p.Bot {
		b.humans++
	}
	b.handles[p.Handle]++
	b.people = append(b.people, p)
}

// The least draw out of a hundred for membership: awkward names are only worth having if they reach the member list.
const (
	anyStanding = 0
	registered  = 18
)

// fill completes a person who has a name and a handle: id, address, zone, title and standing.
func (b *builder) fill(p Person, least int) Person {
	if n := b.handles[p.Handle]; n > 0 {
		b.handles[p.Handle]++
		p.Handle = fmt.Sprintf("%s%d", p.Handle, n+1)
	}
	p.TeamID = TeamID
	p.ID = fmt.Sprintf("U0A%06d", len(b.people)+1)
	p.Email = p.Handle + "@acme.example"
	if p.TZ == "" {
		p = p.in(b.pick(zones()))
	}
	p.Title = pick(b.rand, titles())
	if p.DisplayName == "" && b.rand.IntN(5) == 0 {
		p.DisplayName = p.Handle
	}
	switch n := b.rand.IntN(100); {
	case n < 2:
		p.Deactivated = true
	case n < 4:
		p.Guest, p.ChannelGuest = true, n == 3
	}
	if p.MayTakePart() {
		p.Membership = b.membership(p, least)
	}
	return p
}

// membership makes about four in five people members, most of the others invited, and a few recruiters.
func (b *builder) membership(p Person, least int) Membership {
	n := least + b.rand.IntN(100-least)
	days := b.rand.IntN(400)
	switch {
	case n < 12:
		return Membership{}
	case n < registered:
		return b.invitation(days, pick(b.rand, []string{Ana, Ben}))
	}
	m := Membership{Standing: Registered, Role: Employee, Email: p.Email, DaysAgo: days, LinkedIn: true}
	if n >= 96 {
		m.Role = Recruiter
	}
	if b.rand.IntN(3) == 0 {
		m.Email = p.Handle + "@home.example"
	}
	switch k := b.rand.IntN(20); {
	case k == 0:
		m.LinkedInExpired = true
	case k < 3:
		m.Facebook = true
	case k == 3:
		m.LinkedIn, m.Facebook = false, true
	case k == 4:
		m.LinkedIn = false
	}
	b.members++
	if b.members%4 == 0 && days < 360 { // there were admins by then
		m.InvitedBy = []string{Ana, Ben}[b.members/4%2]
	}
	m.Mastodon = b.members%40 == 1
	return m
}

// invitation is what became of one: half of them still wait for an answer.
func (b *builder) invitation(days int, by string) Membership {
	m := Membership{Standing: Invited, DaysAgo: days % 28, InvitedBy: by}
	b.invitations++
	switch b.invitations % 8 {
	case 1, 3:
		b.declines++
		m.Standing, m.Why = Declined, []string{"not_interested", "privacy", "no_networks", "other"}[b.declines%4]
	case 5:
		m.Standing, m.DaysAgo = Lapsed, 35+days%28
	case 7:
		m.Standing = Unreached
	}
	return m
}

func (b *builder) invent() Person {
	r := b.region()
	given, givenLatin := latin(pick(b.rand, r.given))
	family, familyLatin := latin(pick(b.rand, r.family))
	p := Person{FirstName: given, LastName: family, RealName: given + " " + family}
	if r.familyFirst {
		p.RealName = family + given
	}
	p.Handle = givenLatin + "." + familyLatin
	return p.in(b.pick(r.zones))
}

// region prefers regions with many names, so that few people share theirs.
func (b *builder) region() region {
	all, names := regions(), 0
	for _, r := range all {
		names += len(r.given)
	}
	n := b.rand.IntN(names)
	for _, r := range all {
		if n < len(r.given) {
			return r
		}
		n -= len(r.given)
	}
	return all[0]
}

func (b *builder) pick(zs []zone) zone { return zs[b.rand.IntN(len(zs))] }

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (p Person) in(z zone) Person {
	p.TZ, p.TZLabel, p.TZOffset = z.name, z.label, z.offset
	return p
}

func channels(people []Person) []Channel {
	var all, staff, hr, jobs []string
	for _, p := range people {
		if p.Deactivated {
			continue
		}
		if p.MayTakePart() {
			all = append(all, p.ID)
		}
		if p.MayTakePart() && p.Membership.Standing == Registered {
			jobs = append(jobs, p.ID)
		}
		if !p.ChannelGuest || p.Main {
			staff = append(staff, p.ID)
		}
		if p.Membership.Role == Admin || p.Membership.Role == Recruiter {
			hr = append(hr, p.ID)
		}
	}
	return []Channel{
		{ID: General, Name: "general", Topic: "Company-wide announcements", Members: all},
		{ID: Jobs, Name: "jobs", Topic: "Open positions, and who might like them", Members: jobs},
		{ID: Random, Name: "random", Topic: "Water cooler", Members: staff},
		{ID: HRTeam, Name: "hr-team", Topic: "People team only", Private: true, Members: hr},
		{ID: "C0LISBON00", Name: "office-lisbon", Topic: "Pastéis on Fridays 🥮", Members: inZone(people, "Europe/Lisbon")},
		{ID: "C00TOKYO00", Name: "office-tokyo", Topic: "東京の皆さんへ", Members: inZone(people, "Asia/Tokyo")},
	}
}

func groups(people []Person) []Group {
	return []Group{
		{ID: Lisbon, Handle: "lisbon", Name: "Office Lisbon", Members: inZone(people, "Europe/Lisbon")},
		{ID: "S000TOKYO0", Handle: "tokyo", Name: "Office Tokyo", Members: inZone(people, "Asia/Tokyo")},
	}
}

func inZone(people []Person, tz string) []string {
	var ids []string
	for _, p := range people {
		if p.TZ == tz && p.MayTakePart() {
			ids = append(ids, p.ID)
		}
	}
	return ids
}
