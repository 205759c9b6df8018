package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// FarewellLife is how long Herald tries to say a Farewell, and knows to whom.
const FarewellLife = 7 * 24 * time.Hour

// A Farewell is the last message to somebody whom an admin removed: where to end Herald's access to their accounts themselves. It is not
// among the messages that a removal deletes: they need it afterwards, and it names nobody.
type Farewell struct {
	ID        string
	CompanyID string
	RemovalID string
	SlackID   string   // to whom; sealed at rest
	Networks  []string // that they had connected, by name; sealed at rest
	CreatedAt time.Time
}

// farewellPayload is what is sealed at rest.
type farewellPayload struct {
	SlackID  string
	Networks []string
}

// leaveFarewells lets those of the people of a removal be told who had networks connected and can use Slack, by JobFarewellDM. Who removes
// themselves reads the same where they clicked.
func (t *tx) leaveFarewells(ctx context.Context, r removalRow) error {
	var connected []struct {
		SlackID string `db:"slack_id"`
		Network string `db:"network"`
	}
	err := t.SelectContext(ctx, &connected, `
		SELECT p.slack_id, c.network
		FROM removal_members r
		JOIN people p ON p.id = r.member_id
		JOIN connections c ON c.member_id = r.member_id
		WHERE r.removal_id = $1 AND c.company_id = $2 AND p.slack_id <> $3 AND `+eligible+`
		ORDER BY r.position, c.network`, r.ID, r.CompanyID, r.BySlack)
	if err != nil {
		return fmt.Errorf("look for whom to tell: %w", err)
	}
	var people []farewellPayload
	for _, c := range connected {
		if n := len(people); n > 0 && people[n-1].SlackID == c.SlackID {
			people[n-1].Networks = append(people[n-1].Networks, c.Network)
			continue
		}
		people = append(people, farewellPayload{SlackID: c.SlackID, Networks: []string{c.Network}})
	}
	rows, jobs := make([][]any, len(people)), make([]Job, len(people))
	for i, p := range people {
		payload, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("seal farewell: %w", err)
		}
		id := newID()
		rows[i] = []any{id, r.CompanyID, r.ID, t.s.keys.seal(payload, "farewell", r.CompanyID, id), false, stamp(t.now)}
		jobs[i] = Job{Kind: JobFarewellDM, Ref: id}
	}
	if err := t.insert(ctx, "farewells", []string{"id", "company_id", "removal_id", "payload_sealed", "begun", "created_at"}, rows); err != nil {
		return fmt.Errorf("store farewells: %w", err)
	}
	return t.leave(ctx, r.CompanyID, jobs...)
}

// Farewell returns one that was not said yet, else ErrNotFound.
func (s *Store) Farewell(ctx context.Context, companyID, farewellID string) (Farewell, error) {
	var row struct {
		RemovalID string `db:"removal_id"`
		Payload   []byte `db:"payload_sealed"`
		CreatedAt int64  `db:"created_at"`
	}
	err := s.read.GetContext(ctx, &row, `
		SELECT removal_id, payload_sealed, created_at
		FROM farewells
		WHERE company_id = $1 AND id = $2`, companyID, farewellID)
	if err != nil {
		return Farewell{}, fmt.Errorf("load farewell: %w", found(err))
	}
	plain, err := s.keys.open(row.Payload, "farewell", companyID, farewellID)
	if err != nil {
		return Farewell{}, fmt.Errorf("load farewell: %w", err)
	}
	var payload farewellPayload
	if err := json.Unmarshal(plain, &payload); err != nil {
		return Farewell{}, fmt.Errorf("read farewell: %w", err)
	}
	return Farewell{
		ID: farewellID, CompanyID: companyID, RemovalID: row.RemovalID, SlackID: payload.SlackID, Networks: payload.Networks,
		CreatedAt: unstamp(row.CreatedAt),
	}, nil
}

// BeginFarewell is called right before it is sent. ErrNotFound if it was begun before and never ended: whoever sent it died, so it may
// have arrived, and a second one would alarm.
func (s *Store) BeginFarewell(ctx context.Context, companyID, farewellID string) error {
	return s.setFarewell(ctx, companyID, farewellID, true)
}

// RetryFarewell takes BeginFarewell back, since Slack did not take the message.
func (s *Store) RetryFarewell(ctx context.Context, companyID, farewellID string) error {
	return s.setFarewell(ctx, companyID, farewellID, false)
}

func (s *Store) setFarewell(ctx context.Context, companyID, farewellID string, begun bool) error {
	err := s.update(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `
			UPDATE farewells
			SET begun = $3
			WHERE company_id = $1 AND id = $2 AND begun <> $3`, companyID, farewellID, begun)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note how far a farewell is: %w", err)
	}
	return nil
}

// EndFarewell forgets it. It is harmless to repeat.
func (s *Store) EndFarewell(ctx context.Context, companyID, farewellID string) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			DELETE FROM farewells
			WHERE company_id = $1 AND id = $2`, companyID, farewellID)
		return err
	})
	if err == nil {
		err = s.scrubSoon(ctx)
	}
	if err != nil {
		return fmt.Errorf("forget a farewell: %w", err)
	}
	return nil
}
