package store

import (
	"context"
	"fmt"
	"slices"
)

// A profile is all that the derived columns of a person derive from.
type profile struct {
	ID           string  `db:"id"`
	Name         string  `db:"name"`
	Handle       string  `db:"handle"`
	Email        string  `db:"email"`
	Bot          bool    `db:"bot"`
	Guest        bool    `db:"guest"`
	Deactivated  bool    `db:"deactivated"`
	MemberEmail  *string `db:"member_email"` // this and the next two are nil unless registered
	Type         *string `db:"type"`
	RegisteredAt *int64  `db:"registered_at"`
	connected    []string
	invited      bool

	// What is stored now:
	Standing standing `db:"standing"`
	Facets   string   `db:"facets"`
	Haystack string   `db:"haystack"`
	SortKey  []byte   `db:"sort_key"`
}

// derived are the columns that follow from a profile.
type derived struct {
	standing     standing
	facets       string
	haystack     string
	words        []string
	sortKey      []byte
	registeredAt int64
	disconnected bool
}

func (p *profile) derive() derived {
	d := derived{sortKey: sortKey(p.Name, p.ID)}
	set := func(f facet) { d.facets += string(f) }
	texts := []string{p.Name, p.Handle, p.Email}
	switch {
	case p.Type != nil:
		d.standing, d.registeredAt, d.disconnected = standingMember, *p.RegisteredAt, len(p.connected) == 0
		texts = append(texts, *p.MemberEmail)
		set(facetMember)
		switch MemberType(*p.Type) {
		case Recruiter:
			set(facetRecruiter)
		case Admin:
			set(facetAdmin)
		default:
			set(facetEmployee)
		}
		slices.Sort(p.connected) // so that the same networks are the same facets
		for _, network := range p.connected {
			set(networkFacet(network))
		}
		if d.disconnected {
			set(facetDisconnected)
		}
		if p.Deactivated {
			set(facetDeactivated)
		}
	case p.Bot || p.Guest || p.Deactivated:
		d.standing = standingOut
	case p.invited:
		d.standing = standingInvited
		set(facetInvited)
		set(facetUnregistered)
	default:
		d.standing = standingNew
		set(facetUnregistered)
	}
	if d.standing == standingOut {
		return d // no list holds them, no search finds them
	}
	d.words, d.haystack = searchable(texts...)
	return d
}

// derive brings everything up to date that follows from the rows of the given people: standing, groups, counters, words and the places
// in the lists. Every change of a person, member, connection or invitation ends with it, in the same transaction.
func (t *tx) derive(ctx context.Context, companyID string, ids []string) error {
	changes := tally{}
	for part := range chunks(ids) {
		if err := t.deriveChunk(ctx, companyID, part, changes); err != nil {
			return fmt.Errorf("derive: %w", err)
		}
	}
	return t.count(ctx, companyID, changes)
}

func (t *tx) deriveChunk(ctx context.Context, companyID string, ids []string, changes tally) error {
	profiles, err := t.profiles(ctx, ids)
	if err != nil {
		return err
	}
	var reworded [][]any
	var rewordedIDs []string
	for i := range profiles {
		p := &profiles[i]
		d := p.derive()
		changes.add(p.Facets, d.registeredAt, -1)
		changes.add(d.facets, d.registeredAt, 1)
		if d.standing == p.Standing && d.facets == p.Facets && d.haystack == p.Haystack && slices.Equal(d.sortKey, p.SortKey) {
			continue
		}
		rewordedIDs = append(rewordedIDs, p.ID)
		reworded = append(reworded, wordRows(companyID, p.ID, d)...)
		if err := t.place(ctx, p, d); err != nil {
			return err
		}
	}
	if len(rewordedIDs) == 0 {
		return nil
	}
	list, args := in(nil, rewordedIDs)
	if _, err := t.ExecContext(ctx, `DELETE FROM words WHERE person_id IN `+list, args...); err != nil {
		return fmt.Errorf("delete words: %w", err)
	}
	return t.insert(ctx, "words", wordColumns(), reworded)
}

// place writes the derived columns of one person.
func (t *tx) place(ctx context.Context, p *profile, d derived) error {
	_, err := t.ExecContext(ctx, `
		UPDATE people
		SET standing = $2, facets = $3, haystack = $4, sort_key = $5
		WHERE id = $1`, p.ID, d.standing, d.facets, d.haystack, d.sortKey)
	if err != nil {
		return fmt.Errorf("place person: %w", err)
	}
	if p.Type == nil {
		return nil
	}
	_, err = t.ExecContext(ctx, `
		UPDATE members
		SET sort_key = $2, disconnected = $3
		WHERE id = $1`, p.ID, d.sortKey, d.disconnected)
	if err != nil {
		return fmt.Errorf("place member: %w", err)
	}
	if slices.Equal(d.sortKey, p.SortKey) {
		return nil
	}
	_, err = t.ExecContext(ctx, `
		UPDATE connections
		SET sort_key = $2
		WHERE member_id = $1`, p.ID, d.sortKey)
	if err != nil {
		return fmt.Errorf("place connections: %w", err)
	}
	return nil
}

// profiles loads at most a chunk of them.
func (t *tx) profiles(ctx context.Context, ids []string) ([]profile, error) {
	list, args := in(nil, ids)
	var profiles []profile
	err := t.SelectContext(ctx, &profiles, `
		SELECT p.id, p.name, p.handle, p.email, p.bot, p.guest, p.deactivated, p.standing, p.facets, p.haystack, p.sort_key,
			m.email AS member_email, m.type, m.registered_at
		FROM people p
		LEFT JOIN members m ON m.id = p.id
		WHERE p.id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("load profiles: %w", err)
	}
	byID := map[string]*profile{}
	for i := range profiles {
		byID[profiles[i].ID] = &profiles[i]
	}

	var connections []struct {
		MemberID string `db:"member_id"`
		Network  string `db:"network"`
	}
	err = t.SelectContext(ctx, &connections, `
		SELECT member_id, network
		FROM connections
		WHERE state = 'connected' AND member_id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("load connections: %w", err)
	}
	for _, c := range connections {
		if p, ok := byID[c.MemberID]; ok {
			p.connected = append(p.connected, c.Network)
		}
	}

	var invited []string
	err = t.SelectContext(ctx, &invited, `
		SELECT person_id
		FROM invites
		WHERE kind <> 'self' AND closed = '' AND person_id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("load invitations: %w", err)
	}
	for _, id := range invited {
		if p, ok := byID[id]; ok {
			p.invited = true
		}
	}
	return profiles, nil
}

func wordColumns() []string {
	return []string{"person_id", "word", "company_id", "previous", "sort_key", "registered_at", "facets", "haystack"}
}

// wordRows returns the rows of the table words for one person.
func wordRows(companyID, personID string, d derived) [][]any {
	rows := make([][]any, 0, len(d.words))
	previous := []byte{}
	for _, w := range d.words {
		rows = append(rows, []any{personID, []byte(w), companyID, previous, d.sortKey, d.registeredAt, d.facets, d.haystack})
		previous = []byte(w)
	}
	return rows
}
