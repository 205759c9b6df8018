package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// InviterPolicy says who may invite.
type InviterPolicy string

// The policies.
const (
	InvitersAdmins     InviterPolicy = "admins"     // company admins
	InvitersRecruiters InviterPolicy = "recruiters" // and recruiters
	InvitersEveryone   InviterPolicy = "everyone"   // and everybody else who is registered
)

// InviterPolicies lists all, the strictest first.
func InviterPolicies() []InviterPolicy {
	return []InviterPolicy{InvitersAdmins, InvitersRecruiters, InvitersEveryone}
}

// Allows tells whether a member of the type may invite.
func (p InviterPolicy) Allows(t MemberType) bool {
	switch t {
	case Admin:
		return true
	case Recruiter:
		return p == InvitersRecruiters || p == InvitersEveryone
	case Employee:
		return p == InvitersEveryone
	}
	return false
}

// least is the user type with the fewest rights that may invite, by which the audit log names the policy.
func (p InviterPolicy) least() MemberType {
	switch p {
	case InvitersRecruiters:
		return Recruiter
	case InvitersEveryone:
		return Employee
	case InvitersAdmins:
	}
	return Admin
}

// DefaultLinkDays is how many days a registration link works unless the company's settings say otherwise.
const DefaultLinkDays = 30

// LinkDays lists what Settings.LinkDays may be.
func LinkDays() []int { return []int{7, 14, DefaultLinkDays, 60, 90} }

// JoinerDays lists what Settings.JoinerDays may be.
func JoinerDays() []int { return []int{0, 1, 3, 7, 14, 30} }

// RemovalDays lists what Settings.RemovalDays may be.
func RemovalDays() []int { return []int{0, 7, 30, 90} }

// Settings are what company admins decide for their company.
type Settings struct {
	Inviters    InviterPolicy
	LinkDays    int // how many days a new registration link works, one of LinkDays
	JoinerDays  int // after how many days whoever joins the workspace is invited, one of JoinerDays; 0: not at all
	RemovalDays int // after how many days members who are deactivated in Slack are removed, one of RemovalDays; 0: only by hand. Days before it was chosen do not count
}

// DefaultSettings hold while nobody changed any.
func DefaultSettings() Settings {
	return Settings{Inviters: InvitersAdmins, LinkDays: DefaultLinkDays}
}

func (s Settings) invitesJoiners() bool { return s.JoinerDays > 0 }

// joinerWait is how long after they joined somebody is invited.
func (s Settings) joinerWait() time.Duration { return time.Duration(s.JoinerDays) * 24 * time.Hour }

// linkLife is how long a new registration link works.
func (s Settings) linkLife() time.Duration { return time.Duration(s.LinkDays) * 24 * time.Hour }

func (s Settings) valid() bool {
	return slices.Contains(InviterPolicies(), s.Inviters) && slices.Contains(LinkDays(), s.LinkDays) &&
		slices.Contains(JoinerDays(), s.JoinerDays) && slices.Contains(RemovalDays(), s.RemovalDays)
}

// Settings returns the company's settings, or DefaultSettings.
func (s *Store) Settings(ctx context.Context, companyID string) (Settings, error) {
	return settings(ctx, s.read, companyID)
}

func settings(ctx context.Context, q querier, companyID string) (Settings, error) {
	var row struct {
		Inviters    InviterPolicy `db:"inviters"`
		LinkDays    int           `db:"link_days"`
		JoinerDays  int           `db:"joiner_days"`
		RemovalDays int           `db:"removal_days"`
	}
	err := q.GetContext(ctx, &row, `
		SELECT inviters, link_days, joiner_days, removal_days
		FROM settings
		WHERE company_id = $1`, companyID)
	if errors.Is(err, sql.ErrNoRows) {
		return DefaultSettings(), nil
	}
	if err != nil {
		return Settings{}, fmt.Errorf("load settings: %w", err)
	}
	return Settings(row), nil
}

// SaveSettings changes the company's settings, with an audit event for each one that is another now. Links that were made before work as
// long as they were meant to. The actor must be a company admin, else ErrForbidden; values that are none of the choices are an error.
func (s *Store) SaveSettings(ctx context.Context, companyID string, by Actor, to Settings) error {
	if !to.valid() {
		return fmt.Errorf("save settings: %+v is none of the choices", to)
	}
	err := s.change(ctx, companyID, func(t *tx) error {
		if err := t.requireAdmin(ctx, companyID, by); err != nil {
			return err
		}
		from, err := settings(ctx, t, companyID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `
			INSERT INTO settings (company_id, inviters, link_days, joiner_days, removal_days, removal_since)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (company_id) DO UPDATE
			SET inviters = excluded.inviters, link_days = excluded.link_days, joiner_days = excluded.joiner_days,
				removal_days = excluded.removal_days,
				removal_since = CASE settings.removal_days WHEN excluded.removal_days THEN settings.removal_since ELSE excluded.removal_since END`,
			companyID, to.Inviters, to.LinkDays, to.JoinerDays, to.RemovalDays, stamp(t.now))
		if err != nil {
			return err
		}
		var events []AuditEvent
		if to.Inviters != from.Inviters {
			events = append(events, AuditEvent{Action: AuditInvitersChanged, From: from.Inviters.least(), To: to.Inviters.least()})
		}
		if to.LinkDays != from.LinkDays {
			events = append(events, AuditEvent{Action: AuditLinkDaysChanged, Count: to.LinkDays})
		}
		if to.JoinerDays != from.JoinerDays {
			events = append(events, AuditEvent{Action: AuditJoinersChanged, Count: to.JoinerDays})
		}
		if to.RemovalDays != from.RemovalDays {
			events = append(events, AuditEvent{Action: AuditRemovalDaysChanged, Count: to.RemovalDays})
		}
		return t.auditAll(ctx, companyID, by, events)
	})
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	return nil
}

// requireInviter returns ErrForbidden unless the company's settings let the actor invite at this moment.
func (t *tx) requireInviter(ctx context.Context, companyID string, by Actor) error {
	if by.CLI {
		return nil
	}
	var memberType MemberType
	err := t.GetContext(ctx, &memberType, `
		SELECT m.type
		FROM people p
		JOIN members m ON m.id = p.id
		WHERE p.company_id = $1 AND p.slack_id = $2 AND `+eligible, companyID, by.SlackID)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrForbidden
	}
	if err != nil {
		return fmt.Errorf("check inviter: %w", err)
	}
	now, err := settings(ctx, t, companyID)
	if err != nil {
		return err
	}
	if !now.Inviters.Allows(memberType) {
		return ErrForbidden
	}
	return nil
}
