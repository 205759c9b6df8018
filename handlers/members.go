package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// members answers "/social members [group] [search words]" with User Management.
func (h *Handlers) members(ctx context.Context, r *request) (reply, error) {
	group, search := h.parseFilter(r.args)
	return h.openMembers(ctx, r, group, search, nil)
}

// userManagement opens it from the menu: below it in the Home tab, else as a message.
func (h *Handlers) userManagement(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	if r.home {
		return h.goTo(ctx, r, placeMembers)
	}
	return h.openMembers(ctx, r, store.All, "", nil)
}

// openMembers answers with a new screen, which is prepared before it is drawn; nil: it is fine as it is.
func (h *Handlers) openMembers(ctx context.Context, r *request, group store.Group, search string, prepare func(store.Screen) (store.Screen, error)) (reply, error) {
	sc := store.Screen{
		CompanyID: r.company.ID, Viewer: r.slackID, Surface: store.OnMessage, ResponseURL: r.responseURL, Group: group, Search: search, Page: 1,
	}
	roster, err := h.page(ctx, &sc)
	if err != nil {
		return reply{}, err
	}
	if sc, err = h.store.OpenScreen(ctx, sc); err != nil {
		return reply{}, fmt.Errorf("open a screen: %w", err)
	}
	if prepare != nil {
		if sc, err = prepare(sc); err != nil {
			return reply{}, err
		}
	}
	m, err := h.drawMembers(ctx, r, sc, roster)
	if err != nil {
		return reply{}, err
	}
	return fresh(m), nil
}

// parseFilter reads a group's name or one of its synonyms, in one to four words, and takes the rest for a search.
func (h *Handlers) parseFilter(args string) (store.Group, string) {
	words := strings.Fields(unescape(args))
	for n := min(len(words), 4); n > 0; n-- {
		if g, ok := h.groupNamed(strings.ToLower(strings.Join(words[:n], " "))); ok {
			return g, searchWords(words[n:])
		}
	}
	return store.All, searchWords(words)
}

func searchWords(words []string) string {
	s := []rune(strings.Join(words, " "))
	return string(s[:min(len(s), view.SearchLimit)])
}

// groupNamed finds a group by what people call it.
func (h *Handlers) groupNamed(name string) (store.Group, bool) {
	switch name {
	case "all", "everybody", "everyone", "members":
		return store.All, true
	case "employees", "employee":
		return store.Employees, true
	case "recruiters", "recruiter":
		return store.Recruiters, true
	case "admins", "admin", "company admins", "company admin":
		return store.Admins, true
	case "disconnected", "not connected", "unconnected", "expired":
		return store.Disconnected, true
	case "deactivated", "deactivated in slack", "gone":
		return store.Deactivated, true
	case "recent", "new", "last 30 days", "registered recently":
		return store.Recent, true
	case "invited", "pending", "invited but not registered":
		return store.Invited, true
	case "unregistered", "not registered", "missing":
		return store.Unregistered, true
	}
	for _, n := range h.networks {
		title := strings.ToLower(n.Title)
		if slices.Contains([]string{n.Name, title, "connected to " + title, "on " + title}, name) {
			return store.OnNetwork(n.Name), true
		}
	}
	return "", false
}

// query asks for the page that a screen shows.
func query(sc store.Screen) store.RosterQuery {
	return store.RosterQuery{Group: sc.Group, Search: sc.Search, After: sc.After, Before: sc.Before, Limit: view.PageSize}
}

// page loads the page that the screen shows. Where people were removed meanwhile, a page may be empty, or the first one may have
// gaps: the screen goes to the first page then.
func (h *Handlers) page(ctx context.Context, sc *store.Screen) (store.Roster, error) {
	roster, err := h.store.Roster(ctx, sc.CompanyID, query(*sc))
	if err == nil && (sc.After != "" || sc.Before != "") && (len(roster.Rows) == 0 || roster.Prev == "") {
		firstPage(sc)
		roster, err = h.store.Roster(ctx, sc.CompanyID, query(*sc))
	}
	if err != nil {
		return store.Roster{}, fmt.Errorf("load a page of the members: %w", err)
	}
	return roster, nil
}

func firstPage(sc *store.Screen) { sc.After, sc.Before, sc.Page = "", "", 1 }

// drawMembers draws the page of a stored screen.
func (h *Handlers) drawMembers(ctx context.Context, r *request, sc store.Screen, roster store.Roster) (view.Message, error) {
	var selected map[string]bool
	if sc.Selected > 0 {
		var ids []string
		for _, row := range roster.Rows {
			if row.Member != nil {
				ids = append(ids, row.Member.ID)
			}
		}
		var err error
		if selected, err = h.store.Selected(ctx, r.company.ID, sc.ID, ids); err != nil {
			return view.Message{}, fmt.Errorf("look up who is selected: %w", err)
		}
	}
	return view.Members{
		Screen: sc, Company: r.company, Offered: h.networks, URL: h.companyURL(r.company), Counts: roster.Counts, Roster: roster, Selected: selected, Now: h.now(),
	}.Message(), nil
}

// redrawPage saves the screen, so that Slack draws it anew, and draws it.
func (h *Handlers) redrawPage(ctx context.Context, r *request, sc store.Screen) (store.Screen, view.Message, error) {
	roster, err := h.page(ctx, &sc)
	if err != nil {
		return sc, view.Message{}, err
	}
	if sc, err = h.store.SaveScreen(ctx, sc); err != nil {
		return sc, view.Message{}, fmt.Errorf("save a screen: %w", err)
	}
	m, err := h.drawMembers(ctx, r, sc, roster)
	return sc, m, err
}

// redrawList saves and draws what the screen shows: User Management or Invitations.
func (h *Handlers) redrawList(ctx context.Context, r *request, sc store.Screen) (store.Screen, view.Message, error) {
	if sc.Place == placeInvitations {
		return h.redrawInvitations(ctx, sc)
	}
	return h.redrawPage(ctx, r, sc)
}

// redrawMembers shows the viewer's screen again, with what happened. Without a screen, or with one that is too old, a click is
// answered with a new screen, anything else with what happened.
func (h *Handlers) redrawMembers(ctx context.Context, r *request, screenID string, notice *view.Notice) (reply, error) {
	sc, err := h.store.Screen(ctx, r.company.ID, r.slackID, screenID)
	switch {
	case errors.Is(err, store.ErrNotFound) && (r.home || r.responseURL != ""):
		return h.freshMembers(ctx, r, notice)
	case errors.Is(err, store.ErrNotFound) && notice != nil:
		return fresh(notice.Message()), nil
	case errors.Is(err, store.ErrNotFound):
		return reply{}, nil
	case err != nil:
		return reply{}, fmt.Errorf("load a screen: %w", err)
	}
	return h.redrawScreenOf(ctx, r, sc, notice)
}

// redrawScreenOf is redrawMembers for a screen that was loaded.
func (h *Handlers) redrawScreenOf(ctx context.Context, r *request, sc store.Screen, notice *view.Notice) (reply, error) {
	if sc.Surface == store.OnHome {
		menu, err := h.drawMenu(ctx, r, true)
		if err != nil {
			return reply{}, err
		}
		menu.Notice = notice
		if sc.Place != placeInvitations {
			sc.Place = placeMembers
		}
		m, err := h.homeAt(ctx, r, sc, menu)
		return reply{home: &m}, err
	}
	if r.responseURL != "" {
		sc.ResponseURL = r.responseURL
	}
	sc, m, err := h.redrawList(ctx, r, sc)
	if err != nil {
		return reply{}, err
	}
	m.Notice = notice
	if r.responseURL != "" {
		return reply{message: &m, replace: true}, nil
	}
	// What was confirmed in a modal changes the message that it was opened from, if Slack still lets us.
	if err := h.respond(ctx, sc.ResponseURL, m, true); err != nil {
		h.log.LogAttrs(ctx, slog.LevelInfo, "screen not redrawn", slog.String("team", r.teamID), slog.String("error", err.Error()))
		if notice != nil {
			return fresh(notice.Message()), nil
		}
	}
	return reply{}, nil
}

// freshMembers shows a new screen in the place of one that cannot be used.
func (h *Handlers) freshMembers(ctx context.Context, r *request, notice *view.Notice) (reply, error) {
	if r.home {
		return h.redrawHome(ctx, r, notice)
	}
	rep, err := h.openMembers(ctx, r, store.All, "", nil)
	if err != nil {
		return reply{}, err
	}
	rep.message.Notice, rep.replace = notice, true
	return rep, nil
}

// errStale is a click on a screen that is not the viewer's, or too old, or never was.
var errStale = errors.New("stale screen")

// errFormOpen is a click that opened a form: what the screen shows from now on is up to the form.
var errFormOpen = errors.New("form open")

// screenHere finds the screen on which something was pressed, and the row's id. The block id comes from the client: the screen must be
// the viewer's own and on this surface; the row's id is only a claim.
func (h *Handlers) screenHere(ctx context.Context, r *request, pressed *slack.BlockAction) (sc store.Screen, rowID string, err error) {
	screenID, _, _, rowID, ok := view.ParseBlockID(pressed.BlockID)
	if !ok {
		return sc, "", errStale
	}
	sc, err = h.store.Screen(ctx, r.company.ID, r.slackID, screenID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (sc.Surface == store.OnHome) != r.home {
		return sc, "", errStale
	}
	if err != nil {
		return sc, "", fmt.Errorf("load a screen: %w", err)
	}
	if r.responseURL != "" {
		sc.ResponseURL = r.responseURL
	}
	return sc, rowID, nil
}

// onScreen makes an action of something that is done on a User Management screen, which is drawn again afterwards. What went wrong
// stands above the list in red.
func onScreen(do func(*Handlers, context.Context, *request, *store.Screen, *slack.BlockAction, string) (*view.Notice, error)) func(*Handlers, context.Context, *request, *slack.BlockAction) (reply, error) {
	return onList("", (*Handlers).freshMembers, do)
}

// onList is onScreen for a screen that shows the place, or any if that is "". afresh shows a new one instead of one that cannot be used.
func onList(
	place string,
	afresh func(*Handlers, context.Context, *request, *view.Notice) (reply, error),
	do func(*Handlers, context.Context, *request, *store.Screen, *slack.BlockAction, string) (*view.Notice, error),
) func(*Handlers, context.Context, *request, *slack.BlockAction) (reply, error) {
	return func(h *Handlers, ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
		sc, rowID, err := h.screenHere(ctx, r, pressed)
		if err == nil && place != "" && sc.Place != place {
			err = errStale
		}
		if errors.Is(err, errStale) {
			return afresh(h, ctx, r, &view.Notice{Text: view.StaleScreen})
		}
		if err != nil {
			return reply{}, err
		}
		notice, err := do(h, ctx, r, &sc, pressed, rowID)
		if errors.Is(err, errFormOpen) { // the screen was put right before that
			return reply{}, nil
		}
		if errors.Is(err, store.ErrForbidden) { // no admin any more: this screen is not theirs to see
			return reply{}, err
		}
		if err != nil {
			notice = &view.Notice{Text: h.explain(ctx, r, err)}
		}
		return h.redrawScreenOf(ctx, r, sc, notice)
	}
}

// filterMembers shows another group; search and selection stay.
func (h *Handlers) filterMembers(_ context.Context, _ *request, sc *store.Screen, pressed *slack.BlockAction, _ string) (*view.Notice, error) {
	for _, g := range store.Groups(h.networks.Names()...) {
		if string(g) == pressed.SelectedOption.Value {
			sc.Group = g
			firstPage(sc)
		}
	}
	return nil, nil //nolint:nilnil // no notice is no error
}

// toInvite shows everybody who is not registered, each with a button that invites them.
func (h *Handlers) toInvite(_ context.Context, _ *request, sc *store.Screen, _ *slack.BlockAction, _ string) (*view.Notice, error) {
	if sc.Place == placeLink {
		sc.Place = "" // the message of /social link becomes the list
	}
	sc.Group, sc.Search = store.Unregistered, ""
	firstPage(sc)
	return nil, nil //nolint:nilnil // no notice is no error
}

// searchMembers searches within the group; the selection stays.
func (h *Handlers) searchMembers(_ context.Context, _ *request, sc *store.Screen, pressed *slack.BlockAction, _ string) (*view.Notice, error) {
	sc.Search = searchWords(strings.Fields(pressed.Value))
	firstPage(sc)
	return nil, nil //nolint:nilnil // no notice is no error
}

// clearFilter shows all members; the selection stays.
func (h *Handlers) clearFilter(_ context.Context, _ *request, sc *store.Screen, _ *slack.BlockAction, _ string) (*view.Notice, error) {
	sc.Group, sc.Search = store.All, ""
	firstPage(sc)
	return nil, nil //nolint:nilnil // no notice is no error
}

// turnPage goes a page forward or back. The button names the page it leads to, so a second click before the list changed turns once.
func (h *Handlers) turnPage(ctx context.Context, _ *request, sc *store.Screen, pressed *slack.BlockAction, _ string) (*view.Notice, error) {
	roster, err := h.page(ctx, sc)
	if err != nil {
		return nil, err
	}
	turn(sc, pressed.Value, roster.Prev, roster.Next)
	return nil, nil //nolint:nilnil // no notice is no error
}

// turn lets the screen show the page wanted, if that is a neighbour of its own, which the cursors lead to.
func turn(sc *store.Screen, wanted, prev, next string) {
	switch {
	case wanted == strconv.Itoa(sc.Page+1) && next != "":
		sc.After, sc.Before, sc.Page = next, "", sc.Page+1
	case wanted == strconv.Itoa(sc.Page-1) && prev != "":
		sc.After, sc.Before, sc.Page = "", prev, sc.Page-1
	}
}

// selectMember follows the checkbox of a row.
func (h *Handlers) selectMember(ctx context.Context, r *request, sc *store.Screen, pressed *slack.BlockAction, memberID string) (*view.Notice, error) {
	on := len(pressed.SelectedOptions) > 0
	if err := h.store.Select(ctx, r.company.ID, sc.ID, []string{memberID}, on); err != nil {
		return nil, fmt.Errorf("select a member: %w", err)
	}
	return nil, nil //nolint:nilnil // no notice is no error
}

// selectAll selects everybody who matches, on all pages.
func (h *Handlers) selectAll(ctx context.Context, r *request, sc *store.Screen, _ *slack.BlockAction, _ string) (*view.Notice, error) {
	all := query(*sc)
	all.After, all.Before = "", ""
	if _, err := h.store.SelectMatching(ctx, r.company.ID, sc.ID, all); err != nil {
		return nil, fmt.Errorf("select all who match: %w", err)
	}
	return nil, nil //nolint:nilnil // no notice is no error
}

// selectNone empties the selection.
func (h *Handlers) selectNone(ctx context.Context, r *request, sc *store.Screen, _ *slack.BlockAction, _ string) (*view.Notice, error) {
	if err := h.store.ClearSelection(ctx, r.company.ID, sc.ID); err != nil {
		return nil, fmt.Errorf("clear the selection: %w", err)
	}
	return nil, nil //nolint:nilnil // no notice is no error
}

// exportMembers sends the whole list, as filtered, as a CSV file.
func (h *Handlers) exportMembers(ctx context.Context, r *request, sc *store.Screen, _ *slack.BlockAction, _ string) (*view.Notice, error) {
	file := view.NewCSV(h.networks)
	err := h.store.WalkRoster(ctx, r.company.ID, query(*sc), func(row store.RosterRow) error {
		file.Add(row)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the members for an export: %w", err)
	}
	name := "members-" + string(sc.Group) + "-" + h.now().UTC().Format("2006-01-02") + ".csv"
	if _, err := h.sendFile(ctx, r, name, "The list you exported", file.String(), time.Time{}); err != nil {
		return nil, err
	}
	if err := h.store.Record(ctx, r.company.ID, r.actor(), store.AuditExported, file.Rows()); err != nil {
		return nil, fmt.Errorf("record the export: %w", err)
	}
	return view.Exported(file.Rows()), nil
}

// sendFile sends a text file to the person's messages with Herald and returns its id. It is deleted when the person's account is removed,
// and when it expires, if it does: also one of which nobody heard that it arrived, since it is remembered before Slack has anything of it
// (https://docs.slack.dev/messaging/working-with-files#upload).
func (h *Handlers) sendFile(ctx context.Context, r *request, name, comment, content string, expires time.Time) (fileID string, err error) {
	api := h.api(r.company)
	channel, _, _, err := api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{r.slackID}})
	if err != nil {
		return "", fmt.Errorf("find the direct messages: %w", clean(err))
	}
	place, err := api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: name, FileSize: len(content)})
	if err != nil {
		return "", fmt.Errorf("announce a file: %w", clean(err))
	}
	if err := h.store.SaveFile(ctx, r.company.ID, r.slackID, place.FileID, expires); err != nil {
		return "", fmt.Errorf("remember a file: %w", err)
	}
	if err := api.UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: place.UploadURL, Filename: name, Content: content}); err != nil {
		return "", fmt.Errorf("upload a file: %w", clean(err))
	}
	_, err = api.CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
		Files: []slack.FileSummary{{ID: place.FileID, Title: name}}, Channel: channel.ID, InitialComment: comment,
	})
	if err != nil {
		return "", fmt.Errorf("send a file: %w", clean(err))
	}
	if err := h.store.FileSent(ctx, r.company.ID, r.slackID, place.FileID); err != nil {
		h.unremembered(ctx, r.company, err)
	}
	return place.FileID, nil
}

// chooseType follows the user type menu of a row.
func (h *Handlers) chooseType(ctx context.Context, r *request, sc *store.Screen, pressed *slack.BlockAction, memberID string) (*view.Notice, error) {
	change, ok := view.ParseTypeChange(pressed.SelectedOption.Value)
	if !ok {
		return &view.Notice{Text: view.StaleScreen}, nil
	}
	member, err := h.store.Member(ctx, r.company.ID, memberID)
	if errors.Is(err, store.ErrNotFound) {
		return &view.Notice{Text: view.GoneMember}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load a member: %w", err)
	}
	if member.Type != change.From {
		return &view.Notice{Text: view.ChangedType(member)}, nil
	}
	notice, err := h.changeType(ctx, r, sc.ID, member, change.To)
	if err == nil && notice == nil {
		return nil, errFormOpen
	}
	return notice, err
}

// role answers "/social role @ann recruiter".
func (h *Handlers) role(ctx context.Context, r *request) (reply, error) {
	const usage = "Whose, and to what? Try `/social role @ann recruiter`, or `employee`, or `admin`."
	ids, words := people(r.args)
	found, unknown, err := h.named(ctx, r.company, words[:min(len(words), max(0, 1-len(ids)))])
	if err != nil {
		return reply{}, err
	}
	if len(unknown) > 0 {
		return reply{}, &UserError{view.NoSuchPerson(unknown)}
	}
	to, ok := typeNamed(strings.ToLower(strings.Join(words[len(found):], " ")))
	if ids = append(ids, found...); len(ids) != 1 || !ok {
		return reply{}, &UserError{usage}
	}
	members, err := h.membersOf(ctx, r, ids)
	if err != nil {
		return reply{}, err
	}
	notice, err := h.changeType(ctx, r, "", members[0], to)
	if err != nil || notice == nil {
		return reply{}, err
	}
	return fresh(notice.Message()), nil
}

// typeNamed reads a user type.
func typeNamed(name string) (store.MemberType, bool) {
	switch name {
	case "employee":
		return store.Employee, true
	case "recruiter":
		return store.Recruiter, true
	case "admin", "company admin":
		return store.Admin, true
	}
	return "", false
}

// membersOf finds the members with these Slack ids; a UserError names those who are not registered.
func (h *Handlers) membersOf(ctx context.Context, r *request, slackIDs []string) ([]store.Member, error) {
	var found []store.Member
	var missing []string
	for _, id := range distinct(slackIDs) {
		m, err := h.store.MemberBySlackID(ctx, r.company.ID, id)
		if errors.Is(err, store.ErrNotFound) {
			missing = append(missing, id)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look a member up: %w", err)
		}
		found = append(found, m)
	}
	if len(missing) > 0 {
		return nil, &UserError{view.NotRegistered(missing)}
	}
	return found, nil
}

// changeType changes a member's user type at once, or asks for the reason if an operator must approve it; then there is nothing to say yet.
func (h *Handlers) changeType(ctx context.Context, r *request, screenID string, m store.Member, to store.MemberType) (*view.Notice, error) {
	if m.Type == to {
		return view.TypeIs(m), nil
	}
	changed, err := h.store.SetType(ctx, r.company.ID, r.actor(), m.ID, to)
	if errors.Is(err, store.ErrNeedsApproval) {
		return nil, h.openCaseForm(ctx, r, screenID, m, to)
	}
	if errors.Is(err, store.ErrNotFound) {
		return &view.Notice{Text: view.GoneMember}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("change a user type: %w", err)
	}
	return view.TypeIs(changed), nil
}
