package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// standing says which list a person belongs to.
type standing string

const (
	standingOut     standing = "out" // of no list: a bot, guest or deactivated person who is no member
	standingNew     standing = "new"
	standingInvited standing = "invited"
	standingMember  standing = "member"
)

// A facet is a group that a person is in, as one letter. The groups that depend on the date are not among them.
type facet byte

const (
	facetMember       facet = 'm'
	facetEmployee     facet = 'e'
	facetRecruiter    facet = 'r'
	facetAdmin        facet = 'a'
	facetLinkedIn     facet = 'l'
	facetFacebook     facet = 'f'
	facetDisconnected facet = 'd'
	facetInvited      facet = 'i'
	facetUnregistered facet = 'u'
)

// facetOf returns the facet of a group, and false for Recent.
func facetOf(g Group) (facet, bool) {
	switch g {
	case All:
		return facetMember, true
	case Employees:
		return facetEmployee, true
	case Recruiters:
		return facetRecruiter, true
	case Admins:
		return facetAdmin, true
	case OnLinkedIn:
		return facetLinkedIn, true
	case OnFacebook:
		return facetFacebook, true
	case Disconnected:
		return facetDisconnected, true
	case Invited:
		return facetInvited, true
	case Unregistered:
		return facetUnregistered, true
	default:
		return 0, false
	}
}

// pattern is what facets that hold it are LIKE.
func (f facet) pattern() string { return "%" + string(f) + "%" }

// registered is the name under which the table counts keeps registrations by day.
const registered = "registered"

// recentDays is how many days Recent covers, today included.
const recentDays = 30

// dayOf returns the number of the UTC day of a time in microseconds.
func dayOf(at int64) int64 { return at / int64(24*time.Hour/time.Microsecond) }

// recentSince returns the first moment that Recent covers, in microseconds.
func recentSince(now time.Time) int64 {
	return (dayOf(now.UnixMicro()) - recentDays + 1) * int64(24*time.Hour/time.Microsecond)
}

// A counter is a row of the table counts.
type counter struct {
	grp string
	day int64
}

// A tally gathers what a transaction adds to the counters.
type tally map[counter]int

// add counts n people who are in the groups of the facets, and registered at the given time if they are members.
func (t tally) add(facets string, registeredAt int64, n int) {
	for _, g := range Groups() {
		if f, ok := facetOf(g); ok && strings.IndexByte(facets, byte(f)) >= 0 {
			t[counter{grp: string(g)}] += n
		}
	}
	if strings.IndexByte(facets, byte(facetMember)) >= 0 {
		t[counter{grp: registered, day: dayOf(registeredAt)}] += n
	}
}

// count writes a tally to the counters, always in the same order.
func (t *tx) count(ctx context.Context, companyID string, changes tally) error {
	order := func(a, b counter) int {
		return strings.Compare(fmt.Sprintf("%s %020d", a.grp, a.day), fmt.Sprintf("%s %020d", b.grp, b.day))
	}
	for _, c := range slices.SortedFunc(maps.Keys(changes), order) {
		if changes[c] == 0 {
			continue
		}
		_, err := t.ExecContext(ctx, `
			INSERT INTO counts (company_id, grp, day, n)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (company_id, grp, day) DO UPDATE
			SET n = counts.n + excluded.n`, companyID, c.grp, c.day, changes[c])
		if err != nil {
			return fmt.Errorf("count %s: %w", c.grp, err)
		}
	}
	return nil
}
