package store

import (
	"context"
	"errors"
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
	Group       Group
	Search      string
	After       string // cursor of the page shown
	Before      string
	Page        int // number of the page shown, from 1
	Revision    int // grows with every Save; part of the block ids, so that Slack draws fresh initial values
	Selected    int // size of the selection; read only
}

// OpenScreen stores a new screen and gives it its ID. A viewer has one OnHome screen, which it replaces, and any number OnMessage.
func (s *Store) OpenScreen(ctx context.Context, sc Screen) (Screen, error) {
	return Screen{}, errors.ErrUnsupported
}

// Screen returns the viewer's screen, or ErrNotFound if it is not theirs or too old.
func (s *Store) Screen(ctx context.Context, companyID, viewer, screenID string) (Screen, error) {
	return Screen{}, errors.ErrUnsupported
}

// HomeScreen returns the viewer's OnHome screen, or ErrNotFound.
func (s *Store) HomeScreen(ctx context.Context, companyID, viewer string) (Screen, error) {
	return Screen{}, errors.ErrUnsupported
}

// SaveScreen stores filter, search, cursor, page and response URL, and raises Revision.
func (s *Store) SaveScreen(ctx context.Context, sc Screen) (Screen, error) {
	return Screen{}, errors.ErrUnsupported
}

// Select adds (on) or takes members from the selection; ids that are not members of the company are ignored. ErrTooMany above SelectionLimit.
func (s *Store) Select(ctx context.Context, companyID, screenID string, memberIDs []string, on bool) error {
	return errors.ErrUnsupported
}

// SelectMatching adds everybody the query matches, up to SelectionLimit in all, and returns how many are selected then.
// A group of people who are not registered selects nobody.
func (s *Store) SelectMatching(ctx context.Context, companyID, screenID string, q RosterQuery) (int, error) {
	return 0, errors.ErrUnsupported
}

// ClearSelection empties it.
func (s *Store) ClearSelection(ctx context.Context, companyID, screenID string) error {
	return errors.ErrUnsupported
}

// Selected returns which of the given members are selected.
func (s *Store) Selected(ctx context.Context, companyID, screenID string, memberIDs []string) (map[string]bool, error) {
	return nil, errors.ErrUnsupported
}

// Selection returns the ids of all selected members that still exist, at most SelectionLimit.
func (s *Store) Selection(ctx context.Context, companyID, screenID string) ([]string, error) {
	return nil, errors.ErrUnsupported
}
