package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// TellBefore is how long before an access ends its member is told.
const TellBefore = 7 * 24 * time.Hour

// How far telling a member of the end of an access is.
const (
	endingDue  = "due" // a JobEndingDM was left
	endingSent = "sent"
)

// LeaveEndings leaves a JobEndingDM for each member whose access at one of the networks ends within TellBefore and who was not told of
// this token yet. Left out are people who do not want to be told, who cannot use Slack, and for whom it is not the time: awake says so of
// a time zone (an IANA name, or ""). The caller repeats it every now and then: members whose job was lost get another one.
func (s *Store) LeaveEndings(ctx context.Context, networks []string, awake func(timeZone string) bool) error {
	if len(networks) == 0 {
		return nil
	}
	if err := s.leaveEndings(ctx, networks, awake); err != nil {
		return fmt.Errorf("look for accesses that end: %w", err)
	}
	return nil
}

func (s *Store) leaveEndings(ctx context.Context, networks []string, awake func(string) bool) error {
	// $1 is now and $2 the horizon.
	const ending = `
		FROM connections c
		JOIN members m ON m.id = c.member_id
		JOIN people p ON p.id = c.member_id
		WHERE c.state = 'connected' AND c.expires_at > $1 AND c.expires_at <= $2 AND c.ending <> '` + endingSent + `' AND NOT m.untold
			AND ` + eligible + ` AND c.network IN `
	now := s.time()
	ofNetworks, args := in([]any{stamp(now), stamp(now.Add(TellBefore))}, networks)
	var zones []string
	err := s.read.SelectContext(ctx, &zones, `
		SELECT DISTINCT p.time_zone `+ending+ofNetworks, args...)
	if err != nil {
		return err
	}
	zones = slices.DeleteFunc(zones, func(zone string) bool { return !awake(zone) })
	byCompany := map[string][]string{}
	for part := range chunks(zones) {
		inZones, args := in(args, part)
		var due []struct {
			CompanyID string `db:"company_id"`
			MemberID  string `db:"member_id"`
		}
		err := s.read.SelectContext(ctx, &due, `
			SELECT DISTINCT c.company_id, c.member_id `+ending+ofNetworks+` AND p.time_zone IN `+inZones, args...)
		if err != nil {
			return err
		}
		for _, d := range due {
			byCompany[d.CompanyID] = append(byCompany[d.CompanyID], d.MemberID)
		}
	}
	for companyID, members := range byCompany {
		for part := range chunks(members) {
			if err := s.leaveEndingsOf(ctx, companyID, part, networks); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaveEndingsOf leaves the jobs for at most a chunk of members, one for all networks of somebody.
func (s *Store) leaveEndingsOf(ctx context.Context, companyID string, members, networks []string) error {
	return s.update(ctx, func(t *tx) error {
		ofNetworks, args := in([]any{stamp(t.now), stamp(t.now.Add(TellBefore))}, networks)
		list, args := in(args, members)
		var told []string
		err := t.SelectContext(ctx, &told, `
			UPDATE connections
			SET ending = '`+endingDue+`'
			WHERE state = 'connected' AND expires_at > $1 AND expires_at <= $2 AND ending <> '`+endingSent+`' AND network IN `+ofNetworks+`
				AND member_id IN `+list+`
			RETURNING member_id`, args...)
		if err != nil {
			return err
		}
		jobs := make([]Job, len(told))
		for i, id := range told {
			jobs[i] = Job{Kind: JobEndingDM, Ref: id}
		}
		return t.leave(ctx, companyID, jobs...)
	})
}

// Endings returns the networks and ends of the member's connections of which JobEndingDM is to tell: none if they were told, reconnected or disconnected
// meanwhile, or do not want to be told any more.
func (s *Store) Endings(ctx context.Context, companyID, memberID string) ([]Connection, error) {
	var rows []struct {
		Network   string `db:"network"`
		ExpiresAt int64  `db:"expires_at"`
	}
	err := s.read.SelectContext(ctx, &rows, `
		SELECT c.network, c.expires_at
		FROM connections c
		JOIN members m ON m.id = c.member_id
		WHERE c.company_id = $1 AND c.member_id = $2 AND c.ending = '`+endingDue+`' AND c.state = 'connected' AND c.expires_at > $3
			AND NOT m.untold
		ORDER BY c.expires_at, c.network`, companyID, memberID, stamp(s.time()))
	if err != nil {
		return nil, fmt.Errorf("load accesses that end: %w", err)
	}
	list := make([]Connection, len(rows))
	for i, r := range rows {
		list[i] = Connection{Network: r.Network, State: Connected, ExpiresAt: unstamp(r.ExpiresAt)}
	}
	return list, nil
}

// EndingTold records that the member was told of the end of their accesses.
func (s *Store) EndingTold(ctx context.Context, companyID, memberID string, of []Connection) error {
	err := s.update(ctx, func(t *tx) error {
		for _, c := range of {
			// The time tells apart a token that came meanwhile.
			_, err := t.ExecContext(ctx, `
				UPDATE connections
				SET ending = '`+endingSent+`'
				WHERE company_id = $1 AND member_id = $2 AND network = $3 AND expires_at = $4`, companyID, memberID, c.Network, stamp(c.ExpiresAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record that a member was told: %w", err)
	}
	return nil
}

// TellEndings says whether the member wants to be told before an access ends. ErrNotFound if they are gone.
func (s *Store) TellEndings(ctx context.Context, companyID, memberID string, wanted bool) error {
	err := s.update(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `
			UPDATE members
			SET untold = $3
			WHERE company_id = $1 AND id = $2`, companyID, memberID, !wanted)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("store a wish: %w", err)
	}
	return nil
}
