package store

import (
	"context"
	"fmt"
)

// Statistics are numbers about all companies together. They name nobody.
type Statistics struct {
	Members     []Statistic // by user type
	Invitations []Statistic // by what became of them: pending, accepted, declined, expired or failed
	Jobs        []Statistic // by kind and River's state of them
}

// A Statistic is how many there are of something.
type Statistic struct {
	Name  string `db:"name"`
	State string `db:"state"` // "" where there is but a name
	N     int    `db:"n"`
}

// Statistics counts members, invitations and jobs. It reads whole tables: ask a few times a minute at most.
func (s *Store) Statistics(ctx context.Context) (Statistics, error) {
	var all Statistics
	for _, counted := range []struct {
		into  *[]Statistic
		query string
	}{
		{&all.Members, `
			SELECT type AS name, '' AS state, count(*) AS n
			FROM members
			GROUP BY type
			ORDER BY type`},
		{&all.Invitations, `
			SELECT state AS name, '' AS state, count(*) AS n
			FROM invites
			WHERE state <> ''
			GROUP BY invites.state
			ORDER BY 1`},
		{&all.Jobs, `
			SELECT kind AS name, CAST(state AS TEXT) AS state, count(*) AS n
			FROM river_job
			GROUP BY kind, state
			ORDER BY kind, state`},
	} {
		if err := s.read.SelectContext(ctx, counted.into, counted.query); err != nil {
			return Statistics{}, fmt.Errorf("count: %w", err)
		}
	}
	return all, nil
}
