package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// Group is an entry of the Filter members menu. Those of the networks, which OnNetwork returns, come with the networks.
type Group string

// The groups that every company has.
const (
	All          Group = "all"
	Employees    Group = "employees"
	Recruiters   Group = "recruiters"
	Admins       Group = "admins"
	Disconnected Group = "disconnected" // access expired at every network, or none connected
	Deactivated  Group = "deactivated"  // members who are deactivated in Slack
	Recent       Group = "recent"       // registered in the last 30 days (UTC days, today included), newest first
	Invited      Group = "invited"      // invited but not registered
	Unregistered Group = "unregistered" // eligible and not registered, invited or not
)

// OnNetwork is the group of the members who are connected to the network. Names of networks are lower-case letters and digits, and none is
// that of another group.
func OnNetwork(network string) Group { return Group(network) }

// Network returns which network's group it is, and false for the groups that every company has.
func (g Group) Network() (string, bool) {
	if slices.Contains(Groups(), g) {
		return "", false
	}
	return string(g), true
}

// Groups lists the groups in the order of the menu, with those of the given networks.
func Groups(networks ...string) []Group {
	groups := []Group{All, Employees, Recruiters, Admins}
	for _, n := range networks {
		groups = append(groups, OnNetwork(n))
	}
	return append(groups, Disconnected, Deactivated, Recent, Invited, Unregistered)
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
	// NoReminders: they asked not to be reminded, so it is not sent again unless a company admin insists.
	NoReminders bool
	SendAt      time.Time // when one that waits is to be sent; zero for others
	Failure     string    // why it could not be delivered (Slack's error code, or the mail server's refusal), or ""
}

// Roster is one page of the list.
type Roster struct {
	Rows []RosterRow
	Next string // "" on the last page
	Prev string // "" on the first page
	// Matching counts all rows of the query: from the counters without a search, else counted up to SelectionLimit.
	Matching int
	More     bool          // with a search: more than Matching match
	Counts   map[Group]int // as Counts returns them, without the search
}

// A listing is the order in which a group is read: one index range, unique key first to last.
type listing struct {
	table     string // with the alias l
	id        string // column with the person's id
	key       string // column of the order
	condition string // $1 is the company, $2 a bound if there is one
	bound     []any
}

// listing returns how to list the group. The conditions are spelt as the indexes are, so that both engines see that an index serves.
func (g Group) listing(now time.Time) listing {
	members := listing{table: "members l", id: "l.id", key: "l.sort_key", condition: `l.company_id = $1`}
	people := listing{table: "people l", id: "l.id", key: "l.sort_key"}
	switch g {
	case Employees:
		members.condition += ` AND l.type = 'employee'`
	case Recruiters:
		members.condition += ` AND l.type = 'recruiter'`
	case Admins:
		members.condition += ` AND l.type = 'admin'`
	case Disconnected:
		members.condition += ` AND l.disconnected`
	case Recent:
		members.key = "l.recent_key"
		members.condition += ` AND l.recent_key < $2`
		members.bound = []any{newestFirst(recentSince(now)-1, "")}
	case Deactivated:
		people.condition = `l.company_id = $1 AND l.standing = 'member' AND l.deactivated`
		return people
	case Invited:
		people.condition = `l.company_id = $1 AND l.standing = 'invited'`
		return people
	case Unregistered:
		people.condition = `l.company_id = $1 AND l.standing IN ('new', 'invited')`
		return people
	case All:
	default:
		network, _ := g.Network()
		return listing{
			table: "connections l", id: "l.member_id", key: "l.sort_key",
			condition: `l.company_id = $1 AND l.network = $2 AND l.state = 'connected'`, bound: []any{network},
		}
	}
	return members
}

// A place is one row of a listing.
type place struct {
	ID  string `db:"id"`
	Key []byte `db:"key"`
}

// A page asks for places beyond a key.
type page struct {
	key      []byte
	backward bool
	limit    int
}

// placesQuery returns the SQL of one page of a listing.
func (l listing) placesQuery(companyID string, p page) (string, []any) {
	args := append([]any{companyID}, l.bound...)
	query := `
		SELECT ` + l.id + ` AS id, ` + l.key + ` AS key
		FROM ` + l.table + `
		WHERE ` + l.condition
	direction, order := ">", "ASC"
	if p.backward {
		direction, order = "<", "DESC"
	}
	args = append(args, p.key, p.limit)
	return query + fmt.Sprintf(` AND %s %s $%d
		ORDER BY %s %s
		LIMIT $%d`, l.key, direction, len(args)-1, l.key, order, len(args)), args
}

// A reader returns the places of a page, nearest to its key first.
type reader func(context.Context, page) ([]place, error)

func (s *Store) placesOf(companyID string, l listing) reader {
	return func(ctx context.Context, p page) ([]place, error) {
		query, args := l.placesQuery(companyID, p)
		var places []place
		err := s.read.SelectContext(ctx, &places, query, args...)
		return places, err
	}
}

// Roster returns one page by keyset pagination: its cost does not grow with the company. A cursor that makes no sense is the first page,
// and where everybody after a cursor was removed meanwhile, the page before it comes.
func (s *Store) Roster(ctx context.Context, companyID string, q RosterQuery) (Roster, error) {
	q.Limit = min(max(q.Limit, 1), maxPage)
	var (
		roster Roster
		read   reader
		err    error
	)
	if roster.Counts, err = s.Counts(ctx, companyID); err != nil {
		return Roster{}, err
	}
	if words := searchWords(q.Search); len(words) > 0 {
		found, err := s.search(ctx, companyID, q.Group, words, roster.Counts)
		if err != nil {
			return Roster{}, fmt.Errorf("search members: %w", err)
		}
		roster.Matching, roster.More, read = found.n, found.more, found.read
	} else if asksNothing(q.Search) {
		return roster, nil
	} else {
		roster.Matching, read = roster.Counts[q.Group], s.placesOf(companyID, q.Group.listing(s.time()))
	}
	leaf, err := turn(ctx, read, q.After, q.Before, q.Limit)
	if err != nil {
		return Roster{}, fmt.Errorf("list members: %w", err)
	}
	roster.Next, roster.Prev = leaf.next, leaf.prev
	ids := make([]string, len(leaf.places))
	for i, p := range leaf.places {
		ids[i] = p.ID
	}
	if roster.Rows, err = s.rollByID(ctx, s.read, ids); err != nil {
		return Roster{}, fmt.Errorf("list members: %w", err)
	}
	if !q.Group.OfMembers() {
		if err := s.addInvites(ctx, roster.Rows); err != nil {
			return Roster{}, fmt.Errorf("list members: %w", err)
		}
	}
	return roster, nil
}

// A leaf is a page of places, with the cursors of its neighbours, "" where there is none.
type leaf struct {
	places     []place
	next, prev string
}

// turn reads the page after one cursor or before another one, and sees whether there are more on either side.
func turn(ctx context.Context, read reader, afterCursor, beforeCursor string, limit int) (leaf, error) {
	after, before := decodeCursor(afterCursor), decodeCursor(beforeCursor)
	if len(before) > 0 {
		places, err := read(ctx, page{key: before, backward: true, limit: limit + 1})
		if err != nil {
			return leaf{}, err
		}
		if len(places) >= limit {
			l := leaf{places: places[:limit]}
			if len(places) > limit {
				l.prev = encodeCursor(l.places[limit-1].Key)
			}
			slices.Reverse(l.places)
			l.next, err = neighbour(ctx, read, l.places[limit-1].Key, false)
			return l, err
		}
		after = []byte{} // fewer than a page before it: the first page, in full
	}
	places, err := read(ctx, page{key: after, limit: limit + 1})
	if err != nil {
		return leaf{}, err
	}
	if len(places) == 0 && len(after) > 0 {
		return turn(ctx, read, "", afterCursor, limit)
	}
	l := leaf{places: places}
	if len(places) > limit {
		l.places = places[:limit]
		l.next = encodeCursor(l.places[limit-1].Key)
	}
	if len(after) > 0 {
		l.prev, err = neighbour(ctx, read, l.places[0].Key, true)
	}
	return l, err
}

// neighbour is the cursor of what stands before (backward) or after the key, "" if nothing does.
func neighbour(ctx context.Context, read reader, key []byte, backward bool) (string, error) {
	places, err := read(ctx, page{key: key, backward: backward, limit: 1})
	if err != nil || len(places) == 0 {
		return "", err
	}
	return encodeCursor(key), nil
}

func encodeCursor(key []byte) string { return base64.RawURLEncoding.EncodeToString(key) }

// decodeCursor returns an empty key for a cursor that makes no sense.
func decodeCursor(cursor string) []byte {
	key, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || key == nil {
		return []byte{}
	}
	return key
}

// addInvites adds the open invitations to the rows of people who are not registered.
func (s *Store) addInvites(ctx context.Context, rows []RosterRow) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.Person.ID
	}
	open, err := openInvites(ctx, s.read, ids)
	if err != nil {
		return err
	}
	inviteIDs := make([]string, 0, len(open))
	for _, invite := range open {
		inviteIDs = append(inviteIDs, invite.ID)
	}
	unwilling, err := optedOut(ctx, s.read, inviteIDs)
	if err != nil {
		return err
	}
	for i := range rows {
		if invite, ok := open[rows[i].Person.ID]; ok {
			row := &RowInvite{
				ID: invite.ID, InvitedBy: invite.InvitedBy, InvitedAt: unstamp(invite.CreatedAt), Reminded: invite.Reminded,
				NoReminders: unwilling[invite.ID], Failure: invite.Failure,
			}
			if invite.SentAt == 0 {
				row.SendAt = unstamp(invite.SendAt)
			}
			rows[i].Invite = row
		}
	}
	return nil
}

// WalkRoster calls fn for all rows of the query in order, page by page; After, Before and Limit are ignored. For CSV exports.
// An error of fn ends it and is returned.
func (s *Store) WalkRoster(ctx context.Context, companyID string, q RosterQuery, fn func(RosterRow) error) error {
	q.After, q.Before, q.Limit = "", "", maxPage
	for {
		r, err := s.Roster(ctx, companyID, q)
		if err != nil {
			return err
		}
		for _, row := range r.Rows {
			if err := fn(row); err != nil {
				return err
			}
		}
		if r.Next == "" {
			return nil
		}
		q.After = r.Next
	}
}
