package store

import (
	"context"
	"fmt"
	"time"
)

// A Person is somebody Herald knows: mirrored from the workspace directory, or registered or invited from outside of it (SlackID "").
type Person struct {
	ID           string
	CompanyID    string
	SlackID      string
	Name         string // the real name in Slack, else the display name
	Handle       string // without @
	Email        string
	TimeZone     string // IANA name, may be ""
	Bot          bool
	Guest        bool // single- and multi-channel guests, and strangers from shared channels
	Deactivated  bool
	PrimaryOwner bool
	// Away: their status in Slack says that they are out of office, until AwayUntil; zero: nobody knows.
	Away      bool
	AwayUntil time.Time
	UpdatedAt time.Time // when Slack last changed the entry, to the second; zero: it does not say
}

// Eligible tells whether the person may be invited and become a member.
func (p Person) Eligible() bool { return !p.Bot && !p.Guest && !p.Deactivated }

// Access is what decides an authorisation: who somebody is in this company, at this moment.
type Access struct {
	Person *Person // nil if not in the mirror (yet), or forgotten
	Member *Member // nil unless registered and eligible
	// Inviter: the company's settings let them invite.
	Inviter bool
	// Forgotten: this Slack user was removed and is kept out of the mirror until they are invited or register again.
	Forgotten bool
}

type personRow struct {
	ID           string  `db:"id"`
	CompanyID    string  `db:"company_id"`
	SlackID      *string `db:"slack_id"`
	Name         string  `db:"name"`
	Handle       string  `db:"handle"`
	Email        string  `db:"email"`
	TimeZone     string  `db:"time_zone"`
	Bot          bool    `db:"bot"`
	Guest        bool    `db:"guest"`
	Deactivated  bool    `db:"deactivated"`
	PrimaryOwner bool    `db:"primary_owner"`
	Away         bool    `db:"away"`
	AwayEndsAt   int64   `db:"away_ends_at"`
	UpdatedAt    int64   `db:"updated_at"`
}

const personColumns = `p.id, p.company_id, p.slack_id, p.name, p.handle, p.email, p.time_zone, p.bot, p.guest, p.deactivated, p.primary_owner,
	p.away, p.away_ends_at, p.updated_at`

func (r personRow) person() Person {
	p := Person{
		ID: r.ID, CompanyID: r.CompanyID, Name: r.Name, Handle: r.Handle, Email: r.Email, TimeZone: r.TimeZone,
		Bot: r.Bot, Guest: r.Guest, Deactivated: r.Deactivated, PrimaryOwner: r.PrimaryOwner,
		Away: r.Away, AwayUntil: unstamp(r.AwayEndsAt), UpdatedAt: unstamp(r.UpdatedAt),
	}
	if r.SlackID != nil {
		p.SlackID = *r.SlackID
	}
	return p
}

// Access looks a Slack user up for authorisation.
func (s *Store) Access(ctx context.Context, companyID, slackID string) (Access, error) {
	people, err := s.roll(ctx, s.read, `p.company_id = $1 AND p.slack_id = $2`, companyID, slackID)
	if err != nil {
		return Access{}, fmt.Errorf("look up access: %w", err)
	}
	if len(people) == 1 {
		a := Access{Person: &people[0].Person}
		if a.Person.Eligible() {
			a.Member = people[0].Member
		}
		if a.Member != nil {
			now, err := s.Settings(ctx, companyID)
			if err != nil {
				return Access{}, fmt.Errorf("look up access: %w", err)
			}
			a.Inviter = now.Inviters.Allows(a.Member.Type)
		}
		return a, nil
	}
	keys, err := s.secret(ctx, companyID)
	if err != nil {
		return Access{}, fmt.Errorf("look up access: %w", err)
	}
	var a Access
	err = s.read.GetContext(ctx, &a.Forgotten, `
		SELECT EXISTS (
			SELECT 1
			FROM forgotten
			WHERE company_id = $1 AND subject_hash = $2)`, companyID, keys.slackHash(slackID))
	if err != nil {
		return Access{}, fmt.Errorf("look up access: %w", err)
	}
	return a, nil
}

// Person returns ErrNotFound for somebody who was removed, and for somebody of another company.
func (s *Store) Person(ctx context.Context, companyID, personID string) (Person, error) {
	return person(ctx, s.read, `p.company_id = $1 AND p.id = $2`, companyID, personID)
}

// PersonBySlackID returns ErrNotFound for a Slack user who is not in the mirror.
func (s *Store) PersonBySlackID(ctx context.Context, companyID, slackID string) (Person, error) {
	return person(ctx, s.read, `p.company_id = $1 AND p.slack_id = $2`, companyID, slackID)
}

// PrimaryOwner returns the workspace's primary owner, or ErrNotFound before the first sync.
func (s *Store) PrimaryOwner(ctx context.Context, companyID string) (Person, error) {
	return person(ctx, s.read, `p.company_id = $1 AND p.primary_owner AND NOT p.deactivated ORDER BY p.id LIMIT 1`, companyID)
}

// person loads the one person that the condition selects.
func person(ctx context.Context, q querier, condition string, args ...any) (Person, error) {
	var row personRow
	err := q.GetContext(ctx, &row, `
		SELECT `+personColumns+`
		FROM people p
		WHERE `+condition, args...)
	if err != nil {
		return Person{}, fmt.Errorf("load person: %w", found(err))
	}
	return row.person(), nil
}

// namedLimit bounds PeopleNamed: who shares a name with that many is not told apart by one more.
const namedLimit = 10

// PeopleNamed returns those whose handle, or whose email address in Slack or for messages about the programme, is exactly the name, in
// any case; at most 10. Guests, bots and deactivated people who are no members are left out.
func (s *Store) PeopleNamed(ctx context.Context, companyID, name string) ([]Person, error) {
	if name == "" { // those without a handle or an address are not called that
		return nil, nil
	}
	var rows []personRow
	err := s.read.SelectContext(ctx, &rows, peopleNamed, companyID, storable(name), foldEmail(storable(name)), namedLimit)
	if err != nil {
		return nil, fmt.Errorf("look for a name: %w", err)
	}
	people := make([]Person, len(rows))
	for i, r := range rows {
		people[i] = r.person()
	}
	return people, nil
}

// peopleNamed finds people by the company $1, the name $2 and the folded address $3.
const peopleNamed = `
	SELECT ` + personColumns + `
	FROM people p
	WHERE p.standing <> 'out' AND p.id IN (
		SELECT id
		FROM people
		WHERE company_id = $1 AND lower(handle) = lower($2)
		UNION
		SELECT id
		FROM people
		WHERE company_id = $1 AND email_folded = $3
		UNION
		SELECT id
		FROM members
		WHERE company_id = $1 AND lower(email) = lower($2))
	ORDER BY p.id
	LIMIT $4`

// PeopleBySlackIDs returns those of the Slack ids that are known, in the order given.
func (s *Store) PeopleBySlackIDs(ctx context.Context, companyID string, slackIDs []string) ([]Person, error) {
	known := make(map[string]Person, len(slackIDs))
	for part := range chunks(slackIDs) {
		list, args := in([]any{companyID}, part)
		var rows []personRow
		err := s.read.SelectContext(ctx, &rows, `
			SELECT `+personColumns+`
			FROM people p
			WHERE p.company_id = $1 AND p.slack_id IN `+list, args...)
		if err != nil {
			return nil, fmt.Errorf("load people: %w", err)
		}
		for _, r := range rows {
			p := r.person()
			known[p.SlackID] = p
		}
	}
	people := make([]Person, 0, len(known))
	for _, id := range slackIDs {
		if p, ok := known[id]; ok {
			people = append(people, p)
			delete(known, id)
		}
	}
	return people, nil
}
