package handlers

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// A Letter is an invitation by email, ready to be sent.
type Letter struct {
	ID         string // of the invitation
	To         string // the address
	Name       string // of whom it is for, or ""
	Company    string
	Inviter    string // a name, or ""
	URL        string
	DeclineURL string
	Expires    time.Time
}

// errNoMailServer is said where nobody can be invited by email.
var errNoMailServer error = &UserError{view.NoMailServer}

// errListGone is said of a list that does not wait any more.
var errListGone error = &UserError{"Nothing was sent: the list waited too long, was sent already, or had to go because somebody left meanwhile. Please enter it again."}

// emailForm opens the form that invites addresses.
func (h *Handlers) emailForm(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	if h.mail == nil {
		return reply{}, errNoMailServer
	}
	screenID := screenOf(pressed)
	return reply{}, h.openOver(ctx, r, screenID, view.EmailForm(r.company, screenID, r.admin()))
}

// inviteByEmail answers "/social invite email".
func (h *Handlers) inviteByEmail(ctx context.Context, r *request) (reply, error) {
	if h.mail == nil {
		return reply{}, errNoMailServer
	}
	return reply{}, h.open(ctx, r, view.EmailForm(r.company, "", r.admin()))
}

// draftEmails reads the form, and shows what will become of each address. A file is read once the form was answered: Slack may need
// longer for it than a form can wait.
func (h *Handlers) draftEmails(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	if h.mail == nil {
		return nil, nil, errNoMailServer
	}
	pasted, files := input(form, view.BlockEmails).Value, input(form, view.BlockFile).Files
	as := cmp.Or(store.MemberType(input(form, view.BlockAs).SelectedOption.Value), store.Employee)
	at, problem := h.sendTime(input(form, view.BlockWhen).SelectedDateTime)
	blank := strings.TrimSpace(pasted) == ""
	wrong := map[string]string{}
	switch {
	case blank && len(files) == 0:
		wrong[view.BlockEmails] = "Paste addresses here, or choose a file below."
	case !blank && len(files) > 0:
		wrong[view.BlockEmails] = "Either paste addresses here, or choose a file, not both."
	}
	if problem != "" {
		wrong[view.BlockWhen] = problem
	}
	if len(wrong) > 0 {
		return slack.NewErrorsViewSubmissionResponse(wrong), nil, nil
	}
	if len(files) > 0 {
		reading := view.ReadingFile()
		return slack.NewUpdateViewSubmissionResponse(&reading), func(ctx context.Context) (reply, error) {
			return reply{}, h.draftFile(ctx, r, form, files[0].ID, as, at)
		}, nil
	}
	list, problems := pastedInvitees(pasted, as)
	if len(problems) > 0 {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockEmails: view.PastedProblems(problems)}), nil, nil
	}
	modal, err := h.draft(ctx, r, list, at, "", form.PrivateMetadata)
	if err != nil {
		return nil, nil, err
	}
	return slack.NewUpdateViewSubmissionResponse(&modal), nil, nil
}

// sendTime reads when invitations are to be sent, the zero time for now, or says what is wrong with it.
func (h *Handlers) sendTime(unix int64) (time.Time, string) {
	if unix == 0 {
		return time.Time{}, ""
	}
	at, now := time.Unix(unix, 0).UTC(), h.now()
	switch {
	case !at.After(now):
		return at, "Choose a time in the future, or none to send now."
	case at.After(now.Add(store.EmailHorizon)):
		return at, "Choose a time within the next 60 days."
	}
	return at, ""
}

// draft keeps a list and shows what will become of it; file is where Slack shows the file that it came from, or "".
func (h *Handlers) draft(ctx context.Context, r *request, list []store.Invitee, at time.Time, file, screenID string) (slack.ModalViewRequest, error) {
	if !r.admin() && slices.ContainsFunc(list, func(v store.Invitee) bool { return v.As != store.Employee }) {
		return slack.ModalViewRequest{}, errAdminsOnly
	}
	draft, err := h.store.DraftEmails(ctx, r.company.ID, r.actor(), list, at, file)
	if err != nil {
		return slack.ModalViewRequest{}, fmt.Errorf("keep a list of addresses: %w", err)
	}
	return view.ConfirmEmails(draft, screenID, r.admin(), nil), nil
}

// draftFile reads the file of the form, and shows in its place what will become of it, or what is wrong with it.
func (h *Handlers) draftFile(ctx context.Context, r *request, form slack.View, fileID string, as store.MemberType, at time.Time) error {
	settled := time.NewTimer(ackSettles) // which goes by while Slack is asked for the file
	defer settled.Stop()
	modal, err := h.readFile(ctx, r, fileID, as, at, form.PrivateMetadata)
	if err != nil {
		modal = view.SentenceModal(h.explain(ctx, r, err))
	}
	select {
	case <-settled.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	err = h.updateModal(ctx, r, form.ID, modal)
	if slackError(err) == "not_found" { // the person closed it
		return nil
	}
	return err
}

func (h *Handlers) readFile(ctx context.Context, r *request, fileID string, as store.MemberType, at time.Time, screenID string) (slack.ModalViewRequest, error) {
	file, content, err := h.download(ctx, r, fileID)
	if errors.Is(err, errTooLarge) {
		return view.FileProblems([]view.ListProblem{{What: "it is larger than 1 MB"}}, file), nil
	}
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	list, problems := csvInvitees(content, as)
	if len(problems) > 0 {
		return view.FileProblems(problems, file), nil
	}
	return h.draft(ctx, r, list, at, file, screenID)
}

// errTooLarge ends a download.
var errTooLarge = errors.New("the file is too large")

// download fetches a file that the person uploaded themselves, and tells where Slack shows it.
func (h *Handlers) download(ctx context.Context, r *request, fileID string) (where string, content []byte, err error) {
	file, _, _, err := h.api(r.company).GetFileInfoContext(ctx, fileID, 0, 0)
	if code := slackError(err); code == "missing_scope" {
		h.log.LogAttrs(ctx, slog.LevelWarn, "slack does not let Herald read files: install the app again with the scope files:read")
		return "", nil, &UserError{view.FilesNotAllowed}
	}
	if err != nil {
		return "", nil, fmt.Errorf("ask about a file: %w", clean(err))
	}
	if file.User != r.slackID || file.IsExternal {
		return "", nil, &UserError{"That file is not yours. Choose one from your own computer."}
	}
	if file.Size > csvLimit {
		return file.Permalink, nil, errTooLarge
	}
	var read bounded
	err = h.api(r.company).GetFileContext(ctx, file.URLPrivateDownload, &read)
	if errors.Is(err, errTooLarge) {
		return file.Permalink, nil, errTooLarge
	}
	if err != nil {
		return "", nil, fmt.Errorf("fetch a file: %w", clean(err))
	}
	return file.Permalink, read.Bytes(), nil
}

// bounded takes what fits into csvLimit: what Slack said about the size need not be true.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > csvLimit {
		return 0, errTooLarge
	}
	return b.Buffer.Write(p)
}

// sendEmails promises that a list is sent: its job does so, since a thousand invitations take longer than a form can wait, and tells.
func (h *Handlers) sendEmails(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	draftID, screenID := view.ParseDraft(form.PrivateMetadata)
	err := h.store.ConfirmEmails(ctx, r.company.ID, r.actor(), draftID, screenID)
	switch {
	case errors.Is(err, store.ErrUsed):
		return nil, nil, nil // confirmed before
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, errListGone
	case err != nil:
		return nil, nil, fmt.Errorf("confirm a list of addresses: %w", err)
	}
	return nil, nil, nil
}

// runEmails invites the addresses of a list that was confirmed, and tells whoever did so what became of it, on the screen that it was
// confirmed from or in a direct message.
func (h *Handlers) runEmails(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	sent, sendErr := h.store.SendEmails(ctx, company.ID, job.Ref)
	if sendErr != nil && !errors.Is(sendErr, store.ErrForbidden) {
		return fmt.Errorf("invite by email: %w", sendErr)
	}
	r, err := h.onBehalf(ctx, company, sent.By.SlackID, "emails")
	if err != nil { // it is sent by then
		h.log.LogAttrs(ctx, slog.LevelWarn, "look up who confirmed a list of addresses", slog.String("team", company.TeamID), slog.String("error", err.Error()))
		return nil
	}
	notice := view.EmailsSent(sent)
	if sendErr != nil {
		notice = view.Notice{Text: h.explain(ctx, r, sendErr)}
	}
	h.tellOn(ctx, r, sent.ScreenID, notice)
	return nil
}

// emailAnyway invites one address of a list although whose it is does not want to be asked again, because a company admin insists, and
// shows the rest of the list again.
func (h *Handlers) emailAnyway(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	asked := view.ParseEmailAnyway(pressed.Value)
	if !r.modal || asked.DraftID == "" {
		return reply{}, &UserError{view.StaleScreen}
	}
	if h.mail == nil {
		return reply{}, errNoMailServer
	}
	draft, became, err := h.insistByEmail(ctx, r, asked)
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, errListGone
	}
	if err != nil {
		return reply{}, fmt.Errorf("invite an address anyway: %w", err)
	}
	return reply{}, h.updateModal(ctx, r, r.viewID, view.ConfirmEmails(draft, asked.ScreenID, true, &became))
}

// insistByEmail invites the address. Somebody whom Herald was told to forget may still have an account in Slack: then the invitation is
// theirs, and not a stranger's.
func (h *Handlers) insistByEmail(ctx context.Context, r *request, asked view.EmailAnyway) (store.EmailDraft, store.EmailOutcome, error) {
	invitee, err := h.store.DraftInvitee(ctx, r.company.ID, r.actor(), asked.DraftID, asked.Position)
	if err != nil {
		return store.EmailDraft{}, store.EmailOutcome{}, err
	}
	var entry *store.Person
	user, err := h.api(r.company).GetUserByEmailContext(ctx, invitee.Email)
	switch {
	case err == nil:
		entry = new(entryOf(r.company, *user))
	case slackError(err) != "users_not_found":
		return store.EmailDraft{}, store.EmailOutcome{}, fmt.Errorf("ask slack whose an address is: %w", clean(err))
	}
	return h.store.InviteEmailAnyway(ctx, r.company.ID, r.actor(), asked.DraftID, asked.Position, entry)
}

// dropEmails forgets a list whose confirmation was dismissed.
func (h *Handlers) dropEmails(ctx context.Context, r *request, form slack.View) error {
	draftID, _ := view.ParseDraft(form.PrivateMetadata)
	return h.store.DropDraft(ctx, r.company.ID, r.actor(), draftID)
}

// mailInvite sends an invitation by email. If the process dies between sending and recording it, the address gets the same mail twice,
// with the same Message-ID.
func (h *Handlers) mailInvite(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	e, err := h.store.EmailInvite(ctx, company.ID, job.Ref)
	if err != nil {
		return fmt.Errorf("load the invitation: %w", err)
	}
	if !e.Invite.SentAt.IsZero() {
		return nil
	}
	if h.mail == nil {
		return errors.New("no mail server is set up any more")
	}
	done, err := h.pacer.Letter(company.ID)
	if err != nil {
		return fmt.Errorf("wait for other letters: %w", err)
	}
	defer done()
	err = h.mail(ctx, Letter{
		ID: e.Invite.ID, To: e.Invite.Email, Name: e.Invite.Name, Company: company.Name, Inviter: e.Inviter,
		URL: h.personalURL(company, e.Token), DeclineURL: h.declineURL(e.Token), Expires: e.Invite.ExpiresAt,
	})
	failure := ""
	if refused, ok := errors.AsType[refusal](err); ok {
		failure = refused.Refusal()
	} else if err != nil {
		return err
	}
	if err := h.store.InviteDelivered(ctx, company.ID, e.Invite.ID, failure); err != nil {
		return fmt.Errorf("record what became of an invitation: %w", err)
	}
	return nil
}

// A refusal is an error of Config.Mail that is final.
type refusal interface {
	error
	Refusal() string // in a word
}

// mailFailed records that an email was given up.
func (h *Handlers) mailFailed(ctx context.Context, job store.Job, _ error) error {
	if err := h.store.InviteDelivered(ctx, job.CompanyID, job.Ref, view.MailUnreachable); err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("record why an invitation was not sent: %w", err)
	}
	return nil
}
