package store

import (
	"context"
	"errors"
	"time"
)

// Group is an entry of the Filter members menu.
type Group string

// The groups, in the order of the menu.
const (
	All          Group = "all"
	Employees    Group = "employees"
	Recruiters   Group = "recruiters"
	Admins       Group = "admins"
	OnLinkedIn   Group = "linkedin"
	OnFacebook   Group = "facebook"
	Disconnected Group = "disconnected" // access expired at every network, or none connected
	Recent       Group = "recent"       // registered in the last 30 days (UTC days, today included), newest first
	Invited      Group = "invited"      // invited but not registered
	Unregistered Group = "unregistered" // eligible and not registered, invited or not
)

// Groups lists all groups in the order of the menu.
func Groups() []Group {
	return []Group{All, Employees, Recruiters, Admins, OnLinkedIn, OnFacebook, Disconnected, Recent, Invited, Unregistered}
}

// OfMembers tells whether the group lists members (true) or people who are not registered (false).
func (g Group) OfMembers() bool { return g != Invited && g != Unregistered }

// SelectionLimit is the most members one selection, and so one removal, may hold.
const SelectionLimit = 5000

// RosterQuery asks for one page.
type RosterQuery struct {
	Group  Group
	Search string // words; every one must begin a word of the name or an email; accents and case do not matter
	After  string // cursor from Roster.Next, or "" for the first page
	Before string // cursor from Roster.Prev; at most one of the two
	Limit  int    // 1 to 100
}

// RosterRow is one person of the list.
type RosterRow struct {
	Person Person
	Member *Member    // nil: not registered
	Invite *RowInvite // the open invitation of somebody not registered, or nil
}

// RowInvite is what the list shows of an open invitation.
type RowInvite struct {
	ID        string
	InvitedBy string // Slack id of the inviter, "" if they were removed
	InvitedAt time.Time
	Reminded  int
}

// Roster is one page of the list.
type Roster struct {
	Rows []RosterRow
	Next string // "" on the last page
	Prev string // "" on the first page
	// Matching counts all rows of the query: from the counters without a search, else counted up to SelectionLimit.
	Matching int
	More     bool // with a search: more than Matching match
}

// Roster returns one page by keyset pagination: its cost does not grow with the company. A cursor that makes no sense is the first page.
func (s *Store) Roster(ctx context.Context, companyID string, q RosterQuery) (Roster, error) {
	return Roster{}, errors.ErrUnsupported
}

// Counts returns the number of people in every group, from counters kept with each change.
func (s *Store) Counts(ctx context.Context, companyID string) (map[Group]int, error) {
	return nil, errors.ErrUnsupported
}

// Recount counts the groups from the rows (slow): tests compare it with Counts.
func (s *Store) Recount(ctx context.Context, companyID string) (map[Group]int, error) {
	return nil, errors.ErrUnsupported
}

// WalkRoster calls fn for all rows of the query in order, page by page; After, Before and Limit are ignored. For CSV exports.
func (s *Store) WalkRoster(ctx context.Context, companyID string, q RosterQuery, fn func(RosterRow) error) error {
	return errors.ErrUnsupported
}
