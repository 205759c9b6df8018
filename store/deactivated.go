package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// deactivationPause is the shortest time between two messages that tell company admins of deactivated members.
const deactivationPause = 24 * time.Hour

// removalFresh is how old the directory may be by which members are removed by themselves: it is synced every six hours, and a large one
// takes some.
const removalFresh = 12 * time.Hour

// ReviewDeactivated lets company admins be told, by a job and at most once a day, of members who were deactivated in Slack since they were
// last told, and confirms the removal of members whose time is up, where the company's settings say so: at most SelectionLimit at once,
// never the last company admin, and nobody while the directory is out of date: they may be back. The caller runs it every hour or so.
func (s *Store) ReviewDeactivated(ctx context.Context) error {
	companies, err := s.Companies(ctx)
	if err != nil {
		return fmt.Errorf("review who is deactivated: %w", err)
	}
	for _, c := range companies {
		if err := s.change(ctx, c.ID, func(t *tx) error { return t.removeDeactivated(ctx, c.ID) }); err != nil {
			return fmt.Errorf("remove who is deactivated: %w", err)
		}
		if err := s.change(ctx, c.ID, func(t *tx) error { return t.tellDeactivated(ctx, c.ID) }); err != nil {
			return fmt.Errorf("tell who is deactivated: %w", err)
		}
	}
	return nil
}

// tellDeactivated leaves the job that tells the admins.
func (t *tx) tellDeactivated(ctx context.Context, companyID string) error {
	told, err := t.exec(ctx, `
		UPDATE people
		SET deactivation_told = TRUE
		WHERE company_id = $1 AND deactivated_at > 0 AND standing = 'member' AND NOT deactivation_told AND EXISTS (
			SELECT 1
			FROM companies
			WHERE id = $1 AND deactivations_told <= $2)`, companyID, stamp(t.now.Add(-deactivationPause)))
	if err != nil || told == 0 {
		return err
	}
	_, err = t.ExecContext(ctx, `
		UPDATE companies
		SET deactivations_told = $2
		WHERE id = $1`, companyID, stamp(t.now))
	if err != nil {
		return err
	}
	return t.leave(ctx, companyID, Job{Kind: JobDeactivatedDM, Ref: newID()})
}

// removeDeactivated confirms the removal of members whose time is up, by itself.
func (t *tx) removeDeactivated(ctx context.Context, companyID string) error {
	now, err := settings(ctx, t, companyID)
	if err != nil || now.RemovalDays == 0 {
		return err
	}
	var fresh bool
	err = t.GetContext(ctx, &fresh, `
		SELECT EXISTS (
			SELECT 1
			FROM companies
			WHERE id = $1 AND synced_at >= $2 AND synced_at >= missed_at)`, companyID, stamp(t.now.Add(-removalFresh)))
	if err != nil || !fresh {
		return err
	}
	var due []string
	err = t.SelectContext(ctx, &due, `
		SELECT p.id
		FROM people p
		JOIN members m ON m.id = p.id
		JOIN settings s ON s.company_id = p.company_id
		WHERE p.company_id = $1 AND p.deactivated_at > 0 AND p.deactivated_at < $2 AND s.removal_since < $2 AND NOT EXISTS (
			SELECT 1
			FROM removal_members rm
			JOIN removals r ON r.id = rm.removal_id
			WHERE rm.member_id = p.id AND r.status = 'confirmed')
		ORDER BY p.deactivated_at, p.id
		LIMIT $3`, companyID, stamp(t.now.AddDate(0, 0, -now.RemovalDays)), SelectionLimit)
	if err != nil || len(due) == 0 {
		return err
	}
	members, err := t.snapshot(ctx, companyID, Actor{Herald: true}, due)
	if err != nil {
		return err
	}
	switch err := t.requireOtherAdmins(ctx, companyID, due); {
	case errors.Is(err, ErrLastAdmin): // who stays until somebody appoints another one
		others := members[:0]
		for _, m := range members {
			if m.Type != Admin {
				others = append(others, m)
			}
		}
		members = others
	case err != nil:
		return err
	}
	if len(members) == 0 {
		return nil
	}
	row := removalRow{ID: newID(), CompanyID: companyID, BySlack: actorHerald, Status: RemovalConfirmed, Proposed: len(members)}
	if err := t.insertRemoval(ctx, row, members); err != nil {
		return err
	}
	return t.leave(ctx, companyID, Job{Kind: JobRemoval, Ref: row.ID})
}

// withoutReturned takes those who came back off members who were chosen on a screen that lists who is deactivated.
func (t *tx) withoutReturned(ctx context.Context, companyID, screenID string, members []RemovalMember) ([]RemovalMember, error) {
	var listed bool
	err := t.GetContext(ctx, &listed, `
		SELECT EXISTS (
			SELECT 1
			FROM screens
			WHERE company_id = $1 AND id = $2 AND grp = $3)`, companyID, screenID, Deactivated)
	if err != nil {
		return nil, fmt.Errorf("look where members were chosen: %w", err)
	}
	if !listed {
		return members, nil
	}
	return t.deactivated(ctx, companyID, members)
}

// deactivated are those of the members who are deactivated in Slack at this moment.
func (t *tx) deactivated(ctx context.Context, companyID string, members []RemovalMember) ([]RemovalMember, error) {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.MemberID
	}
	gone := make(map[string]bool, len(ids))
	for part := range chunks(ids) {
		list, args := in([]any{companyID}, part)
		var found []string
		err := t.SelectContext(ctx, &found, `
			SELECT id
			FROM people
			WHERE company_id = $1 AND deactivated AND id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("look who is still deactivated: %w", err)
		}
		for _, id := range found {
			gone[id] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(members), func(m RemovalMember) bool { return !gone[m.MemberID] }), nil
}

// dropReturned takes those who came back out of a removal that nobody but Herald decided on, and returns the others.
func (t *tx) dropReturned(ctx context.Context, r removalRow, members []RemovalMember) ([]RemovalMember, error) {
	_, err := t.ExecContext(ctx, `
		DELETE FROM removal_members
		WHERE removal_id = $1 AND member_id IN (
			SELECT id
			FROM people
			WHERE company_id = $2 AND NOT deactivated)`, r.ID, r.CompanyID)
	if err != nil {
		return nil, fmt.Errorf("drop who came back: %w", err)
	}
	return t.deactivated(ctx, r.CompanyID, members)
}
