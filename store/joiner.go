package store

import (
	"context"
	"fmt"
)

// MirrorJoiner is MirrorPeople for somebody who joined the workspace just now: they are invited some days later, if the company's settings
// say so.
func (s *Store) MirrorJoiner(ctx context.Context, companyID string, entry Person) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		if _, err := t.mirrorAll(ctx, companyID, []Person{entry}); err != nil {
			return err
		}
		var ids []string
		err := t.SelectContext(ctx, &ids, `
			SELECT id
			FROM people
			WHERE company_id = $1 AND slack_id = $2`, companyID, entry.SlackID)
		if err != nil {
			return err
		}
		return t.welcomeJoiners(ctx, companyID, ids) // nobody, if they were removed before
	})
	if err != nil {
		return fmt.Errorf("mirror a joiner: %w", err)
	}
	return nil
}

// welcomeJoiners leaves the job that invites each of the people, if joiners are invited at all.
func (t *tx) welcomeJoiners(ctx context.Context, companyID string, personIDs []string) error {
	now, err := settings(ctx, t, companyID)
	if err != nil || !now.invitesJoiners() {
		return err
	}
	jobs := make([]Job, len(personIDs))
	for i, id := range personIDs {
		jobs[i] = Job{Kind: JobJoiner, Ref: id, At: t.now.Add(now.joinerWait())}
	}
	return t.leave(ctx, companyID, jobs...)
}

// InviteJoiner invites somebody who joined the workspace some days ago, by itself; its message follows as for Invite. It does
// nothing if joiners are not invited any more, or if they registered, were invited, declined or left the workspace meanwhile.
// ErrNotFound if they were removed.
func (s *Store) InviteJoiner(ctx context.Context, companyID, personID string) error {
	err := s.change(ctx, companyID, func(t *tx) error {
		now, err := settings(ctx, t, companyID)
		if err != nil || !now.invitesJoiners() {
			return err
		}
		var before int
		err = t.GetContext(ctx, &before, `
			SELECT count(*)
			FROM invites
			WHERE company_id = $1 AND person_id = $2 AND kind <> 'self'`, companyID, personID)
		if err != nil || before > 0 { // somebody was faster, perhaps with a link that ran out since
			return err
		}
		outcomes, err := t.invite(ctx, companyID, Actor{Herald: true}, []string{personID}, InviteOptions{As: Employee})
		if err == nil && len(outcomes) == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("invite a joiner: %w", err)
	}
	return nil
}
