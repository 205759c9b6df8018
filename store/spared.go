package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"herald/nudge"
)

// Spared counts whom an invitation of many people leaves out because of their reminders: it is one more message that nobody asked for.
type Spared struct {
	Snoozed int // asked to be reminded later
	TooSoon int // had a reminder too recently
	AtCap   int // got as many reminders as anybody gets
}

func (s *Spared) count(reason nudge.Reason) {
	switch reason {
	case nudge.Snoozed:
		s.Snoozed++
	case nudge.TooSoon:
		s.TooSoon++
	case nudge.AtCap:
		s.AtCap++
	default: // no other is a reason to spare somebody
	}
}

// untilBack is how long one of many invitations waits before it looks again whether somebody is back of whom nobody knows when.
const untilBack = 24 * time.Hour

// bulkPolicy judges who may be invited with many others, and when, also in a company that never set reminders up.
func bulkPolicy(ctx context.Context, q querier, companyID string) (*nudge.Policy, error) {
	settings, _, err := reminders(ctx, q, companyID)
	if errors.Is(err, ErrNotFound) {
		settings, err = Reminders{Settings: nudge.DefaultSettings("UTC")}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load reminders: %w", err)
	}
	return settings.Policy()
}

// nudged returns what there is to judge the people by, by person id. Whom the mirror does not know is not among them.
func (s *Store) nudged(ctx context.Context, q querier, companyID string, personIDs []string) (map[string]nudge.Person, error) {
	nudged := make(map[string]nudge.Person, len(personIDs))
	for part := range chunks(personIDs) {
		list, args := in([]any{companyID}, part)
		people, err := s.candidates(ctx, q, companyID, `p.id IN `+list, args[1:]...)
		if err != nil {
			return nil, err
		}
		for _, c := range people {
			nudged[c.Person.ID] = c.Nudged
		}
	}
	return nudged, nil
}

// inviteAt is when somebody gets one of many invitations: now, when their working hours begin, or when it is looked at again.
func inviteAt(policy *nudge.Policy, who nudge.Person, now time.Time) time.Time {
	at, known := policy.FreeToInvite(who, now)
	if !known {
		return now.Add(untilBack)
	}
	return at
}

// InviteWait returns how long an open invitation has to wait because it is one of many and it is not the person's time now: zero if it
// may be sent, as any other invitation may. A person's time may turn out to be another one than it was when they were invited: then that
// is noted. ErrNotFound as for OpenInvite.
func (s *Store) InviteWait(ctx context.Context, companyID, inviteID string) (time.Duration, error) {
	i, _, err := s.OpenInvite(ctx, companyID, inviteID)
	now := s.time()
	if err != nil || i.SendAt.IsZero() {
		return 0, err
	}
	if i.SendAt.After(now) {
		return i.SendAt.Sub(now), nil
	}
	policy, err := bulkPolicy(ctx, s.read, companyID)
	if err != nil {
		return 0, fmt.Errorf("judge an invitation: %w", err)
	}
	people, err := s.nudged(ctx, s.read, companyID, []string{i.PersonID})
	if err != nil {
		return 0, fmt.Errorf("judge an invitation: %w", err)
	}
	at := inviteAt(policy, people[i.PersonID], now)
	if !at.After(now) {
		return 0, nil
	}
	err = s.change(ctx, companyID, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			UPDATE invites
			SET send_at = $3
			WHERE company_id = $1 AND id = $2 AND closed = '' AND sent_at = 0`, companyID, inviteID, stamp(at))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("put an invitation off: %w", err)
	}
	return at.Sub(now), nil
}
