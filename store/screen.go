package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// ScreenLife is how long a screen can be used after its last use: Slack's response URLs live 30 minutes
// (https://docs.slack.dev/interactivity/handling-user-interaction), a Home tab may stay open for a day.
const ScreenLife = 24 * time.Hour

// Surface is where a screen is shown.
type Surface string

// The surfaces.
const (
	OnMessage Surface = "message"
	OnHome    Surface = "home"
)

// A Screen is the server's memory of one User Management screen: nothing the client sends back decides what it shows.
type Screen struct {
	ID          string
	CompanyID   string
	Viewer      string // Slack id; nobody else can use it
	Surface     Surface
	ResponseURL string // the latest one, for OnMessage
	Place       string // what is shown: "" or "members" User Management, "invitations" …; "" in the Home tab: the menu alone
	Group       Group
	State       InviteState // filter of the invitations, "" for all
	Search      string
	After       string // cursor of the page shown
	Before      string
	Page        int // number of the page shown, from 1
	Revision    int // grows with every Save; part of the block ids, so that Slack draws fresh initial values
	Selected    int // size of the selection; read only
}

// screenState is what is sealed at rest: a search and a cursor may name people, and a response URL lets who has it write.
type screenState struct {
	ResponseURL, Place, Search, After, Before string
	State                                     InviteState
}

type screenRow struct {
	ID        string  `db:"id"`
	CompanyID string  `db:"company_id"`
	Viewer    string  `db:"viewer"`
	Surface   Surface `db:"surface"`
	Group     Group   `db:"grp"`
	Page      int     `db:"page"`
	Revision  int     `db:"revision"`
	State     []byte  `db:"state_sealed"`
	Selected  int     `db:"selected"`
}

func (s *Store) sealScreen(sc Screen) ([]byte, error) {
	state, err := json.Marshal(screenState{
		ResponseURL: sc.ResponseURL, Place: sc.Place, Search: sc.Search, After: sc.After, Before: sc.Before, State: sc.State,
	})
	if err != nil {
		return nil, err
	}
	return s.keys.seal(state, "screen", sc.CompanyID, sc.ID), nil
}

func (s *Store) openScreen(r screenRow) (Screen, error) {
	plain, err := s.keys.open(r.State, "screen", r.CompanyID, r.ID)
	if err != nil {
		return Screen{}, err
	}
	var state screenState
	if err := json.Unmarshal(plain, &state); err != nil {
		return Screen{}, err
	}
	return Screen{
		ID: r.ID, CompanyID: r.CompanyID, Viewer: r.Viewer, Surface: r.Surface, ResponseURL: state.ResponseURL, Place: state.Place,
		Group: r.Group, State: state.State, Search: state.Search, After: state.After, Before: state.Before, Page: r.Page, Revision: r.Revision,
		Selected: r.Selected,
	}, nil
}

// OpenScreen stores a new screen and gives it its ID. A viewer has one OnHome screen, which it replaces, and any number OnMessage.
// ErrNotFound unless the viewer is a member who is not deactivated: a request may still be on its way when its person is removed.
func (s *Store) OpenScreen(ctx context.Context, sc Screen) (Screen, error) {
	sc.ID, sc.Revision, sc.Selected = newID(), 1, 0
	sealed, err := s.sealScreen(sc)
	if err != nil {
		return Screen{}, fmt.Errorf("open screen: %w", err)
	}
	err = s.change(ctx, sc.CompanyID, func(t *tx) error { // one after the other with a removal
		if sc.Surface == OnHome {
			_, err := t.ExecContext(ctx, `
				DELETE FROM screens
				WHERE company_id = $1 AND viewer = $2 AND surface = 'home'`, sc.CompanyID, sc.Viewer)
			if err != nil {
				return err
			}
		}
		return t.insertScreen(ctx, sc, sealed)
	})
	if err != nil {
		return Screen{}, fmt.Errorf("open screen: %w", err)
	}
	return sc, nil
}

func (t *tx) insertScreen(ctx context.Context, sc Screen, sealed []byte) error {
	n, err := t.exec(ctx, `
		INSERT INTO screens (id, company_id, viewer, surface, grp, page, revision, state_sealed, used_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
		WHERE EXISTS (
			SELECT 1
			FROM people p
			JOIN members m ON m.id = p.id
			WHERE p.company_id = $2 AND p.slack_id = $3 AND NOT p.bot AND NOT p.guest AND NOT p.deactivated)`,
		sc.ID, sc.CompanyID, sc.Viewer, sc.Surface, sc.Group, sc.Page, sc.Revision, sealed, stamp(t.now))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// Screen returns the viewer's screen, or ErrNotFound if it is not theirs or too old.
func (s *Store) Screen(ctx context.Context, companyID, viewer, screenID string) (Screen, error) {
	return s.screenWhere(ctx, `s.id = $4`, companyID, viewer, screenID)
}

// HomeScreen returns the viewer's OnHome screen, or ErrNotFound.
func (s *Store) HomeScreen(ctx context.Context, companyID, viewer string) (Screen, error) {
	return s.screenWhere(ctx, `s.surface = 'home'`, companyID, viewer)
}

func (s *Store) screenWhere(ctx context.Context, condition, companyID, viewer string, more ...any) (Screen, error) {
	var row screenRow
	err := s.read.GetContext(ctx, &row, `
		SELECT s.id, s.company_id, s.viewer, s.surface, s.grp, s.page, s.revision, s.state_sealed, (
			SELECT count(*)
			FROM selections
			WHERE screen_id = s.id) AS selected
		FROM screens s
		WHERE s.company_id = $1 AND s.viewer = $2 AND s.used_at > $3 AND `+condition,
		append([]any{companyID, viewer, stamp(s.time().Add(-ScreenLife))}, more...)...)
	if err != nil {
		return Screen{}, fmt.Errorf("load screen: %w", found(err))
	}
	sc, err := s.openScreen(row)
	if err != nil {
		return Screen{}, fmt.Errorf("load screen: %w", err)
	}
	return sc, nil
}

// SaveScreen stores filter, search, cursor, page and response URL, and raises Revision. ErrNotFound if the screen is gone.
func (s *Store) SaveScreen(ctx context.Context, sc Screen) (Screen, error) {
	sealed, err := s.sealScreen(sc)
	if err != nil {
		return Screen{}, fmt.Errorf("save screen: %w", err)
	}
	err = s.update(ctx, func(t *tx) error {
		// The selection changes by itself: what sc says of its size may be old.
		return found(t.QueryRowxContext(ctx, `
			UPDATE screens
			SET grp = $4, page = $5, state_sealed = $6, used_at = $7, revision = revision + 1
			WHERE company_id = $1 AND viewer = $2 AND id = $3
			RETURNING revision, (
				SELECT count(*)
				FROM selections
				WHERE screen_id = $3)`, sc.CompanyID, sc.Viewer, sc.ID, sc.Group, sc.Page, sealed, stamp(t.now)).
			Scan(&sc.Revision, &sc.Selected))
	})
	if err != nil {
		return Screen{}, fmt.Errorf("save screen: %w", err)
	}
	return sc, nil
}
