package store

import (
	"context"
	"errors"
	"time"
)

// A Person is somebody Herald knows: mirrored from the workspace directory, or registered or invited from outside of it (SlackID "").
type Person struct {
	ID           string
	CompanyID    string
	SlackID      string
	Name         string // as Slack shows it (display name, else real name)
	Handle       string // without @
	Email        string
	TimeZone     string // IANA name, may be ""
	Bot          bool
	Guest        bool // single- and multi-channel guests, and strangers from shared channels
	Deactivated  bool
	PrimaryOwner bool
}

// Eligible tells whether the person may be invited and become a member.
func (p Person) Eligible() bool { return !p.Bot && !p.Guest && !p.Deactivated }

// Access is what decides an authorisation: who somebody is in this company, at this moment.
type Access struct {
	Person *Person // nil if not in the mirror (yet), or forgotten
	Member *Member // nil unless registered and active
	// Forgotten: this Slack user was removed and is kept out of the mirror until they are invited or register again.
	Forgotten bool
}

// Access looks a Slack user up for authorisation.
func (s *Store) Access(ctx context.Context, companyID, slackID string) (Access, error) {
	return Access{}, errors.ErrUnsupported
}

func (s *Store) Person(ctx context.Context, companyID, personID string) (Person, error) {
	return Person{}, errors.ErrUnsupported
}

func (s *Store) PersonBySlackID(ctx context.Context, companyID, slackID string) (Person, error) {
	return Person{}, errors.ErrUnsupported
}

// People returns those of the Slack ids that are known, in the order given.
func (s *Store) PeopleBySlackIDs(ctx context.Context, companyID string, slackIDs []string) ([]Person, error) {
	return nil, errors.ErrUnsupported
}

// PrimaryOwner returns the workspace's primary owner, or ErrNotFound before the first sync.
func (s *Store) PrimaryOwner(ctx context.Context, companyID string) (Person, error) {
	return Person{}, errors.ErrUnsupported
}

// MirrorPeople inserts or updates directory entries (ID and CompanyID of the entries are ignored). Forgotten people are skipped.
// One transaction a call: at most 1,000 entries.
func (s *Store) MirrorPeople(ctx context.Context, companyID string, entries []Person) error {
	return errors.ErrUnsupported
}

// FinishSync marks directory people that no MirrorPeople call has touched since started as deactivated, and stamps Company.SyncedAt.
func (s *Store) FinishSync(ctx context.Context, companyID string, started time.Time) error {
	return errors.ErrUnsupported
}

// Remember lets a forgotten Slack user be mirrored again, because an admin deliberately invites them, and mirrors the entry.
func (s *Store) Remember(ctx context.Context, companyID string, entry Person) (Person, error) {
	return Person{}, errors.ErrUnsupported
}
