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

// A facet is a group that a person is in, as a letter or, for that of a network, as networkFacet writes it. The groups that depend on the
// date are not among them.
type facet string

const (
	facetMember       facet = "m"
	facetEmployee     facet = "e"
	facetRecruiter    facet = "r"
	facetAdmin        facet = "a"
	facetDisconnected facet = "d"
	facetDeactivated  facet = "x"
	facetInvited      facet = "i"
	facetUnregistered facet = "u"
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
	case Disconnected:
		return facetDisconnected, true
	case Deactivated:
		return facetDeactivated, true
	case Invited:
		return facetInvited, true
	case Unregistered:
		return facetUnregistered, true
	case Recent:
		return "", false
	default:
		network, _ := g.Network()
		return networkFacet(network), true
	}
}

// firstFacets are the networks that there were first, whose facets are letters like the others.
func firstFacets() map[string]facet { return map[string]facet{"linkedin": "l", "facebook": "f"} }

// circledA is how far the circled letters are from those without a circle: ⓐ from a.
const circledA = 'ⓐ' - 'a'

// networkFacet is the facet of whoever is connected to the network. Its name is written in circled letters between brackets, such as
// [ⓜⓐⓢⓣⓞⓓⓞⓝ], so that none of them passes for one of the other facets.
func networkFacet(network string) facet {
	if first, ok := firstFacets()[network]; ok {
		return first
	}
	circled := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r + circledA
		}
		return r
	}, network)
	return facet("[" + circled + "]")
}

// networksIn returns the networks that are among the facets.
func networksIn(facets string) []string {
	var networks []string
	for network, first := range firstFacets() {
		if strings.Contains(facets, string(first)) {
			networks = append(networks, network)
		}
	}
	for part := range strings.SplitSeq(facets, "[") {
		if circled, _, ok := strings.Cut(part, "]"); ok {
			networks = append(networks, strings.Map(func(r rune) rune {
				if r >= 'ⓐ' && r <= 'ⓩ' {
					return r - circledA
				}
				return r
			}, circled))
		}
	}
	return networks
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
	for _, g := range Groups(networksIn(facets)...) {
		if f, ok := facetOf(g); ok && strings.Contains(facets, string(f)) {
			t[counter{grp: string(g)}] += n
		}
	}
	if strings.Contains(facets, string(facetMember)) {
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
