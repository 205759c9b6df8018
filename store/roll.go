package store

import (
	"context"
	"fmt"
)

// roll loads the people that the condition selects, at most a chunk of them, with their membership and connections.
func (s *Store) roll(ctx context.Context, q querier, condition string, args ...any) ([]RosterRow, error) {
	var rows []struct {
		personRow
		MemberEmail  *string `db:"member_email"` // nil unless registered, as the next four
		Type         *string `db:"type"`
		RegisteredAt *int64  `db:"registered_at"`
		Untold       *bool   `db:"untold"`
		Unpreviewed  *bool   `db:"unpreviewed"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT `+personColumns+`, m.email AS member_email, m.type, m.registered_at, m.untold, m.unpreviewed
		FROM people p
		LEFT JOIN members m ON m.id = p.id
		WHERE `+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("load people: %w", err)
	}
	people := make([]RosterRow, len(rows))
	members := map[string]*Member{}
	for i, r := range rows {
		p := r.person()
		people[i].Person = p
		if r.Type == nil {
			continue
		}
		people[i].Member = &Member{
			ID: p.ID, CompanyID: p.CompanyID, PersonID: p.ID, SlackID: p.SlackID, Handle: p.Handle, Name: p.Name,
			Email: *r.MemberEmail, Type: MemberType(*r.Type), RegisteredAt: unstamp(*r.RegisteredAt), Untold: *r.Untold, Unpreviewed: *r.Unpreviewed,
		}
		members[p.ID] = people[i].Member
	}
	return people, s.addConnections(ctx, q, members)
}

// addConnections fills in the connections of the members.
func (s *Store) addConnections(ctx context.Context, q querier, members map[string]*Member) error {
	if len(members) == 0 {
		return nil
	}
	ids := make([]string, 0, len(members))
	for id := range members {
		ids = append(ids, id)
	}
	list, args := in(nil, ids)
	var rows []struct {
		MemberID    string          `db:"member_id"`
		Network     string          `db:"network"`
		State       ConnectionState `db:"state"`
		ExpiresAt   int64           `db:"expires_at"`
		ConnectedAt int64           `db:"connected_at"`
		CompanyPage string          `db:"company_page"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT member_id, network, state, expires_at, connected_at, company_page
		FROM connections
		WHERE member_id IN `+list+`
		ORDER BY member_id, network`, args...)
	if err != nil {
		return fmt.Errorf("load connections: %w", err)
	}
	for _, r := range rows {
		m := members[r.MemberID]
		m.Connections = append(m.Connections, Connection{
			Network: r.Network, State: r.State, ExpiresAt: unstamp(r.ExpiresAt), ConnectedAt: unstamp(r.ConnectedAt), CompanyPage: r.CompanyPage,
		})
	}
	return nil
}

// rollByID loads people in the order of their ids; those who are gone are left out.
func (s *Store) rollByID(ctx context.Context, q querier, ids []string) ([]RosterRow, error) {
	byID := make(map[string]RosterRow, len(ids))
	for part := range chunks(ids) {
		list, args := in(nil, part)
		rows, err := s.roll(ctx, q, `p.id IN `+list, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			byID[r.Person.ID] = r
		}
	}
	rows := make([]RosterRow, 0, len(byID))
	for _, id := range ids {
		if r, ok := byID[id]; ok {
			rows = append(rows, r)
		}
	}
	return rows, nil
}
