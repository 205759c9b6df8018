package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// mirrorLimit is the most entries of one MirrorPeople.
const mirrorLimit = 1000

// MirrorPeople inserts or updates directory entries (ID and CompanyID of the entries are ignored). Forgotten people are skipped, unless a
// company admin insisted on them since. An entry that is older than what is known (UpdatedAt) changes nothing: Slack repeats events for
// minutes, and a page of the directory may be read before an event and written after it. People who are new since the first sync joined the
// workspace (MirrorJoiner).
// One transaction a call: at most 1,000 entries, else ErrTooMany.
func (s *Store) MirrorPeople(ctx context.Context, companyID string, entries []Person) error {
	if len(entries) > mirrorLimit {
		return fmt.Errorf("mirror people: %w", ErrTooMany)
	}
	err := s.change(ctx, companyID, func(t *tx) error {
		return t.mirrorNews(ctx, companyID, entries)
	})
	if err != nil {
		return fmt.Errorf("mirror people: %w", err)
	}
	return nil
}

// mirrorNews writes directory entries and welcomes the people who are new: Herald may have missed how they joined.
func (t *tx) mirrorNews(ctx context.Context, companyID string, entries []Person) error {
	added, err := t.mirrorAll(ctx, companyID, entries)
	if err != nil || len(added) == 0 {
		return err
	}
	var synced int64
	err = t.GetContext(ctx, &synced, `
		SELECT synced_at
		FROM companies
		WHERE id = $1`, companyID)
	if err != nil || synced == 0 { // before and by the first sync, everybody is new
		return err
	}
	return t.welcomeJoiners(ctx, companyID, added)
}

// mirrorAll writes directory entries and returns the ids of the people who are new.
func (t *tx) mirrorAll(ctx context.Context, companyID string, entries []Person) ([]string, error) {
	keys, err := t.s.secret(ctx, companyID)
	if err != nil {
		return nil, err
	}
	var changed, added []string
	for part := range chunks(entries) {
		of, err := t.mirror(ctx, companyID, keys, part)
		if err != nil {
			return nil, err
		}
		changed = slices.Concat(changed, of.changed, of.added)
		added = append(added, of.added...)
	}
	return added, t.derive(ctx, companyID, changed)
}

// mirrored is what became of directory entries: the ids of people who are new, and of those who changed or turned out to be invited.
type mirrored struct{ added, changed []string }

// mirror writes at most a chunk of directory entries; derive must follow.
func (t *tx) mirror(ctx context.Context, companyID string, keys secret, entries []Person) (mirrored, error) {
	forgotten, err := t.forgotten(ctx, companyID, keys, entries)
	if err != nil {
		return mirrored{}, err
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
		return mirrored{}, fmt.Errorf("load people: %w", err)
	}
	known := make(map[string]Person, len(rows))
	for _, r := range rows {
		p := r.person()
		known[p.SlackID] = p
	}

	var (
		done    mirrored
		touched []string
		present []Person
	)
	for _, e := range entries {
		p, ok := known[e.SlackID]
		if e.SlackID == "" || forgotten[e.SlackID] && !ok {
			continue
		}
		e = e.storable()
		e.ID, e.CompanyID = p.ID, companyID
		outdated := !e.UpdatedAt.IsZero() && e.UpdatedAt.Before(p.UpdatedAt)
		if e.UpdatedAt.IsZero() {
			e.UpdatedAt = p.UpdatedAt
		}
		switch {
		case !ok:
			if e, err = t.insertPerson(ctx, keys, e); err != nil {
				return mirrored{}, err
			}
			known[e.SlackID] = e // a directory page may name somebody twice
			done.added = append(done.added, e.ID)
		case p == e, outdated: // they are still listed
			touched = append(touched, p.ID)
		default:
			if err := t.updatePerson(ctx, e); err != nil {
				return mirrored{}, err
			}
			known[e.SlackID] = e
			done.changed = append(done.changed, p.ID)
		}
		present = append(present, known[e.SlackID])
	}
	if len(touched) > 0 {
		list, args := in([]any{stamp(t.now)}, touched)
		if _, err := t.ExecContext(ctx, `
			UPDATE people
			SET mirrored_at = $1
			WHERE id IN `+list, args...); err != nil {
			return mirrored{}, fmt.Errorf("touch people: %w", err)
		}
	}
	claimed, err := t.claimMail(ctx, companyID, keys, present)
	done.changed = append(done.changed, claimed...)
	return done, err
}

// storable is the entry with texts that both engines store.
func (p Person) storable() Person {
	p.Name, p.Handle, p.Email, p.TimeZone = storable(p.Name), storable(p.Handle), storable(p.Email), storable(p.TimeZone)
	return p
}

// forgotten returns the Slack ids of those who were removed or left, and so must not be added to the mirror.
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
			primary_owner, mirrored_at, subject_hash, standing, facets, haystack, sort_key, deactivated_at, away, away_ends_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', $16, $17, $18, $19, $20)`,
		p.ID, p.CompanyID, slackID, p.Name, p.Handle, p.Email, foldEmail(p.Email), p.TimeZone, p.Bot, p.Guest, p.Deactivated,
		p.PrimaryOwner, stamp(t.now), keys.personHash(p), standingOut, sortKey(p.Name, p.ID), t.deactivatedAt(p),
		p.Away, stamp(p.AwayUntil), stamp(p.UpdatedAt))
	if err != nil {
		return Person{}, fmt.Errorf("insert person: %w", err)
	}
	return p, nil
}

// deactivatedAt is since when somebody who is new to the directory is deactivated, as far as Herald knows.
func (t *tx) deactivatedAt(p Person) int64 {
	if p.Deactivated {
		return stamp(t.now)
	}
	return 0
}

// updatePerson writes what the directory says; derive must follow.
func (t *tx) updatePerson(ctx context.Context, p Person) error {
	_, err := t.ExecContext(ctx, `
		UPDATE people
		SET name = $2, handle = $3, email = $4, email_folded = $5, time_zone = $6, bot = $7, guest = $8, deactivated = $9,
			primary_owner = $10, mirrored_at = $11,
			deactivated_at = CASE WHEN NOT $9 THEN 0 WHEN deactivated THEN deactivated_at ELSE $11 END,
			deactivation_told = deactivation_told AND $9, away = $12, away_ends_at = $13, updated_at = $14
		WHERE id = $1`,
		p.ID, p.Name, p.Handle, p.Email, foldEmail(p.Email), p.TimeZone, p.Bot, p.Guest, p.Deactivated, p.PrimaryOwner, stamp(t.now),
		p.Away, stamp(p.AwayUntil), stamp(p.UpdatedAt))
	if err != nil {
		return fmt.Errorf("update person: %w", err)
	}
	return nil
}

// Remember lets a forgotten Slack user be mirrored again, because an operator names them, and mirrors the entry.
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
	if _, err := t.mirrorAll(ctx, companyID, []Person{entry}); err != nil {
		return Person{}, err
	}
	return person(ctx, t, `p.company_id = $1 AND p.slack_id = $2`, companyID, entry.SlackID)
}

// knowAgain mirrors the entry of somebody who may be forgotten, because a company admin insists on inviting them. What is kept of their
// departure stays until they register: if nothing comes of the invitation, they are not invited by accident.
func (t *tx) knowAgain(ctx context.Context, companyID string, entry Person) (Person, error) {
	if entry.SlackID == "" {
		return Person{}, ErrNotFound
	}
	p, err := person(ctx, t, `p.company_id = $1 AND p.slack_id = $2`, companyID, entry.SlackID)
	if errors.Is(err, ErrNotFound) {
		keys, err := t.s.secret(ctx, companyID)
		if err != nil {
			return Person{}, err
		}
		entry.CompanyID = companyID
		if p, err = t.insertPerson(ctx, keys, entry.storable()); err != nil {
			return Person{}, err
		}
		if _, err := t.claimMail(ctx, companyID, keys, []Person{p}); err != nil {
			return Person{}, err
		}
		return p, t.derive(ctx, companyID, []string{p.ID})
	}
	if err != nil {
		return Person{}, err
	}
	if _, err := t.mirrorAll(ctx, companyID, []Person{entry}); err != nil {
		return Person{}, err
	}
	return person(ctx, t, `p.company_id = $1 AND p.id = $2`, companyID, p.ID)
}
