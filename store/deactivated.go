package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// deactivationPause is the shortest time between two messages that tell company admins of deactivated members.
const deactivationPause = 24 * time.Hour

// ReviewDeactivated lets company admins be told, by a job and at most once a day, of members who were deactivated in Slack since they were
// last told, and confirms the removal of members whose time is up, where the company's settings say so: at most SelectionLimit at once,
// and never the last company admin. The caller runs it every hour or so.
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
