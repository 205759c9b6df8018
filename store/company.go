package store

import (
	"context"
	"errors"
	"time"
)

// A Company is one Slack workspace that installed Herald.
type Company struct {
	ID           string
	EnterpriseID string // "" outside an Enterprise Grid
	TeamID       string
	Name         string
	Key          string    // the part of the company URL after /register/, e.g. "acme-7qf2k9xw3m"; public
	SyncedAt     time.Time // the last full sync of the directory, zero before the first
}

// Workspace is what Slack tells about itself at start.
type Workspace struct{ EnterpriseID, TeamID, Name, Domain string }

// InstallCompany returns the workspace's company, made on the first call and its name brought up to date on later ones.
func (s *Store) InstallCompany(ctx context.Context, w Workspace) (Company, error) {
	return Company{}, errors.ErrUnsupported
}

// Companies lists all, oldest first.
func (s *Store) Companies(ctx context.Context) ([]Company, error) { return nil, errors.ErrUnsupported }

func (s *Store) Company(ctx context.Context, companyID string) (Company, error) {
	return Company{}, errors.ErrUnsupported
}

// CompanyByTeam returns ErrNotFound for a workspace that did not install Herald.
func (s *Store) CompanyByTeam(ctx context.Context, enterpriseID, teamID string) (Company, error) {
	return Company{}, errors.ErrUnsupported
}

// CompanyByKey returns ErrNotFound for an unknown key and ErrReplaced for a key that was rotated away.
func (s *Store) CompanyByKey(ctx context.Context, key string) (Company, error) {
	return Company{}, errors.ErrUnsupported
}

// RotateKey gives the company a new key; the old company URL is dead at once (personal links keep working only under the new key).
func (s *Store) RotateKey(ctx context.Context, companyID string, by Actor) (Company, error) {
	return Company{}, errors.ErrUnsupported
}
