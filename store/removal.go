package store

import (
	"context"
	"errors"
)

// RemovalStatus is how far a removal is.
type RemovalStatus string

// The statuses.
const (
	RemovalProposed  RemovalStatus = "proposed"  // shown, not confirmed
	RemovalConfirmed RemovalStatus = "confirmed" // to be executed: a job exists
	RemovalDone      RemovalStatus = "done"
)

// A Removal is one pending or executed removal of members, which its confirmation names by id.
type Removal struct {
	ID        string
	CompanyID string
	By        Actor
	ScreenID  string // the User Management screen it came from, or ""
	Status    RemovalStatus
	Members   []RemovalMember // by name; empty once done
	FileID    string          // Slack file with the full list, to be deleted afterwards, or ""
	Removed   int             // how many accounts were purged, once done
}

// RemovalMember is a member as the confirmation showed them.
type RemovalMember struct {
	MemberID    string
	SlackID     string
	Name        string
	Email       string
	Type        MemberType
	Self        bool
	CompanyPage string // name of the company Facebook Page the account is connected to, or ""
}

// ProposeRemoval takes a snapshot of the members for a confirmation. Members who are gone are left out; ErrNotFound if nobody is left,
// ErrTooMany above SelectionLimit, ErrLastAdmin if no company admin would remain. The actor is an admin, or removes only their own account
// (Leave); anything else is ErrNotFound.
func (s *Store) ProposeRemoval(ctx context.Context, companyID string, by Actor, screenID string, memberIDs []string) (Removal, error) {
	return Removal{}, errors.ErrUnsupported
}

// Removal returns the actor's own removal, or ErrNotFound.
func (s *Store) Removal(ctx context.Context, companyID string, by Actor, removalID string) (Removal, error) {
	return Removal{}, errors.ErrUnsupported
}

// SetRemovalFile remembers the Slack file that holds the full list.
func (s *Store) SetRemovalFile(ctx context.Context, companyID, removalID, fileID string) error {
	return errors.ErrUnsupported
}

// ConfirmRemoval turns a proposed removal to confirmed and leaves a JobRemoval, both or neither. If the snapshot no longer holds
// (somebody gone, another type or page), it replaces the snapshot, and returns it with ErrChanged; ErrUsed when confirmed before,
// ErrLastAdmin, ErrNotFound as ProposeRemoval.
func (s *Store) ConfirmRemoval(ctx context.Context, companyID string, by Actor, removalID string) (Removal, error) {
	return Removal{}, errors.ErrUnsupported
}

// ExecuteRemoval purges the members of a confirmed removal in one transaction, and is harmless to repeat. It returns the removal as it
// was before (with Members), Removed set; a removal that is done already comes back with Members empty.
func (s *Store) ExecuteRemoval(ctx context.Context, companyID, removalID string) (Removal, error) {
	return Removal{}, errors.ErrUnsupported
}

// DropRemoval forgets a proposed removal (Cancel) and returns it, so that its file can be deleted.
func (s *Store) DropRemoval(ctx context.Context, companyID string, by Actor, removalID string) (Removal, error) {
	return Removal{}, errors.ErrUnsupported
}
