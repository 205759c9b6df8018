package store

import (
	"context"
	"fmt"
)

// Select adds (on) or takes members from the selection; ids that are not members of the company are ignored. ErrTooMany above
// SelectionLimit, ErrNotFound if the screen is gone.
func (s *Store) Select(ctx context.Context, companyID, screenID string, memberIDs []string, on bool) error {
	err := s.update(ctx, func(t *tx) error {
		if err := t.useScreen(ctx, companyID, screenID); err != nil {
			return err
		}
		if !on {
			return t.unselect(ctx, screenID, memberIDs)
		}
		if err := t.selectMembers(ctx, companyID, screenID, memberIDs); err != nil {
			return err
		}
		n, err := t.selected(ctx, screenID)
		if err == nil && n > SelectionLimit {
			return ErrTooMany
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("select members: %w", err)
	}
	return nil
}

// useScreen locks a screen, so that its selection changes in one transaction at a time, and keeps it alive.
func (t *tx) useScreen(ctx context.Context, companyID, screenID string) error {
	n, err := t.exec(ctx, `
		UPDATE screens
		SET used_at = $3
		WHERE company_id = $1 AND id = $2`, companyID, screenID, stamp(t.now))
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

func (t *tx) selected(ctx context.Context, screenID string) (int, error) {
	var n int
	err := t.GetContext(ctx, &n, `
		SELECT count(*)
		FROM selections
		WHERE screen_id = $1`, screenID)
	return n, err
}

func (t *tx) selectMembers(ctx context.Context, companyID, screenID string, memberIDs []string) error {
	for part := range chunks(memberIDs) {
		list, args := in([]any{companyID, screenID}, part)
		_, err := t.ExecContext(ctx, `
			INSERT INTO selections (screen_id, member_id)
			SELECT $2, id
			FROM members
			WHERE company_id = $1 AND id IN `+list+`
			ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) unselect(ctx context.Context, screenID string, memberIDs []string) error {
	for part := range chunks(memberIDs) {
		list, args := in([]any{screenID}, part)
		_, err := t.ExecContext(ctx, `
			DELETE FROM selections
			WHERE screen_id = $1 AND member_id IN `+list, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// SelectMatching adds everybody the query matches, up to SelectionLimit in all, and returns how many are selected then.
// A group of people who are not registered selects nobody. ErrNotFound if the screen is gone.
func (s *Store) SelectMatching(ctx context.Context, companyID, screenID string, q RosterQuery) (int, error) {
	ids, err := s.matching(ctx, companyID, q)
	if err != nil {
		return 0, fmt.Errorf("select matching: %w", err)
	}
	var n int
	err = s.update(ctx, func(t *tx) error {
		if err := t.useScreen(ctx, companyID, screenID); err != nil {
			return err
		}
		before, err := t.selection(ctx, screenID)
		if err != nil {
			return err
		}
		chosen := make(map[string]bool, len(before))
		for _, id := range before {
			chosen[id] = true
		}
		var add []string
		for _, id := range ids {
			if !chosen[id] && len(before)+len(add) < SelectionLimit {
				add = append(add, id)
			}
		}
		if err := t.selectMembers(ctx, companyID, screenID, add); err != nil {
			return err
		}
		n, err = t.selected(ctx, screenID)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("select matching: %w", err)
	}
	return n, nil
}

// matching returns the ids of at most SelectionLimit members that the query matches.
func (s *Store) matching(ctx context.Context, companyID string, q RosterQuery) ([]string, error) {
	if !q.Group.OfMembers() {
		return nil, nil
	}
	var places []place
	words := searchWords(q.Search)
	switch {
	case len(words) > 0:
		counts, err := s.Counts(ctx, companyID)
		if err != nil {
			return nil, err
		}
		found, err := s.search(ctx, companyID, q.Group, words, counts)
		if err != nil {
			return nil, err
		}
		if places = found.places; found.more {
			if places, err = found.some(ctx); err != nil {
				return nil, err
			}
		}
	case asksNothing(q.Search):
	default:
		var err error
		places, err = s.placesOf(companyID, q.Group.listing(s.time()))(ctx, page{key: []byte{}, limit: SelectionLimit})
		if err != nil {
			return nil, err
		}
	}
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.ID
	}
	return ids, nil
}

// ClearSelection empties it.
func (s *Store) ClearSelection(ctx context.Context, companyID, screenID string) error {
	err := s.update(ctx, func(t *tx) error {
		_, err := t.ExecContext(ctx, `
			DELETE FROM selections
			WHERE screen_id IN (
				SELECT id
				FROM screens
				WHERE company_id = $1 AND id = $2)`, companyID, screenID)
		return err
	})
	if err != nil {
		return fmt.Errorf("clear selection: %w", err)
	}
	return nil
}

// Selected returns which of the given members are selected.
func (s *Store) Selected(ctx context.Context, companyID, screenID string, memberIDs []string) (map[string]bool, error) {
	selected := make(map[string]bool, len(memberIDs))
	for part := range chunks(memberIDs) {
		list, args := in([]any{companyID, screenID}, part)
		var ids []string
		err := s.read.SelectContext(ctx, &ids, `
			SELECT e.member_id
			FROM selections e
			JOIN screens s ON s.id = e.screen_id
			WHERE s.company_id = $1 AND e.screen_id = $2 AND e.member_id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("load selected: %w", err)
		}
		for _, id := range ids {
			selected[id] = true
		}
	}
	return selected, nil
}

// Selection returns the ids of all selected members that still exist, at most SelectionLimit.
func (s *Store) Selection(ctx context.Context, companyID, screenID string) ([]string, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, `
		SELECT e.member_id
		FROM selections e
		JOIN screens s ON s.id = e.screen_id
		WHERE s.company_id = $1 AND e.screen_id = $2
		ORDER BY e.member_id`, companyID, screenID)
	if err != nil {
		return nil, fmt.Errorf("load selection: %w", err)
	}
	return ids, nil
}

func (t *tx) selection(ctx context.Context, screenID string) ([]string, error) {
	var ids []string
	err := t.SelectContext(ctx, &ids, `
		SELECT member_id
		FROM selections
		WHERE screen_id = $1`, screenID)
	return ids, err
}
