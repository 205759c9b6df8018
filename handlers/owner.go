package handlers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// ownerLife is how long the primary owner whom the directory named is believed to be it: longer than from one sync of the directory to the
// next. Ownership changes once in years, and whoever decides is checked again.
const ownerLife = 7 * time.Hour

// owners remembers who the primary owners are that the mirror does not hold: it is not to be stored who left the programme. The zero value
// is ready to use.
type owners struct {
	mu        sync.Mutex
	byCompany map[string]owner
}

type owner struct {
	slackID string
	at      time.Time
}

// of returns the remembered owner of a company, or "".
func (o *owners) of(companyID string, now time.Time) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known, ok := o.byCompany[companyID]; ok && now.Sub(known.at) < ownerLife {
		return known.slackID
	}
	return ""
}

// seen remembers the primary owner if the person is it.
func (o *owners) seen(companyID string, p store.Person, now time.Time) {
	if !p.PrimaryOwner || !p.Eligible() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byCompany == nil {
		o.byCompany = map[string]owner{}
	}
	o.byCompany[companyID] = owner{p.SlackID, now}
}

// primaryOwner returns the Slack id of the workspace's primary owner. Slack is asked where the mirror does not know them: before the first
// sync of the directory, and once they left the programme; for a large workspace that takes minutes. It is "" if there is nobody.
func (h *Handlers) primaryOwner(ctx context.Context, c store.Company) (string, error) {
	p, err := h.store.PrimaryOwner(ctx, c.ID)
	switch {
	case err == nil && p.Eligible():
		return p.SlackID, nil
	case err == nil:
		return "", nil
	case !errors.Is(err, store.ErrNotFound):
		return "", fmt.Errorf("find the primary owner: %w", err)
	}
	if id := h.owners.of(c.ID, h.now()); id != "" {
		return id, nil
	}
	for page := h.directory(c, ""); ; {
		var err error
		if page, err = h.nextPage(ctx, c, page); err != nil {
			return "", fmt.Errorf("look for the primary owner: %w", err)
		}
		for _, u := range page.Users {
			h.owners.seen(c.ID, entryOf(c, u), h.now())
		}
		if id := h.owners.of(c.ID, h.now()); id != "" || page.Cursor == "" {
			return id, nil
		}
	}
}

// isPrimaryOwner asks the mirror, and where that does not know them, Slack, whether somebody is the primary owner at this moment.
func (h *Handlers) isPrimaryOwner(ctx context.Context, c store.Company, slackID string) (bool, error) {
	p, err := h.store.PrimaryOwner(ctx, c.ID)
	if err == nil {
		return p.SlackID == slackID, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return false, fmt.Errorf("find the primary owner: %w", err)
	}
	p, err = h.DirectoryPerson(ctx, c, slackID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && p.PrimaryOwner && p.Eligible(), err
}

// directory lists the people of the workspace, from the page that begins at Slack's cursor; "" is the first one.
func (h *Handlers) directory(c store.Company, cursor string) slack.UserPagination {
	return h.api(c).GetUsersPaginated(slack.GetUsersOptionLimit(directoryPage), slack.GetUsersOptionIncludeLocale(false),
		slack.GetUsersOptionTeamID(c.TeamID), slack.GetUsersOptionCursor(cursor))
}
