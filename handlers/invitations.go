package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// placeInvitations marks a screen that shows Invitations; it is a place of the Home tab, too.
const placeInvitations = "invitations"

// invitations answers "/social invitations [state]".
func (h *Handlers) invitations(ctx context.Context, r *request) (reply, error) {
	return h.openInvitations(ctx, r, stateNamed(strings.ToLower(strings.TrimSpace(r.args))))
}

// stateNamed finds a state by what people call it; "" is all of them.
func stateNamed(name string) store.InviteState {
	switch name {
	case "open":
		return store.StatePending
	case "undelivered", "not delivered":
		return store.StateFailed
	}
	if s := store.InviteState(name); slices.Contains(store.InviteStates(), s) {
		return s
	}
	return ""
}

// invitationsScreen opens it from the menu: below it in the Home tab, else as a message.
func (h *Handlers) invitationsScreen(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	if r.home {
		return h.goTo(ctx, r, placeInvitations)
	}
	return h.openInvitations(ctx, r, "")
}

// openInvitations answers with a new screen.
func (h *Handlers) openInvitations(ctx context.Context, r *request, state store.InviteState) (reply, error) {
	sc, err := h.store.OpenScreen(ctx, store.Screen{
		CompanyID: r.company.ID, Viewer: r.slackID, Surface: store.OnMessage, ResponseURL: r.responseURL, Place: placeInvitations,
		Group: store.All, State: state, Page: 1,
	})
	if err != nil {
		return reply{}, fmt.Errorf("open a screen: %w", err)
	}
	m, err := h.drawInvitations(ctx, &sc)
	if err != nil {
		return reply{}, err
	}
	return fresh(m), nil
}

// invitationsPage loads the page that the screen shows, or the first one, as page does.
func (h *Handlers) invitationsPage(ctx context.Context, sc *store.Screen) (store.Invitations, error) {
	load := func() (store.Invitations, error) {
		return h.store.Invitations(ctx, sc.CompanyID, store.InvitationsQuery{State: sc.State, After: sc.After, Before: sc.Before, Limit: view.PageSize})
	}
	page, err := load()
	if err == nil && (sc.After != "" || sc.Before != "") && (len(page.Rows) == 0 || page.Prev == "") {
		firstPage(sc)
		page, err = load()
	}
	if err != nil {
		return store.Invitations{}, fmt.Errorf("load a page of the invitations: %w", err)
	}
	return page, nil
}

// drawInvitations draws the page of a stored screen.
func (h *Handlers) drawInvitations(ctx context.Context, sc *store.Screen) (view.Message, error) {
	page, err := h.invitationsPage(ctx, sc)
	if err != nil {
		return view.Message{}, err
	}
	reasons, err := h.store.ReasonCounts(ctx, sc.CompanyID)
	if err != nil {
		return view.Message{}, fmt.Errorf("count the reasons: %w", err)
	}
	return view.Invitations{Screen: *sc, Page: page, Reasons: reasons, Now: h.now()}.Message(), nil
}

// redrawInvitations saves the screen, so that Slack draws it anew, and draws it.
func (h *Handlers) redrawInvitations(ctx context.Context, sc store.Screen) (store.Screen, view.Message, error) {
	if _, err := h.invitationsPage(ctx, &sc); err != nil { // it may be another page by now
		return sc, view.Message{}, err
	}
	sc, err := h.store.SaveScreen(ctx, sc)
	if err != nil {
		return sc, view.Message{}, fmt.Errorf("save a screen: %w", err)
	}
	m, err := h.drawInvitations(ctx, &sc)
	return sc, m, err
}

// freshInvitations shows a new screen in the place of one that cannot be used.
func (h *Handlers) freshInvitations(ctx context.Context, r *request, notice *view.Notice) (reply, error) {
	if r.home {
		return h.redrawHome(ctx, r, notice)
	}
	rep, err := h.openInvitations(ctx, r, "")
	if err != nil {
		return reply{}, err
	}
	rep.message.Notice, rep.replace = notice, true
	return rep, nil
}

// onInvitations is onScreen for the Invitations screen.
func onInvitations(do func(*Handlers, context.Context, *request, *store.Screen, *slack.BlockAction, string) (*view.Notice, error)) func(*Handlers, context.Context, *request, *slack.BlockAction) (reply, error) {
	return onList(placeInvitations, (*Handlers).freshInvitations, do)
}

// filterInvitations shows the invitations in another state.
func (h *Handlers) filterInvitations(_ context.Context, _ *request, sc *store.Screen, pressed *slack.BlockAction, _ string) (*view.Notice, error) {
	sc.State = stateNamed(pressed.SelectedOption.Value)
	firstPage(sc)
	return nil, nil //nolint:nilnil // no notice is no error
}

// turnInvitations goes a page forward or back, as turnPage does.
func (h *Handlers) turnInvitations(ctx context.Context, _ *request, sc *store.Screen, pressed *slack.BlockAction, _ string) (*view.Notice, error) {
	page, err := h.invitationsPage(ctx, sc)
	if err != nil {
		return nil, err
	}
	turn(sc, pressed.Value, page.Prev, page.Next)
	return nil, nil //nolint:nilnil // no notice is no error
}

// exportInvitations sends the whole list, as filtered, as a CSV file.
func (h *Handlers) exportInvitations(ctx context.Context, r *request, sc *store.Screen, _ *slack.BlockAction, _ string) (*view.Notice, error) {
	file := view.NewInvitationsCSV()
	inviters := map[string]string{"": ""} // names by Slack id
	err := h.store.WalkInvitations(ctx, r.company.ID, sc.State, func(row store.Invitation) error {
		name, known := inviters[row.InvitedBy]
		if !known {
			p, err := h.store.PersonBySlackID(ctx, r.company.ID, row.InvitedBy)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("look an inviter up: %w", err)
			}
			name, inviters[row.InvitedBy] = p.Name, p.Name
		}
		file.Add(row, name)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the invitations for an export: %w", err)
	}
	state := string(sc.State)
	if state == "" {
		state = view.StateAll
	}
	name := "invitations-" + state + "-" + h.now().UTC().Format("2006-01-02") + ".csv"
	if _, err := h.sendFile(ctx, r, name, "The invitations you exported", file.String(), time.Time{}); err != nil {
		return nil, err
	}
	if err := h.store.Record(ctx, r.company.ID, r.actor(), store.AuditInvitesExported, file.Rows()); err != nil {
		return nil, fmt.Errorf("record the export: %w", err)
	}
	return view.InvitationsExported(file.Rows()), nil
}

// oldInvitationsForm asks how old the invitations are that shall be sent again.
func (h *Handlers) oldInvitationsForm(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	screenID := screenOf(pressed)
	return reply{}, h.openOver(ctx, r, screenID, view.OldInvitations{Screen: screenID}.Ask())
}

// countOld answers with the number of invitations that are that old, to be confirmed.
func (h *Handlers) countOld(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	asked := view.ParseOldInvitations(form.PrivateMetadata)
	var err error
	if asked.Days, err = strconv.Atoi(input(form, view.BlockDays).SelectedOption.Value); err != nil || !slices.Contains(view.OldDays(), asked.Days) {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockDays: "Choose how old."}), nil, nil //nolint:nilerr // the form says it
	}
	if asked.N, err = h.store.OldInvites(ctx, r.company.ID, asked.Days); err != nil {
		return nil, nil, err
	}
	if asked.N == 0 {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockDays: view.NoneOld(asked.Days)}), nil, nil
	}
	confirm := asked.Confirm()
	return slack.NewUpdateViewSubmissionResponse(&confirm), nil, nil
}

// resendOld promises that as many invitations are sent again as the form named. Where they are another number by now, it asks again.
func (h *Handlers) resendOld(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	named := view.ParseOldInvitations(form.PrivateMetadata)
	if !slices.Contains(view.OldDays(), named.Days) {
		return nil, nil, &UserError{view.StaleScreen}
	}
	n, err := h.store.OldInvites(ctx, r.company.ID, named.Days)
	if err != nil {
		return nil, nil, err
	}
	if n == 0 {
		return nil, nil, &UserError{view.NoneOld(named.Days)}
	}
	if n != named.N {
		named.N, named.Changed = n, true
		confirm := named.Confirm()
		return slack.NewUpdateViewSubmissionResponse(&confirm), nil, nil
	}
	_, err = h.store.PlaceOrder(ctx, r.company.ID, r.actor(), store.JobResendOld, store.Order{
		ScreenID: named.Screen, OrderDetails: store.OrderDetails{Days: named.Days, Expected: named.N},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("promise to resend old invitations: %w", err)
	}
	return nil, nil, nil
}

// runResendOld does so: making many links takes longer than a form can wait.
func (h *Handlers) runResendOld(ctx context.Context, job store.Job) error {
	r, order, err := h.ordered(ctx, job)
	if err != nil {
		return err
	}
	sent, err := h.store.ResendOrdered(ctx, r.company.ID, order.ID)
	notice := view.OldResent(sent)
	switch {
	case errors.Is(err, store.ErrChanged):
		notice = view.OldChanged()
	case errors.Is(err, store.ErrForbidden):
		notice = view.Notice{Text: h.explain(ctx, r, err)}
	case err != nil:
		return fmt.Errorf("resend old invitations: %w", err)
	}
	h.tellOn(ctx, r, order.ScreenID, notice)
	return nil
}
