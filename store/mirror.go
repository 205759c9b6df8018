package store

import (
	"context"
	"fmt"
	"time"
)

// mirrorLimit is the most entries of one MirrorPeople.
const mirrorLimit = 1000

// MirrorPeople inserts or updates directory entries (ID and CompanyID of the entries are ignored). Forgotten people are skipped.
// One transaction a call: at most 1,000 entries, else ErrTooMany.
func (s *Store) MirrorPeople(ctx context.Context, companyID string, entries []Person) error {
	if len(entries) > mirrorLimit {
		return fmt.Errorf("mirror people: %w", ErrTooMany)
	}
	err := s.change(ctx, companyID, func(t *tx) error {
		keys, err := s.secret(ctx, companyID)
		if err != nil {
			return err
		}
		var changed []string
		for part := range chunks(entries) {
			ids, err := t.mirror(ctx, companyID, keys, part)
			if err != nil {
				return err
			}
			changed = append(changed, ids...)
		}
		return t.derive(ctx, companyID, changed)
	})
	if err != nil {
		return fmt.Errorf("mirror people: %w", err)
	}
	return nil
}

// mirror writes at most a chunk of directory entries and returns the ids of the people who are new or changed.
func (t *tx) mirror(ctx context.Context, companyID string, keys secret, entries []Person) ([]string, error) {
	forgotten, err := t.forgotten(ctx, companyID, keys, entries)
	if err != nil {
		return nil, err
	}
	slackIDs := make([]string, len(entries))
	for i, e := range entries {
		slackIDs[i] = e.SlackID
	}
	list, args := in([]any{companyID}, slackIDs)
	var rows []personRow
	err = t.SelectContext(ctx, &rows, `
		SELECT `+personColumns+`
		FROM people p
		WHERE p.company_id = $1 AND p.slack_id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("load people: %w", err)
	}
	known := make(map[string]Person, len(rows))
	for _, r := range rows {
		p := r.person()
		known[p.SlackID] = p
	}

	var touched, changed []string
	for _, e := range entries {
		if e.SlackID == "" || forgotten[e.SlackID] {
			continue
		}
		e.Name, e.Handle, e.Email, e.TimeZone = storable(e.Name), storable(e.Handle), storable(e.Email), storable(e.TimeZone)
		p, ok := known[e.SlackID]
		e.ID, e.CompanyID = p.ID, companyID
		switch {
		case !ok:
			if e, err = t.insertPerson(ctx, keys, e); err != nil {
				return nil, err
			}
			known[e.SlackID] = e // a directory page may name somebody twice
			changed = append(changed, e.ID)
		case p == e:
			touched = append(touched, p.ID)
		default:
			if err := t.updatePerson(ctx, e); err != nil {
				return nil, err
			}
			known[e.SlackID] = e
			changed = append(changed, p.ID)
		}
	}
	if len(touched) > 0 {
		list, args := in([]any{stamp(t.now)}, touched)
		if _, err := t.ExecContext(ctx, `
			UPDATE people
			SET mirrored_at = $1
			WHERE id IN `+list, args...); err != nil {
			return nil, fmt.Errorf("touch people: %w", err)
		}
	}
	return changed, nil
}

// forgotten returns the Slack ids of those who must not be mirrored.
func (t *tx) forgotten(ctx context.Context, companyID string, keys secret, entries []Person) (map[string]bool, error) {
	var some bool
	err := t.GetContext(ctx, &some, `
		SELECT EXISTS (
			SELECT 1
			FROM forgotten
			WHERE company_id = $1)`, companyID)
	if err != nil || !some {
		return nil, err
	}
	byHash := make(map[string]string, len(entries))
	hashes := make([]string, len(entries))
	for i, e := range entries {
		hashes[i] = keys.slackHash(e.SlackID)
		byHash[hashes[i]] = e.SlackID
	}
	list, args := in([]any{companyID}, hashes)
	var found []string
	err = t.SelectContext(ctx, &found, `
		SELECT subject_hash
		FROM forgotten
		WHERE company_id = $1 AND subject_hash IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("load forgotten: %w", err)
	}
	forgotten := make(map[string]bool, len(found))
	for _, h := range found {
		forgotten[byHash[h]] = true
	}
	return forgotten, nil
}

// insertPerson gives the person an id and inserts them; derive must follow.
func (t *tx) insertPerson(ctx context.Context, keys secret, p Person) (Person, error) {
	p.ID = newID()
	var slackID *string
	if p.SlackID != "" {
		slackID = &p.SlackID
	}
	_, err := t.ExecContext(ctx, `
		INSERT INTO people (id, company_id, slack_id, name, handle, email, email_folded, time_zone, bot, guest, deactivated,
			primary_owner, mirrored_at, subject_hash, standing, facets, haystack, sort_key, away, away_ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', $16, $17, $18)`,
		p.ID, p.CompanyID, slackID, p.Name, p.Handle, p.Email, foldEmail(p.Email), p.TimeZone, p.Bot, p.Guest, p.Deactivated,
		p.PrimaryOwner, stamp(t.now), keys.personHash(p), standingOut, sortKey(p.Name, p.ID), p.Away, stamp(p.AwayUntil))
	if err != nil {
		return Person{}, fmt.Errorf("insert person: %w", err)
	}
	return p, nil
}

// updatePerson writes what the directory says; derive must follow.
func (t *tx) updatePerson(ctx context.Context, p Person) error {
	_, err := t.ExecContext(ctx, `
		UPDATE people
		SET name = $2, handle = $3, email = $4, email_folded = $5, time_zone = $6, bot = $7, guest = $8, deactivated = $9,
			primary_owner = $10, mirrored_at = $11, away = $12, away_ends_at = $13
		WHERE id = $1`,
		p.ID, p.Name, p.Handle, p.Email, foldEmail(p.Email), p.TimeZone, p.Bot, p.Guest, p.Deactivated, p.PrimaryOwner, stamp(t.now),
		p.Away, stamp(p.AwayUntil))
	if err != nil {
		return fmt.Errorf("update person: %w", err)
	}
	return nil
}

// FinishSync marks directory people that no MirrorPeople call has touched since started as deactivated, and stamps Company.SyncedAt.
func (s *Store) FinishSync(ctx context.Context, companyID string, started time.Time) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		var gone []string
		err := t.SelectContext(ctx, &gone, `
			UPDATE people
			SET deactivated = TRUE
			WHERE company_id = $1 AND slack_id IS NOT NULL AND NOT deactivated AND mirrored_at < $2
			RETURNING id`, companyID, stamp(started))
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			UPDATE companies
			SET synced_at = $2
			WHERE id = $1`, companyID, stamp(t.now))
		if err != nil {
			return err
		}
		return t.derive(ctx, companyID, gone)
	})
	if err != nil {
		return fmt.Errorf("finish sync: %w", err)
	}
	return nil
}

// Remember lets a forgotten Slack user be mirrored again, because an admin deliberately invites them, and mirrors the entry.
func (s *Store) Remember(ctx context.Context, companyID string, entry Person) (Person, error) {
	var p Person
	err := s.change(ctx, companyID, func(t *tx) error {
		var err error
		p, err = t.remember(ctx, companyID, entry)
		return err
	})
	if err != nil {
		return Person{}, fmt.Errorf("remember person: %w", err)
	}
	return p, nil
}

func (t *tx) remember(ctx context.Context, companyID string, entry Person) (Person, error) {
	if entry.SlackID == "" {
		return Person{}, ErrNotFound
	}
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return Person{}, err
	}
	if err := t.unforget(ctx, companyID, []string{keys.slackHash(entry.SlackID)}); err != nil {
		return Person{}, err
	}
	changed, err := t.mirror(ctx, companyID, keys, []Person{entry})
	if err != nil {
		return Person{}, err
	}
	if err := t.derive(ctx, companyID, changed); err != nil {
		return Person{}, err
	}
	return person(ctx, t, `p.company_id = $1 AND p.slack_id = $2`, companyID, entry.SlackID)
}
