package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

// A caseRequest is what the request form brings back. It says what was asked, not that it may be done: the store checks that.
type caseRequest struct {
	ScreenID string           `json:"screen,omitempty"`
	MemberID string           `json:"member"`
	To       store.MemberType `json:"to"`
}

// openCaseForm asks an admin for the reason of a change to or from company admin. screenID is the screen it was started from, or "".
func (h *Handlers) openCaseForm(ctx context.Context, r *request, screenID string, m store.Member, to store.MemberType) error {
	if to != store.Admin {
		admins, err := h.store.Admins(ctx, r.company.ID, 2)
		if err != nil {
			return fmt.Errorf("count the admins: %w", err)
		}
		if !slices.ContainsFunc(admins, func(a store.Member) bool { return a.ID != m.ID }) { // said now rather than after a reason was typed; the store makes sure
			return store.ErrLastAdmin
		}
	}
	if len(h.operators) > 0 { // every workspace has a primary owner, and to look for them may take longer than Slack waits
		deciders, err := h.deciders(ctx, r.company)
		if err != nil {
			return err
		}
		if len(deciders) == 0 {
			return &UserError{view.NobodyDecides}
		}
	}
	metadata, err := json.Marshal(caseRequest{ScreenID: screenID, MemberID: m.ID, To: to})
	if err != nil {
		return fmt.Errorf("remember what is asked: %w", err)
	}
	h.putRight(ctx, r, screenID)
	return h.open(ctx, r, view.CaseRequest(m, to, string(metadata)))
}

// putRight draws the list anew, so that its row no longer shows the user type that was only asked for. That comes before the form: done
// after it, it could overwrite what a form sent quickly says there. It is best effort and brief, as the form cannot be opened more than
// 3 s after the click (https://docs.slack.dev/surfaces/modals#opening); closing the form draws the list again.
func (h *Handlers) putRight(ctx context.Context, r *request, screenID string) {
	if screenID == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	rep, err := h.redrawMembers(ctx, r, screenID, nil)
	if err == nil {
		err = h.show(ctx, r, rep)
	}
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelInfo, "list not redrawn before a form", slog.String("team", r.teamID), slog.String("error", err.Error()))
	}
}

// requestCase files the request of a submitted form.
func (h *Handlers) requestCase(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	var asked caseRequest
	if err := json.Unmarshal([]byte(form.PrivateMetadata), &asked); err != nil {
		return nil, nil, fmt.Errorf("read what was asked: %w", err)
	}
	if _, ok := typeNamed(string(asked.To)); !ok {
		return nil, nil, store.ErrNotFound
	}
	reason, complaint := reasonOf(form)
	if complaint != nil {
		return complaint, nil, nil
	}
	c, err := h.store.OpenCase(ctx, r.company.ID, r.actor(), asked.MemberID, asked.To, reason)
	var notice view.Notice
	switch {
	case err == nil:
		notice = view.CaseSent(c)
	case errors.Is(err, store.ErrExists):
		notice = view.CaseExists(c)
	case errors.Is(err, store.ErrLastAdmin):
		notice = view.Notice{Text: view.LastAdmin}
	case errors.Is(err, store.ErrChanged):
		notice = view.Notice{Text: "Their user type changed meanwhile, so no request is needed. The list shows how things are now."}
	default:
		return nil, nil, fmt.Errorf("open a case: %w", err)
	}
	return nil, func(ctx context.Context) (reply, error) { return h.redrawScreen(ctx, r, asked.ScreenID, notice) }, nil
}

// requestDropped puts the user type back into the row when the form is closed.
func (h *Handlers) requestDropped(ctx context.Context, r *request, form slack.View) error {
	var asked caseRequest
	if err := json.Unmarshal([]byte(form.PrivateMetadata), &asked); err != nil || asked.ScreenID == "" {
		return nil //nolint:nilerr // there is no row to put right
	}
	rep, err := h.redrawMembers(ctx, r, asked.ScreenID, nil)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.show(ctx, r, rep)
}

// reasonOf reads the reason of a form, or says that it is missing.
func reasonOf(form slack.View) (string, *slack.ViewSubmissionResponse) {
	reason := strings.TrimSpace(input(form, view.BlockReason).Value)
	switch {
	case reason == "":
		return "", slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockReason: "Please write a few words."})
	case len([]rune(reason)) > view.ReasonLimit:
		return "", slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockReason: fmt.Sprintf("Please use at most %d characters.", view.ReasonLimit)})
	}
	return reason, nil
}

// deciders are the Slack ids of those who decide cases now: the operators of the settings, else the primary owner; without those who
// cannot take part in this workspace.
func (h *Handlers) deciders(ctx context.Context, c store.Company) ([]string, error) {
	if len(h.operators) == 0 {
		owner, err := h.primaryOwner(ctx, c)
		if err != nil || owner == "" {
			return nil, err
		}
		return []string{owner}, nil
	}
	known, err := h.store.PeopleBySlackIDs(ctx, c.ID, h.operators)
	if err != nil {
		return nil, fmt.Errorf("find the operators: %w", err)
	}
	var ids []string
	for _, id := range h.operators {
		i := slices.IndexFunc(known, func(p store.Person) bool { return p.SlackID == id })
		if i >= 0 {
			if known[i].Eligible() {
				ids = append(ids, id)
			}
			continue
		}
		// Not mirrored yet, or somebody who removed their own account: they are an operator all the same.
		entry, err := h.DirectoryPerson(ctx, c, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if entry.Eligible() {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// mayDecide checks, at the moment of the act, that the person decides cases; authorise has checked that they belong to the workspace.
func (h *Handlers) mayDecide(ctx context.Context, r *request) error {
	if len(h.operators) > 0 {
		if slices.Contains(h.operators, r.slackID) {
			return nil
		}
		return errOperatorsOnly
	}
	owner, err := h.isPrimaryOwner(ctx, r.company, r.slackID)
	if err == nil && !owner {
		err = errOperatorsOnly
	}
	return err
}

var errOperatorsOnly error = &UserError{"Only an operator can decide this. If you were one, the settings changed meanwhile."}

// sendCaseCards asks the operators.
func (h *Handlers) sendCaseCards(ctx context.Context, job store.Job) error {
	company, c, err := h.caseOf(ctx, job)
	if err != nil {
		return err
	}
	to, err := h.deciders(ctx, company)
	if err != nil {
		return err
	}
	reached, err := h.sendCards(ctx, company, job, to, func() (view.Message, error) {
		now, err := h.store.Case(ctx, company.ID, c.ID) // somebody may have decided since the last card
		if err == nil && now.Status != store.CaseOpen {
			err = store.ErrNotFound
		}
		if err != nil {
			return view.Message{}, fmt.Errorf("load the case: %w", err)
		}
		return view.CaseCard(now), nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	// A card that was on its way while somebody decided is closed here: closeCase did not know it.
	switch now, err := h.store.Case(ctx, company.ID, c.ID); {
	case errors.Is(err, store.ErrNotFound):
		return h.blankCards(ctx, job)
	case err != nil:
		return fmt.Errorf("load the case: %w", err)
	case now.Status != store.CaseOpen:
		return h.closeCaseCards(ctx, company, now)
	}
	if reached == 0 && c.RequestedBy != "" {
		_, err := h.deliver(ctx, company, job, c.RequestedBy, delivery.Prompt, func() (view.Message, error) { return view.CaseUndelivered(c), nil })
		return err
	}
	return nil
}

// caseOf loads what a job is about.
func (h *Handlers) caseOf(ctx context.Context, job store.Job) (store.Company, store.Case, error) {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return store.Company{}, store.Case{}, fmt.Errorf("load the company: %w", err)
	}
	c, err := h.store.Case(ctx, company.ID, job.Ref)
	if err != nil {
		return store.Company{}, store.Case{}, fmt.Errorf("load the case: %w", err)
	}
	return company, c, nil
}

// approveCase is Approve on a case card.
func (h *Handlers) approveCase(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	if err := h.mayDecide(ctx, r); err != nil {
		return reply{}, err
	}
	return reply{}, h.decideCase(ctx, r, pressed.Value, true, "")
}

// declineCaseForm is Decline… on a case card: it asks why.
func (h *Handlers) declineCaseForm(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	if err := h.mayDecide(ctx, r); err != nil {
		return reply{}, err
	}
	c, err := h.store.Case(ctx, r.company.ID, pressed.Value)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return reply{}, h.caseGone(ctx, r)
	case err != nil:
		return reply{}, fmt.Errorf("load the case: %w", err)
	case c.Status != store.CaseOpen:
		return reply{}, &UserError{view.CaseDecided(c)}
	}
	return reply{}, h.open(ctx, r, view.CaseDecline(c))
}

// declineCase declines with the reason of the form.
func (h *Handlers) declineCase(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	if err := h.mayDecide(ctx, r); err != nil {
		return nil, nil, err
	}
	reason, complaint := reasonOf(form)
	if complaint != nil {
		return complaint, nil, nil
	}
	return nil, nil, h.decideCase(ctx, r, form.PrivateMetadata, false, reason)
}

// caseGone takes the buttons off the card that was pressed and says that its member was removed, and the case with them.
func (h *Handlers) caseGone(ctx context.Context, r *request) error {
	if r.messageTS == "" {
		return &UserError{view.CaseGone}
	}
	return h.redraw(ctx, r.company, store.Card{SlackID: r.slackID, Channel: r.channelID, TS: r.messageTS}, view.CaseVanished())
}

// decideCase decides; a job closes the cards of all operators and tells those concerned.
func (h *Handlers) decideCase(ctx context.Context, r *request, caseID string, approve bool, reason string) error {
	c, err := h.store.DecideCase(ctx, r.company.ID, r.actor(), caseID, approve, reason)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return h.caseGone(ctx, r)
	case errors.Is(err, store.ErrNotEligible):
		return &UserError{"Nothing was changed: they can no longer use Slack here, so they cannot be a company admin. Decline it."}
	case errors.Is(err, store.ErrClosed):
		return &UserError{view.CaseDecided(c)}
	case errors.Is(err, store.ErrChanged):
		return &UserError{view.CaseOutdated(c)}
	case errors.Is(err, store.ErrLastAdmin):
		return &UserError{"Nothing was changed: that would leave the company without a company admin. Approve another company admin first, or decline this."}
	}
	return fmt.Errorf("decide a case: %w", err)
}

// closeCase takes the buttons off every operator's card and tells the requester and, if their user type changed, the member.
func (h *Handlers) closeCase(ctx context.Context, job store.Job) error {
	company, c, err := h.caseOf(ctx, job)
	if err != nil {
		return err
	}
	if err := h.closeCaseCards(ctx, company, c); err != nil {
		return err
	}
	var to []string
	if c.RequestedBy != "" {
		to = append(to, c.RequestedBy)
	}
	if c.Status == store.CaseApproved && c.Member.SlackID != "" && c.Member.SlackID != c.RequestedBy {
		to = append(to, c.Member.SlackID)
	}
	for _, slackID := range to {
		m := view.CaseAnswer(c)
		if slackID != c.RequestedBy {
			m = view.TypeChanged(company, c)
		}
		if _, err := h.sendCards(ctx, company, job, []string{slackID}, func() (view.Message, error) { return m, nil }); err != nil {
			return err
		}
	}
	// Nothing changes in these messages any more: they were remembered only so that a retry tells nobody twice.
	if err := h.store.DropCards(ctx, company.ID, job.Kind, job.Ref); err != nil {
		return fmt.Errorf("forget who was told: %w", err)
	}
	return nil
}

// closeCaseCards shows on every operator's card what was decided.
func (h *Handlers) closeCaseCards(ctx context.Context, company store.Company, c store.Case) error {
	return h.closeCards(ctx, company, store.JobCaseCard, c.ID, view.CaseClosed(c))
}
