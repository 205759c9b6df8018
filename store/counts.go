package store

import (
	"context"
	"fmt"
	"strings"
)

// Counts returns the number of people in every group, from counters kept with each change. Of the networks it has those that somebody is
// connected to. InviteCounts and other numbers are kept in the same table, under names with a space.
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
		switch {
		case r.Group == registered:
			counts[Recent] += r.N
		case r.N != 0 && !strings.Contains(r.Group, " "):
			counts[Group(r.Group)] += r.N
		}
	}
	return counts, nil
}
