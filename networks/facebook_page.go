package networks

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// facebookPages is the permission to see which Pages somebody manages. https://developers.facebook.com/docs/permissions#p
const facebookPages = "pages_show_list"

// PagesURL asks for the Pages alone, also of somebody who declined before: they have just said that they want it.
// https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow#reaskperms
func (f *Facebook) PagesURL(state, redirect, _ string) string {
	app := f.app
	app.RedirectURL, app.Scopes = redirect, []string{facebookPages}
	return app.AuthCodeURL(state, oauth2.SetAuthURLParam("auth_type", "rerequest"))
}

// Pages asks for ids and names only: the tokens of the Pages, which Facebook would add, are for what Herald does not do.
// https://developers.facebook.com/docs/graph-api/reference/user/accounts
func (f *Facebook) Pages(ctx context.Context, account Account) ([]Page, error) {
	if !slices.Contains(strings.Fields(account.Scopes), facebookPages) {
		return nil, ErrNotGranted
	}
	var answer struct {
		Data []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"data"`
	}
	query := url.Values{"fields": {"id,name"}, "limit": {strconv.Itoa(MaxPages)}}
	if err := f.call(ctx, http.MethodGet, "/me/accounts", account.Token, query, &answer); err != nil {
		return nil, fmt.Errorf("ask for the pages: %w", err)
	}
	var pages []Page
	for _, p := range answer.Data[:min(len(answer.Data), MaxPages)] {
		if p.ID != "" && p.Name != "" {
			pages = append(pages, Page{ID: p.ID, Name: p.Name})
		}
	}
	return pages, nil
}
