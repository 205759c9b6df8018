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

// spared returns those of the people whom an invitation of many leaves out at the moment, with the reason. Whom the mirror does not know is
// not among them.
func (s *Store) spared(ctx context.Context, q querier, companyID string, personIDs []string, now time.Time) (map[string]nudge.Reason, error) {
	settings, _, err := reminders(ctx, q, companyID)
	if errors.Is(err, ErrNotFound) {
		settings, err = Reminders{Settings: nudge.DefaultSettings("UTC")}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load reminders: %w", err)
	}
	policy, err := settings.Policy()
	if err != nil {
		return nil, err
	}
	spared := map[string]nudge.Reason{}
	for part := range chunks(personIDs) {
		list, args := in([]any{companyID}, part)
		people, err := s.candidates(ctx, q, companyID, `p.id IN `+list, args[1:]...)
		if err != nil {
			return nil, err
		}
		for _, c := range people {
			if reason := policy.Spares(c.Nudged, now); reason != "" {
				spared[c.Person.ID] = reason
			}
		}
	}
	return spared, nil
}
