package networks

import (
	"context"
	"errors"
)

// ErrNotGranted means that the person consented, but not to what was asked for.
var ErrNotGranted = errors.New("the person left out the permission")

// A Pager is a Network of one Server on which companies have Pages, which people manage.
type Pager interface {
	Network
	Server
	// PagesURL is the consent page for one transaction that asks to see which Pages the person manages, and for nothing else. Exchange
	// follows, as after AuthURL.
	PagesURL(state, redirect, verifier string) string
	// Pages returns the Pages that the account manages, at most MaxPages. It returns ErrNotGranted if the person did not allow to see
	// them, and otherwise what Exchange does.
	Pages(ctx context.Context, account Account) ([]Page, error)
}

// A Page is a company's place on a network.
type Page struct {
	ID   string
	Name string
}

// MaxPages bounds how many Pages of one person are looked at.
const MaxPages = 100
