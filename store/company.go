package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Company is one Slack workspace that installed Herald.
type Company struct {
	ID           string
	EnterpriseID string // "" outside an Enterprise Grid
	TeamID       string
	Name         string
	Key          string    // the part of the company URL after /register/, e.g. "acme-7qf2k9xw3m"; public
	SyncedAt     time.Time // when the last full sync of the directory began, zero before the first
	MissedAt     time.Time // the end of the last time in which events were lost, zero: never
}

// Due tells whether the directory is to be synced: because the last sync began before the moment given, or before events were lost.
func (c Company) Due(before time.Time) bool {
	return c.SyncedAt.Before(before) || c.SyncedAt.Before(c.MissedAt)
}

// Workspace is what Slack tells about itself at start.
type Workspace struct{ EnterpriseID, TeamID, Name, Domain string }

type companyRow struct {
	ID           string `db:"id"`
	EnterpriseID string `db:"enterprise_id"`
	TeamID       string `db:"team_id"`
	Name         string `db:"name"`
	Key          string `db:"key"`
	SyncedAt     int64  `db:"synced_at"`
	MissedAt     int64  `db:"missed_at"`
}

func (r companyRow) company() Company {
	return Company{
		ID: r.ID, EnterpriseID: r.EnterpriseID, TeamID: r.TeamID, Name: r.Name, Key: r.Key,
		SyncedAt: unstamp(r.SyncedAt), MissedAt: unstamp(r.MissedAt),
	}
}

// InstallCompany returns the workspace's company, made on the first call and its name brought up to date on later ones.
// It returns ErrKey if the company's secrets were sealed with another encryption key.
func (s *Store) InstallCompany(ctx context.Context, w Workspace) (Company, error) {
	id := newID()
	sealed := s.keys.seal(newSecret(), "company secret", id)
	var row companyRow
	err := s.update(ctx, func(t *tx) error {
		return t.GetContext(ctx, &row, `
			INSERT INTO companies (id, enterprise_id, team_id, name, key, secret_sealed, created_at, synced_at, changes)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0)
			ON CONFLICT (enterprise_id, team_id) DO UPDATE
			SET name = excluded.name
			RETURNING id, enterprise_id, team_id, name, key, synced_at, missed_at`,
			id, w.EnterpriseID, w.TeamID, w.Name, newKey(w), sealed, stamp(t.now))
	})
	if err != nil {
		return Company{}, fmt.Errorf("install company: %w", err)
	}
	if _, err := s.secret(ctx, row.ID); err != nil {
		return Company{}, fmt.Errorf("install company: %w", err)
	}
	return row.company(), nil
}

// newKey returns a key that shows whose it is, in letters that survive an email and a phone call, and 50 random bits.
func newKey(w Workspace) string {
	name := w.Domain
	if name == "" {
		name = w.Name
	}
	slug := strings.Map(func(r rune) rune {
		if ('a' <= r && r <= 'z') || ('0' <= r && r <= '9') || r == '-' {
			return r
		}
		return -1
	}, fold(name))
	slug = strings.Trim(truncate(slug, 30), "-")
	if slug == "" {
		slug = "company"
	}
	return slug + "-" + strings.ToLower(rand.Text()[:10])
}

// Companies lists all, oldest first.
func (s *Store) Companies(ctx context.Context) ([]Company, error) {
	var rows []companyRow
	err := s.read.SelectContext(ctx, &rows, `
		SELECT id, enterprise_id, team_id, name, key, synced_at, missed_at
		FROM companies
		ORDER BY created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("list companies: %w", err)
	}
	companies := make([]Company, len(rows))
	for i, r := range rows {
		companies[i] = r.company()
	}
	return companies, nil
}

// Company returns ErrNotFound for an unknown id.
func (s *Store) Company(ctx context.Context, companyID string) (Company, error) {
	return s.companyWhere(ctx, `id = $1`, companyID)
}

// CompanyByTeam returns ErrNotFound for a workspace that did not install Herald. Slack does not always name the enterprise, and a team id
// belongs to one workspace, so the enterprise matters only where both sides name one.
func (s *Store) CompanyByTeam(ctx context.Context, enterpriseID, teamID string) (Company, error) {
	return s.companyWhere(ctx, `team_id = $2 AND (enterprise_id = $1 OR enterprise_id = '' OR $1 = '')
		ORDER BY enterprise_id = $1 DESC, created_at, id
		LIMIT 1`, enterpriseID, teamID)
}

// CompanyByKey returns ErrNotFound for an unknown key and ErrReplaced for a key that was rotated away.
func (s *Store) CompanyByKey(ctx context.Context, key string) (Company, error) {
	c, err := s.companyWhere(ctx, `key = $1`, key)
	if !errors.Is(err, ErrNotFound) {
		return c, err
	}
	var retired bool
	err = s.read.GetContext(ctx, &retired, `
		SELECT EXISTS (
			SELECT 1
			FROM retired_keys
			WHERE key = $1)`, key)
	if err != nil {
		return Company{}, fmt.Errorf("load company: %w", err)
	}
	if retired {
		return Company{}, ErrReplaced
	}
	return Company{}, ErrNotFound
}

func (s *Store) companyWhere(ctx context.Context, condition string, args ...any) (Company, error) {
	var row companyRow
	err := s.read.GetContext(ctx, &row, `
		SELECT id, enterprise_id, team_id, name, key, synced_at, missed_at
		FROM companies
		WHERE `+condition, args...)
	if err != nil {
		return Company{}, fmt.Errorf("load company: %w", found(err))
	}
	return row.company(), nil
}

// RotateKey gives the company a new key; the old company URL is dead at once (personal links keep working only under the new key).
// The actor must be a company admin, else ErrForbidden.
func (s *Store) RotateKey(ctx context.Context, companyID string, by Actor) (Company, error) {
	var row companyRow
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		var old string
		err := t.GetContext(ctx, &old, `
			SELECT key
			FROM companies
			WHERE id = $1`, companyID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			INSERT INTO retired_keys (key, company_id, retired_at)
			VALUES ($1, $2, $3)`, old, companyID, stamp(t.now))
		if err != nil {
			return err
		}
		slug := old[:strings.LastIndexByte(old, '-')]
		err = t.GetContext(ctx, &row, `
			UPDATE companies
			SET key = $2
			WHERE id = $1
			RETURNING id, enterprise_id, team_id, name, key, synced_at, missed_at`, companyID, newKey(Workspace{Domain: slug}))
		if err != nil {
			return err
		}
		return t.audit(ctx, companyID, by, AuditEvent{Action: AuditKeyRotated})
	})
	if err != nil {
		return Company{}, fmt.Errorf("rotate company key: %w", err)
	}
	return row.company(), nil
}
