package store

import (
	"context"
	"fmt"
)

// Counts returns the number of people in every group, from counters kept with each change.
func (s *Store) Counts(ctx context.Context, companyID string) (map[Group]int, error) {
	var rows []struct {
		Group string `db:"grp"`
		N     int    `db:"n"`
	}
	err := s.read.SelectContext(ctx, &rows, `
		SELECT grp, n
		FROM counts
		WHERE company_id = $1 AND grp <> 'registered'
		UNION ALL
		SELECT grp, n
		FROM counts
		WHERE company_id = $1 AND grp = 'registered' AND day >= $2`, companyID, dayOf(recentSince(s.time())))
	if err != nil {
		return nil, fmt.Errorf("load counts: %w", err)
	}
	counts := make(map[Group]int, len(Groups()))
	for _, g := range Groups() {
		counts[g] = 0
	}
	for _, r := range rows {
		if r.Group == registered {
			counts[Recent] += r.N
		} else {
			counts[Group(r.Group)] += r.N
		}
	}
	return counts, nil
}

// Recount counts the groups from the rows (slow): tests compare it with Counts.
func (s *Store) Recount(ctx context.Context, companyID string) (map[Group]int, error) {
	counts := make(map[Group]int, len(Groups()))
	// Deliberately by other means than the counters, which follow from the derived columns.
	for group, query := range map[Group]string{
		All:        `SELECT count(*) FROM members WHERE company_id = $1`,
		Employees:  `SELECT count(*) FROM members WHERE company_id = $1 AND type = 'employee'`,
		Recruiters: `SELECT count(*) FROM members WHERE company_id = $1 AND type = 'recruiter'`,
		Admins:     `SELECT count(*) FROM members WHERE company_id = $1 AND type = 'admin'`,
		OnLinkedIn: `SELECT count(*) FROM connections WHERE company_id = $1 AND network = 'linkedin' AND state = 'connected'`,
		OnFacebook: `SELECT count(*) FROM connections WHERE company_id = $1 AND network = 'facebook' AND state = 'connected'`,
		Disconnected: `
			SELECT count(*)
			FROM members m
			WHERE m.company_id = $1 AND NOT EXISTS (
				SELECT 1 FROM connections c WHERE c.member_id = m.id AND c.state = 'connected')`,
		Invited: `
			SELECT count(DISTINCT p.id)
			FROM people p
			JOIN invites i ON i.person_id = p.id
			WHERE p.company_id = $1 AND NOT p.bot AND NOT p.guest AND NOT p.deactivated AND i.kind = 'dm' AND i.closed = ''
				AND NOT EXISTS (SELECT 1 FROM members m WHERE m.id = p.id)`,
		Unregistered: `
			SELECT count(*)
			FROM people p
			WHERE p.company_id = $1 AND NOT p.bot AND NOT p.guest AND NOT p.deactivated
				AND NOT EXISTS (SELECT 1 FROM members m WHERE m.id = p.id)`,
	} {
		var n int
		if err := s.read.GetContext(ctx, &n, query, companyID); err != nil {
			return nil, fmt.Errorf("recount %s: %w", group, err)
		}
		counts[group] = n
	}
	var n int
	err := s.read.GetContext(ctx, &n, `
		SELECT count(*)
		FROM members
		WHERE company_id = $1 AND registered_at >= $2`, companyID, recentSince(s.time()))
	if err != nil {
		return nil, fmt.Errorf("recount %s: %w", Recent, err)
	}
	counts[Recent] = n
	return counts, nil
}
