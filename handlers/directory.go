package handlers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"herald/delivery"
	"herald/store"
)

// directoryPage is how many people one call of users.list asks for: Slack advises no more than 200
// (https://docs.slack.dev/reference/methods/users.list).
const directoryPage = 200

// directoryTries is how often a page is asked for again when Slack is in trouble; a sync of a large workspace takes half an hour.
const directoryTries = 5

// ErrToken is returned by Start where Slack does not accept the bot token: trying again is of no use until somebody replaces it.
var ErrToken = errors.New("slack does not accept the bot token")

// Start asks Slack whose workspace the token belongs to, and returns its company, made on the first start. Its error wraps ErrToken if
// the token is of no use; after any other error it may be called again.
func (h *Handlers) Start(ctx context.Context) (store.Company, error) {
	api := h.api(store.Company{})
	auth, err := api.AuthTestContext(ctx)
	switch slackError(err) {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "missing_scope":
		return store.Company{}, fmt.Errorf("ask slack whose token this is: %w: %w", ErrToken, err)
	}
	if err != nil {
		return store.Company{}, fmt.Errorf("ask slack whose token this is: %w", clean(err))
	}
	w := store.Workspace{EnterpriseID: auth.EnterpriseID, TeamID: auth.TeamID, Name: auth.Team}
	// The domain is only good for a prettier company URL, so a Slack that does not tell it will do.
	switch team, err := api.GetTeamInfoContext(ctx); {
	case err == nil:
		w.Name, w.Domain = cmp.Or(team.Name, w.Name), team.Domain
	case ctx.Err() != nil:
		return store.Company{}, fmt.Errorf("ask slack about the workspace: %w", clean(err))
	default:
		h.log.LogAttrs(ctx, slog.LevelWarn, "team.info failed; the company URL is made from the workspace's name", slog.String("error", clean(err).Error()))
	}
	company, err := h.store.InstallCompany(ctx, w)
	if err != nil {
		return store.Company{}, fmt.Errorf("install the company: %w", err)
	}
	return company, nil
}

// SyncDirectory mirrors the whole workspace directory, at Slack's pace, which is about 4,000 people a minute. It may be interrupted at any
// time, and two processes may do it at once: it goes on where the last page that anybody read ended, and who reads a page second stops.
// Only a complete sync marks those who are gone as deactivated.
func (h *Handlers) SyncDirectory(ctx context.Context, company store.Company) error {
	for restarted := false; ; restarted = true {
		sync, err := h.store.BeginSync(ctx, company.ID)
		if err != nil {
			return fmt.Errorf("begin a directory sync: %w", err)
		}
		err = h.syncPages(ctx, company, sync)
		switch {
		case errors.Is(err, store.ErrChanged):
			return nil // somebody else goes on with it
		case slackError(err) == "invalid_cursor" && !restarted:
			// Slack forgets how far a listing was, and does not say after how long.
			if err := h.store.DropSync(ctx, sync); err != nil {
				return fmt.Errorf("start the directory sync over: %w", err)
			}
		default:
			return err
		}
	}
}

// syncPages reads the rest of a sync.
func (h *Handlers) syncPages(ctx context.Context, company store.Company, sync store.DirectorySync) error {
	for !sync.Complete() {
		page, err := h.nextPage(ctx, company, h.directory(company, sync.Cursor))
		if err != nil {
			return fmt.Errorf("list the directory: %w", err)
		}
		entries := make([]store.Person, len(page.Users))
		for i, u := range page.Users {
			entries[i] = entryOf(company, u)
			h.owners.seen(company.ID, entries[i], h.now())
		}
		if sync, err = h.store.MirrorPage(ctx, sync, entries, page.Cursor); err != nil {
			return fmt.Errorf("mirror a page of the directory: %w", err)
		}
	}
	if sync.Colleagues == 0 {
		// Somebody installed Herald, so this is no directory, but a server in trouble: believing it would shut everybody out.
		h.log.LogAttrs(ctx, slog.LevelWarn, "slack listed nobody who works here, so nobody is taken for gone", slog.String("team", company.TeamID), slog.Int("people", sync.People))
		return h.store.DropSync(ctx, sync)
	}
	if err := h.store.FinishSync(ctx, sync); err != nil {
		return fmt.Errorf("finish the directory sync: %w", err)
	}
	h.log.LogAttrs(ctx, slog.LevelInfo, "directory synced", slog.String("team", company.TeamID), slog.Int("people", sync.People), slog.Duration("took", h.now().Sub(sync.StartedAt)))
	return nil
}

// nextPage asks for the next page of the directory when its turn comes, and waits as often and as long as Slack says: a listing that is
// broken off begins anew.
func (h *Handlers) nextPage(ctx context.Context, c store.Company, page slack.UserPagination) (slack.UserPagination, error) {
	for failures := 0; ; {
		if err := h.turnToList(ctx, c); err != nil {
			return page, fmt.Errorf("wait for a turn to list people: %w", err)
		}
		next, err := page.Next(ctx)
		_, limited := errors.AsType[*slack.RateLimitedError](err)
		switch {
		case err == nil:
			return next, nil
		case limited:
			h.slowDown(ctx, c, delivery.Listing, err)
		case !delivery.Transient(err), failures == directoryTries:
			return page, clean(err)
		default:
			failures++
			if err := sleep(ctx, delivery.RetryAfter(err, failures)); err != nil {
				return page, err
			}
		}
	}
}

// turnToList waits until people may be listed, however long that takes.
func (h *Handlers) turnToList(ctx context.Context, c store.Company) error {
	for {
		err := h.pacer.WaitToCall(ctx, c.ID, delivery.Listing, delivery.Bulk)
		later, ok := errors.AsType[*delivery.LaterError](err)
		if !ok {
			return err
		}
		if err := sleep(ctx, later.Wait); err != nil {
			return err
		}
	}
}

// personChanged mirrors somebody who joined the workspace, or whose profile, role or account changed (team_join, user_change).
// Somebody who was removed from the programme stays unknown.
func (h *Handlers) personChanged(ctx context.Context, ev slackevents.EventsAPIEvent) error {
	company, err := h.companyOf(ctx, eventRequest(ev))
	if errors.Is(err, store.ErrNotFound) { // of a workspace that is not served, however often Slack tells
		h.log.LogAttrs(ctx, slog.LevelWarn, "directory event of a workspace without a company", slog.String("team", ev.TeamID))
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the company of a directory event: %w", err)
	}
	callback, ok := ev.Data.(*slackevents.EventsAPICallbackEvent)
	if !ok || callback.InnerEvent == nil {
		return errors.New("a directory event without a body")
	}
	// slackevents has a user type of its own, which does not tell strangers from colleagues.
	var body struct {
		User slack.User `json:"user"`
	}
	if err := json.Unmarshal(*callback.InnerEvent, &body); err != nil {
		return fmt.Errorf("read a directory event: %w", err)
	}
	if body.User.ID == "" {
		return errors.New("a directory event without a user")
	}
	entry := entryOf(company, body.User)
	if ev.InnerEvent.Type == string(slackevents.TeamJoin) {
		err = h.store.MirrorJoiner(ctx, company.ID, entry)
	} else {
		err = h.store.MirrorPeople(ctx, company.ID, []store.Person{entry})
	}
	if err != nil {
		return fmt.Errorf("mirror a person: %w", err)
	}
	return nil
}

// uninstalled notes that the workspace took the app away or revoked its token (app_uninstalled, tokens_revoked). Nothing is erased: it
// happens by mistake, or when the person who installed the app leaves, and whoever installs it again finds everybody in place.
func (h *Handlers) uninstalled(ctx context.Context, ev slackevents.EventsAPIEvent) error {
	revoked, ok := ev.InnerEvent.Data.(*slackevents.TokensRevokedEvent)
	if ok && len(revoked.Tokens.Bot) == 0 && len(revoked.Tokens.Oauth) > 0 {
		return nil // tokens of people, which Herald does not use: its own goes on working
	}
	h.log.LogAttrs(ctx, slog.LevelWarn, "slack took the app's access away; install it again and set the new tokens, or delete the database to erase everything",
		slog.String("team", ev.TeamID), slog.String("event", ev.InnerEvent.Type))
	return nil
}

// sleep waits, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// DirectoryPerson asks Slack who somebody is, for people who are not in the mirror. It returns store.ErrNotFound for
// somebody whom the workspace does not know.
func (h *Handlers) DirectoryPerson(ctx context.Context, company store.Company, slackID string) (store.Person, error) {
	u, err := h.api(company).GetUserInfoContext(ctx, slackID, slack.GetUserInfoOptionIncludeLocale(false))
	switch {
	case slices.Contains([]string{"user_not_found", "user_not_visible", "users_not_found"}, slackError(err)):
		return store.Person{}, fmt.Errorf("ask slack about a person: %w", store.ErrNotFound)
	case err != nil:
		return store.Person{}, fmt.Errorf("ask slack about a person: %w", clean(err))
	}
	return entryOf(company, *u), nil
}

// directoryEntry is DirectoryPerson for the person who asks: a UserError tells them that the workspace does not know them.
func (h *Handlers) directoryEntry(ctx context.Context, company store.Company, slackID string) (store.Person, error) {
	p, err := h.DirectoryPerson(ctx, company, slackID)
	if errors.Is(err, store.ErrNotFound) {
		return store.Person{}, &UserError{"This programme is for " + company.Name + "'s own people, and Slack does not list you among them. Sorry!"}
	}
	return p, err
}

// slackError returns the code of an error that Slack answered with, such as "channel_not_found", else "".
func slackError(err error) string {
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return refused.Err
	}
	return ""
}

// entryOf turns Slack's description of a user into a directory entry of the company. Whoever is not fully of this workspace is a guest.
func entryOf(company store.Company, u slack.User) store.Person {
	// The real name, since admins look for colleagues and posts carry names: a display name is often just the handle, which is kept too.
	name := cmp.Or(u.RealName, u.Profile.RealName, u.Profile.DisplayName, u.Name)
	ours := u.TeamID == "" || u.TeamID == company.TeamID || slices.Contains(u.Enterprise.Teams, company.TeamID)
	away, until := outOfOffice(u.Profile)
	var updated time.Time
	if u.Updated > 0 {
		updated = u.Updated.Time().UTC()
	}
	return store.Person{
		SlackID:      u.ID,
		Name:         name,
		Handle:       u.Name,
		Email:        u.Profile.Email,
		TimeZone:     u.TZ,
		Bot:          u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == slackbot,
		Guest:        u.IsRestricted || u.IsUltraRestricted || u.IsStranger || !ours,
		Deactivated:  u.Deleted,
		PrimaryOwner: u.IsPrimaryOwner,
		Away:         away,
		AwayUntil:    until,
		UpdatedAt:    updated,
	}
}

// slackbot is the account that every workspace has; Slack does not mark it as a bot.
const slackbot = "USLACKBOT"
