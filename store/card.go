package store

import (
	"context"
	"fmt"
	"time"
)

// cardLife is how long a message is remembered that may have to change.
const cardLife = 60 * 24 * time.Hour

// A Card is a message that must change later (a case card, an approval card).
type Card struct {
	SlackID string `db:"slack_id"` // recipient
	Channel string `db:"channel"`
	TS      string `db:"ts"` // "" where Slack took no message
}

// SaveCard remembers a sent message for (kind, ref), one for each recipient. It does nothing for a recipient who was removed, perhaps
// while the message was on its way: nothing may name them.
func (s *Store) SaveCard(ctx context.Context, companyID string, kind JobKind, ref string, c Card) error {
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return fmt.Errorf("save card: %w", err)
	}
	err = s.change(ctx, companyID, func(t *tx) error { // one after the other with a removal
		return t.saveCard(ctx, companyID, kind, ref, c, keys)
	})
	if err != nil {
		return fmt.Errorf("save card: %w", err)
	}
	return nil
}

func (t *tx) saveCard(ctx context.Context, companyID string, kind JobKind, ref string, c Card, keys secret) error {
	_, err := t.ExecContext(ctx, `
		INSERT INTO cards (company_id, kind, ref, slack_id, channel, ts, saved_at)
		SELECT $1, $2, $3, $4, $5, $6, $7
		WHERE NOT (`+stillGone("$1", "$8", "$4")+`)
		ON CONFLICT (company_id, kind, ref, slack_id) DO UPDATE
		SET channel = excluded.channel, ts = excluded.ts, saved_at = excluded.saved_at`,
		companyID, kind, ref, c.SlackID, c.Channel, c.TS, stamp(t.now), keys.slackHash(c.SlackID))
	return err
}

// RefuseCard remembers that Slack takes no message of this job for a person, as a card without a message, so that it is not asked again,
// and records it as Undelivered does.
func (s *Store) RefuseCard(ctx context.Context, j Job, slackID string, uncertain bool) error {
	keys, err := s.secret(ctx, j.CompanyID)
	if err != nil {
		return fmt.Errorf("refuse card: %w", err)
	}
	err = s.change(ctx, j.CompanyID, func(t *tx) error { // one after the other with a removal
		if err := t.saveCard(ctx, j.CompanyID, j.Kind, j.Ref, Card{SlackID: slackID}, keys); err != nil {
			return err
		}
		return t.undelivered(ctx, j, slackID, uncertain)
	})
	if err != nil {
		return fmt.Errorf("refuse card: %w", err)
	}
	return nil
}

// Cards returns the messages sent for (kind, ref).
func (s *Store) Cards(ctx context.Context, companyID string, kind JobKind, ref string) ([]Card, error) {
	var cards []Card
	err := s.read.SelectContext(ctx, &cards, `
		SELECT slack_id, channel, ts
		FROM cards
		WHERE company_id = $1 AND kind = $2 AND ref = $3
		ORDER BY saved_at, slack_id`, companyID, kind, ref)
	if err != nil {
		return nil, fmt.Errorf("load cards: %w", err)
	}
	return cards, nil
}

// DropCard forgets one message, unless another one took its place.
func (s *Store) DropCard(ctx context.Context, companyID string, kind JobKind, ref string, c Card) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			DELETE FROM cards
			WHERE company_id = $1 AND kind = $2 AND ref = $3 AND slack_id = $4 AND ts = $5`, companyID, kind, ref, c.SlackID, c.TS)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop a card: %w", err)
	}
	return nil
}

// DropCards forgets all messages sent for (kind, ref).
func (s *Store) DropCards(ctx context.Context, companyID string, kind JobKind, ref string) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			DELETE FROM cards
			WHERE company_id = $1 AND kind = $2 AND ref = $3`, companyID, kind, ref)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop cards: %w", err)
	}
	return nil
}
