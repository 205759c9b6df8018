package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

const (
	// ackLimit is how big a view may be that acknowledges a submission: Slack silently drops acknowledgements of 20 KB
	// (https://github.com/slack-go/slack/blob/v0.35.0/socketmode/socket_mode_managed_conn.go), and the envelope needs some.
	ackLimit = 18_000
	// signedOut is how many removed people's Home tabs are redrawn: views.publish may be called 100 times a minute for the whole
	// workspace (https://docs.slack.dev/reference/methods/views.publish). Others see it when they open the tab.
	signedOut = 20
)

// remove answers "/social remove @ann @bob".
func (h *Handlers) remove(ctx context.Context, r *request) (reply, error) {
	ids, words := people(r.args)
	if len(ids)+len(words) == 0 {
		return reply{}, &UserError{"Whom? Try `/social remove @ann @bob`."}
	}
	found, unknown, err := h.named(ctx, r.company, words)
	if err != nil {
		return reply{}, err
	}
	if len(unknown) > 0 {
		return reply{}, &UserError{view.NoSuchPerson(unknown)}
	}
	who, err := h.membersOf(ctx, r, append(ids, found...))
	if err != nil {
		return reply{}, err
	}
	memberIDs := make([]string, len(who))
	for i, m := range who {
		memberIDs[i] = m.ID
	}
	// Afterwards the list is shown where the command was typed.
	sc, err := h.store.OpenScreen(ctx, store.Screen{
		CompanyID: r.company.ID, Viewer: r.slackID, Surface: store.OnMessage, ResponseURL: r.responseURL, Group: store.All, Page: 1,
	})
	if err != nil {
		return reply{}, fmt.Errorf("open a screen: %w", err)
	}
	removal, err := h.store.ProposeRemoval(ctx, r.company.ID, r.actor(), sc.ID, memberIDs)
	if err != nil {
		return reply{}, err
	}
	return reply{}, h.confirm(ctx, r, view.Removal{Removal: removal, Leaving: !r.admin()})
}

// removeMember is the Remove button of a row.
func (h *Handlers) removeMember(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	return h.removeFrom(ctx, r, pressed, func(_ store.Screen, memberID string) ([]string, error) {
		return []string{memberID}, nil
	})
}

// removeSelected is the Remove Selected button above the list.
func (h *Handlers) removeSelected(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	return h.removeFrom(ctx, r, pressed, func(sc store.Screen, _ string) ([]string, error) {
		ids, err := h.store.Selection(ctx, r.company.ID, sc.ID)
		if err != nil {
			return nil, fmt.Errorf("load the selection: %w", err)
		}
		return ids, nil
	})
}

// removeFrom asks for the confirmation of a removal from a User Management screen. If there is nothing to confirm, the list says why.
func (h *Handlers) removeFrom(ctx context.Context, r *request, pressed *slack.BlockAction, whom func(store.Screen, string) ([]string, error)) (reply, error) {
	sc, rowID, err := h.screenHere(ctx, r, pressed)
	if errors.Is(err, errStale) {
		return h.freshMembers(ctx, r, &view.Notice{Text: view.StaleScreen})
	}
	if err != nil {
		return reply{}, err
	}
	memberIDs, err := whom(sc, rowID)
	if err != nil {
		return reply{}, err
	}
	removal, err := h.store.ProposeRemoval(ctx, r.company.ID, r.actor(), sc.ID, memberIDs)
	switch {
	case errors.Is(err, store.ErrNotFound) && sc.Group == store.Deactivated:
		return h.redrawScreenOf(ctx, r, sc, &view.Notice{Text: view.BackMember})
	case errors.Is(err, store.ErrNotFound):
		return h.redrawScreenOf(ctx, r, sc, &view.Notice{Text: view.GoneMember})
	case errors.Is(err, store.ErrLastAdmin), errors.Is(err, store.ErrTooMany):
		return h.redrawScreenOf(ctx, r, sc, &view.Notice{Text: h.explain(ctx, r, err)})
	case err != nil:
		return reply{}, err
	}
	proposed := view.Removal{Removal: removal, Leaving: !r.admin(), Changed: len(removal.Members) < len(memberIDs)}
	if err := h.confirm(ctx, r, proposed); err != nil {
		return reply{}, err
	}
	// The newest response URL is the one to redraw the screen with.
	if _, err := h.store.SaveScreen(ctx, sc); err != nil {
		return reply{}, fmt.Errorf("save a screen: %w", err)
	}
	return reply{}, nil
}

// confirm opens the confirmation. The modal comes first, since Slack lets us open one for three seconds only; a list that does not fit
// follows as a file.
func (h *Handlers) confirm(ctx context.Context, r *request, v view.Removal) error {
	viewID, err := h.opened(ctx, r, v.Modal())
	if err != nil {
		return err
	}
	if view.RemovalFits(v.Removal) {
		return nil
	}
	return h.fileRemoval(ctx, r, viewID, v)
}

// fileRemoval sends the complete list as a file and then lets the modal be confirmed.
func (h *Handlers) fileRemoval(ctx context.Context, r *request, viewID string, v view.Removal) error {
	fileID, err := h.sendFile(ctx, r, "to-be-removed.txt", "Everybody who will be removed once you confirm. Herald deletes this file afterwards.",
		view.RemovalFile(r.company, v.Removal), h.now().Add(store.RemovalLife))
	if err != nil {
		// Without the complete list nobody may confirm: the proposal goes, and the modal says what to do.
		h.log.LogAttrs(ctx, slog.LevelWarn, "the list of a removal could not be sent as a file", slog.String("team", r.teamID), slog.String("error", err.Error()))
		_, err := h.store.DropRemoval(ctx, r.company.ID, r.actor(), v.Removal.ID)
		return errors.Join(err, h.updateModal(ctx, r, viewID, view.RemovalUnfiled()))
	}
	if err := h.store.SetRemovalFile(ctx, r.company.ID, v.Removal.ID, fileID); err != nil {
		return fmt.Errorf("remember the file of a removal: %w", err)
	}
	v.Filed = true
	return h.updateModal(ctx, r, viewID, v.Modal())
}

// updateModal shows something else in an open modal.
func (h *Handlers) updateModal(ctx context.Context, r *request, viewID string, modal slack.ModalViewRequest) error {
	if _, err := h.api(r.company).UpdateViewContext(ctx, modal, "", "", viewID); err != nil {
		return fmt.Errorf("update a modal: %w", clean(err))
	}
	return nil
}

// deleteFile deletes a file that has served its purpose, or shows somebody who was removed.
func (h *Handlers) deleteFile(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	outcome := store.MessageDeleted
	err = h.api(company).DeleteFileContext(ctx, job.Ref)
	switch {
	case err == nil, slackError(err) == "file_deleted", slackError(err) == "file_not_found":
	case delivery.Transient(err):
		return fmt.Errorf("delete a file: %w", clean(err))
	default:
		outcome = store.MessageKept
		h.log.LogAttrs(ctx, slog.LevelError, "slack does not let a file of herald's be deleted; delete it in Slack", slog.String("team", company.TeamID), slog.String("file", job.Ref), slog.String("error", slackError(err)))
	}
	if err := h.store.SettleFile(ctx, company.ID, job.Ref, outcome); err != nil {
		return fmt.Errorf("remember a deleted file: %w", err)
	}
	return nil
}

// submitRemoval is the confirmation. Whatever is repeated, late or forged removes nobody, and nobody sees an error after a success.
func (h *Handlers) submitRemoval(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	done := slack.NewClearViewSubmissionResponse()
	removal, err := h.store.Removal(ctx, r.company.ID, r.actor(), form.PrivateMetadata)
	switch {
	case errors.Is(err, store.ErrNotFound) && r.access.Member == nil:
		return done, nil, nil // they left with this very removal: it names nobody any more
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, &UserError{"This confirmation is too old, so nobody was removed. Choose again whom to remove."}
	case err != nil:
		return nil, nil, fmt.Errorf("load a removal: %w", err)
	case removal.Status != store.RemovalProposed:
		return done, nil, nil // confirmed before
	}
	if complaint := wrongCount(form, removal); complaint != nil {
		return complaint, nil, nil
	}
	if removal.Shown == 1 && removesSelf(removal) {
		never := len(input(form, view.BlockNever).SelectedOptions) > 0
		if err := h.store.SetNever(ctx, r.company.ID, r.actor(), removal.ID, never); err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, nil, fmt.Errorf("remember a wish: %w", err)
		}
	}
	sc, err := h.store.Screen(ctx, r.company.ID, r.slackID, removal.ScreenID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, nil, fmt.Errorf("load a screen: %w", err)
	}

	confirmed, err := h.store.ConfirmRemoval(ctx, r.company.ID, r.actor(), removal.ID)
	switch {
	case errors.Is(err, store.ErrUsed):
		return done, nil, nil
	case errors.Is(err, store.ErrChanged):
		return h.confirmAgain(r, form.ID, confirmed)
	case err != nil:
		return nil, nil, err
	}
	return done, func(ctx context.Context) (reply, error) { return reply{}, h.executeRemoval(ctx, r, confirmed, sc) }, nil
}

// wrongCount checks the number that was typed, where the modal asked for one; nil: it is right, or the list is another one by now.
func wrongCount(form slack.View, removal store.Removal) *slack.ViewSubmissionResponse {
	if removal.Shown != len(removal.Members) || view.RemovalFits(removal) {
		return nil
	}
	typed := ""
	if form.State != nil {
		typed = form.State.Values[view.BlockCount][view.ActionCount].Value
	}
	if strings.NewReplacer(",", "", ".", "", " ", "").Replace(typed) == strconv.Itoa(len(removal.Members)) {
		return nil
	}
	return slack.NewErrorsViewSubmissionResponse(map[string]string{
		view.BlockCount: "That is not the number of accounts above. Look at the list again, then type the number.",
	})
}

// confirmAgain shows the list as it is now, after the one that was confirmed no longer held. What is too big for an acknowledgement
// follows right after it.
func (h *Handlers) confirmAgain(r *request, viewID string, removal store.Removal) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	v := view.Removal{Removal: removal, Leaving: !r.admin(), Changed: true}
	modal := v.Modal()
	size, err := json.Marshal(modal)
	if err != nil {
		return nil, nil, fmt.Errorf("measure a modal: %w", err)
	}
	fits := view.RemovalFits(removal)
	if fits && len(size) < ackLimit {
		return slack.NewUpdateViewSubmissionResponse(&modal), nil, nil
	}
	wait := view.Wait(removal.ID)
	return slack.NewUpdateViewSubmissionResponse(&wait), func(ctx context.Context) (reply, error) {
		if fits {
			return reply{}, h.updateModal(ctx, r, viewID, modal)
		}
		return reply{}, h.fileRemoval(ctx, r, viewID, v)
	}, nil
}

// executeRemoval purges the members of a removal that was just confirmed. The job that the confirmation left does the same: whichever
// comes first purges, and shows it. Only the goodbye of somebody who removed themselves is said here, where they clicked.
func (h *Handlers) executeRemoval(ctx context.Context, r *request, confirmed store.Removal, sc store.Screen) error {
	executed, err := h.store.ExecuteRemoval(ctx, r.company.ID, confirmed.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil // the job was faster and tells why nobody was removed
	case errors.Is(err, store.ErrLastAdmin):
		return h.showRemoval(ctx, r, executed, view.Notice{Text: view.LastAdmin})
	case err != nil:
		return fmt.Errorf("execute a removal: %w", err)
	}
	if removesSelf(confirmed) {
		notice := h.goodbye(ctx, executed)
		h.signOut(ctx, r.company, r.slackID, &notice)
		if sc.ResponseURL != "" {
			if err := h.respond(ctx, sc.ResponseURL, notice.Message(), true); err != nil {
				h.log.LogAttrs(ctx, slog.LevelInfo, "goodbye not shown", slog.String("team", r.teamID), slog.String("error", err.Error()))
			}
		}
	} else if executed.Status == store.RemovalConfirmed { // until now
		err = h.showRemoval(ctx, r, executed, view.Removed(executed.Removed))
	}
	h.afterRemoval(ctx, r.company, executed)
	return err
}

// goodbye is said to somebody who removed themselves.
func (h *Handlers) goodbye(ctx context.Context, executed store.Removal) view.Notice {
	counts, err := h.store.RevocationCounts(ctx, executed.CompanyID, executed.ID)
	if err != nil { // it is about what else they may do
		h.log.LogAttrs(ctx, slog.LevelWarn, "look up where access was ended", slog.String("error", err.Error()))
	}
	var networks []string
	for _, c := range counts {
		networks = append(networks, c.Network)
	}
	return view.Goodbye(h.networks, executed.Removed, slices.Compact(networks))
}

// removesSelf tells whether whoever proposed the removal is among the members.
func removesSelf(r store.Removal) bool {
	return slices.ContainsFunc(r.Members, func(m store.RemovalMember) bool { return m.Self })
}

// showRemoval shows how a removal ended on the screen it came from, or in a direct message.
func (h *Handlers) showRemoval(ctx context.Context, r *request, removal store.Removal, notice view.Notice) error {
	rep := fresh(notice.Message())
	if r.admin() && !removesSelf(removal) {
		var err error
		if rep, err = h.redrawMembers(ctx, r, removal.ScreenID, &notice); err != nil {
			return err
		}
	}
	return h.show(ctx, r, rep)
}

// afterRemoval signs the removed people out.
func (h *Handlers) afterRemoval(ctx context.Context, c store.Company, executed store.Removal) {
	var drawing sync.WaitGroup // side by side: whoever confirmed waits for it
	left := signedOut
	for _, m := range executed.Members {
		if m.SlackID != "" && !m.Self && left > 0 {
			left--
			drawing.Go(func() { h.signOut(ctx, c, m.SlackID, nil) })
		}
	}
	drawing.Wait()
}

// runRemoval is the job that every confirmation leaves: it does what a process that died, or failed, did not.
func (h *Handlers) runRemoval(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	executed, err := h.store.ExecuteRemoval(ctx, company.ID, job.Ref)
	switch {
	case errors.Is(err, store.ErrLastAdmin):
		return h.showRemovalLater(ctx, company, executed, view.Notice{Text: view.LastAdmin})
	case err != nil:
		return fmt.Errorf("execute a removal: %w", err)
	case removesSelf(executed):
		notice := h.goodbye(ctx, executed)
		h.signOut(ctx, company, executed.By.SlackID, &notice)
	case executed.Status == store.RemovalConfirmed, job.Attempt > 1: // purged just now, or before and perhaps not shown
		err = h.showRemovalLater(ctx, company, executed, view.Removed(executed.Removed))
	}
	h.afterRemoval(ctx, company, executed)
	return err
}

// showRemovalLater is showRemoval where nobody waits for it. The command line, and somebody who was removed meanwhile, sees nothing.
func (h *Handlers) showRemovalLater(ctx context.Context, c store.Company, removal store.Removal, notice view.Notice) error {
	if removal.By.SlackID == "" {
		return nil
	}
	r, err := h.onBehalf(ctx, c, removal.By.SlackID, "removal")
	if err != nil {
		return err
	}
	return h.showRemoval(ctx, r, removal, notice)
}

// removalClosed forgets a removal that was not confirmed.
func (h *Handlers) removalClosed(ctx context.Context, r *request, form slack.View) error {
	_, err := h.store.DropRemoval(ctx, r.company.ID, r.actor(), form.PrivateMetadata)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrUsed) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("forget a removal: %w", err)
	}
	return nil
}
