package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"herald/delivery"
	"herald/handlers/view"
	"herald/store"
)

// invite answers "/social invite @ann @bob …", "… as recruiter", and "/social invite email".
func (h *Handlers) invite(ctx context.Context, r *request) (reply, error) {
	if strings.EqualFold(r.args, "email") {
		return h.inviteByEmail(ctx, r)
	}
	ids, words := people(r.args)
	words, as, err := invitedAs(words)
	if err != nil {
		return reply{}, err
	}
	if len(ids)+len(words) == 0 {
		return reply{}, &UserError{"Whom? Try `/social invite @ann @bob`."}
	}
	if n := len(ids) + len(words); n > view.InviteAtOnce { // before each of them is searched for
		return reply{}, tooMany(n)
	}
	found, unknown, err := h.named(ctx, r.company, words)
	if err != nil {
		return reply{}, err
	}
	notice, err := h.invitePeople(ctx, r, append(ids, found...), unknown, as)
	if err != nil {
		return reply{}, err
	}
	return fresh(notice.Message()), nil
}

// invitedAs takes "as recruiter" and its like out of a command's words. Without that, people are invited as employees.
func invitedAs(words []string) ([]string, store.MemberType, error) {
	for i, word := range words {
		if !strings.EqualFold(word, "as") || i+1 == len(words) {
			continue
		}
		as, ok := typeNamed(strings.TrimSuffix(strings.ToLower(words[i+1]), "s"))
		if !ok || as == store.Admin {
			return nil, "", &UserError{view.CannotInviteAs}
		}
		return slices.Delete(words, i, i+2), as, nil
	}
	return words, store.Employee, nil
}

func tooMany(n int) error {
	return &UserError{fmt.Sprintf("That is %d people. Please invite at most %d at once.", n, view.InviteAtOnce)}
}

// invitePeople invites Slack users and says what became of it; unknown are the words that name nobody.
func (h *Handlers) invitePeople(ctx context.Context, r *request, slackIDs, unknown []string, as store.MemberType) (view.Notice, error) {
	slackIDs = distinct(slackIDs)
	if err := mayInviteAs(r, slackIDs, as); err != nil {
		return view.Notice{}, err
	}
	personIDs, became, err := h.lookUp(ctx, r, slackIDs)
	if err != nil {
		return view.Notice{}, err
	}
	var outcomes []store.InviteOutcome
	if len(personIDs) > 0 {
		if outcomes, err = h.store.Invite(ctx, r.company.ID, r.actor(), personIDs, store.InviteOptions{As: as}); err != nil {
			return view.Notice{}, fmt.Errorf("invite: %w", err)
		}
	}
	became.Outcomes, became.Unknown, became.As = append(outcomes, became.Outcomes...), unknown, as
	return became.Notice(), nil
}

// mayInviteAs refuses more people than are invited at once, and a user type that is not the person's to give.
func mayInviteAs(r *request, slackIDs []string, as store.MemberType) error {
	switch {
	case len(slackIDs) > view.InviteAtOnce:
		return tooMany(len(slackIDs))
	case as != store.Employee && as != store.Recruiter:
		return &UserError{view.CannotInviteAs}
	case as != store.Employee && !r.admin():
		return errAdminsOnly
	}
	return nil
}

// lookUp finds the people to invite. Those who are not in the mirror are looked up at Slack. Somebody who was removed or left is not
// invited: company admins are told so, and may insist (inviteAnyway). Whom it leaves out stands in what it returns beside the people.
func (h *Handlers) lookUp(ctx context.Context, r *request, slackIDs []string) (personIDs []string, leftOut view.Invited, err error) {
	leftOut.Admin = r.admin()
	known, err := h.store.PeopleBySlackIDs(ctx, r.company.ID, slackIDs)
	if err != nil {
		return nil, leftOut, fmt.Errorf("look people up: %w", err)
	}
	byID := make(map[string]store.Person, len(known))
	for _, p := range known {
		byID[p.SlackID] = p
	}
	departures, err := h.store.Departures(ctx, r.company.ID, slackIDs)
	if err != nil {
		return nil, leftOut, fmt.Errorf("look who left: %w", err)
	}
	for _, id := range slackIDs {
		p, ok := byID[id]
		if !ok {
			entry, err := h.DirectoryPerson(ctx, r.company, id)
			if errors.Is(err, store.ErrNotFound) || err == nil && !entry.Eligible() {
				leftOut.Refused = append(leftOut.Refused, id)
				continue
			}
			if err != nil {
				return nil, leftOut, err
			}
			if departure, gone := departures[id]; gone && r.admin() {
				leftOut.Outcomes = append(leftOut.Outcomes, store.InviteOutcome{Person: entry, Result: store.InviteDeparted, Departure: departure})
				continue
			}
			p, err = h.know(ctx, r, entry)
			if errors.Is(err, store.ErrNotFound) {
				leftOut.Refused = append(leftOut.Refused, id)
				continue
			}
			if err != nil {
				return nil, leftOut, err
			}
		}
		personIDs = append(personIDs, p.ID)
	}
	return personIDs, leftOut, nil
}

// know puts somebody into the mirror who is not there. store.ErrNotFound if they were removed or left.
func (h *Handlers) know(ctx context.Context, r *request, entry store.Person) (store.Person, error) {
	if err := h.store.MirrorPeople(ctx, r.company.ID, []store.Person{entry}); err != nil {
		return store.Person{}, fmt.Errorf("mirror a person: %w", err)
	}
	p, err := h.store.PersonBySlackID(ctx, r.company.ID, entry.SlackID)
	if err != nil {
		return store.Person{}, fmt.Errorf("look a person up: %w", err)
	}
	return p, nil
}

// dmPeopleForm opens the form that invites people.
func (h *Handlers) dmPeopleForm(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	screenID := screenOf(pressed)
	var groups []view.UserGroup
	if r.admin() {
		groups = h.userGroups(ctx, r)
	}
	return reply{}, h.openOver(ctx, r, screenID, view.DMPeople(r.company, screenID, r.admin(), groups))
}

// dmPeople promises to invite the people of the form: looking them up may take longer than a form can wait.
func (h *Handlers) dmPeople(ctx context.Context, r *request, form slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error) {
	order := store.Order{ScreenID: form.PrivateMetadata, OrderDetails: store.OrderDetails{
		SlackIDs: distinct(input(form, view.BlockPeople).SelectedUsers),
		As:       cmp.Or(store.MemberType(input(form, view.BlockAs).SelectedOption.Value), store.Employee),
	}}
	if many := audienceOf(form); many.chosen() && r.admin() {
		return h.orderPlan(ctx, r, form.ID, many, order)
	}
	if len(order.SlackIDs) == 0 {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockPeople: "Choose at least one person."}), nil, nil
	}
	if err := mayInviteAs(r, order.SlackIDs, order.As); err != nil {
		return nil, nil, err
	}
	if _, err := h.store.PlaceOrder(ctx, r.company.ID, r.actor(), store.JobInvitePeople, order); err != nil {
		return nil, nil, fmt.Errorf("promise to invite: %w", err)
	}
	return nil, nil, nil
}

// runInvites invites the people whom somebody chose in the form, and tells them what became of it.
func (h *Handlers) runInvites(ctx context.Context, job store.Job) error {
	r, order, err := h.ordered(ctx, job)
	if err != nil {
		return err
	}
	personIDs, became, err := h.lookUp(ctx, r, order.SlackIDs)
	if err != nil {
		return err
	}
	outcomes, err := h.store.InviteOrdered(ctx, r.company.ID, order.ID, personIDs)
	if err != nil && !errors.Is(err, store.ErrForbidden) {
		return fmt.Errorf("invite: %w", err)
	}
	became.Outcomes, became.As = append(outcomes, became.Outcomes...), order.As
	notice := became.Notice()
	if err != nil {
		notice = view.Notice{Text: h.explain(ctx, r, err)}
	}
	h.tellOn(ctx, r, order.ScreenID, notice)
	return nil
}

// invitePerson is the Invite button of a row of User Management.
func (h *Handlers) invitePerson(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	outcomes, err := h.store.Invite(ctx, r.company.ID, r.actor(), []string{pressed.Value}, store.InviteOptions{})
	if err != nil {
		return reply{}, fmt.Errorf("invite: %w", err)
	}
	return h.redrawScreen(ctx, r, screenOf(pressed), view.Invited{Outcomes: outcomes, As: store.Employee, Admin: true}.Notice())
}

// resendInvite is the Resend button of a row of User Management and of Invitations.
func (h *Handlers) resendInvite(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	invite, err := h.store.ResendInvite(ctx, r.company.ID, r.actor(), pressed.Value)
	return h.resent(ctx, r, pressed, view.InviteResent(invite), invite, err)
}

// resendAnyway sends an invitation again to somebody who asked for no reminders, because a company admin insists.
func (h *Handlers) resendAnyway(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	invite, err := h.store.ResendInviteAnyway(ctx, r.company.ID, r.actor(), pressed.Value)
	return h.resent(ctx, r, pressed, view.InviteResent(invite), invite, err)
}

// resent says what became of sending an invitation again.
func (h *Handlers) resent(ctx context.Context, r *request, pressed *slack.BlockAction, notice view.Notice, invite store.Invite, err error) (reply, error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		notice = view.InviteGone()
	case errors.Is(err, store.ErrNotEligible):
		notice = view.InviteeGone()
	case errors.Is(err, store.ErrChanged):
		notice = view.InviteWentOut()
	case errors.Is(err, store.ErrDeclined):
		notice = view.InviteeUnwilling(invite)
	case err != nil:
		return reply{}, fmt.Errorf("send an invitation again: %w", err)
	}
	screenID := screenOf(pressed)
	if screenID == "" && r.home {
		return h.redrawHome(ctx, r, &notice)
	}
	return h.redrawScreen(ctx, r, screenID, notice)
}

// sendInviteNow is the Send now button in place of Resend, of an email that is scheduled.
func (h *Handlers) sendInviteNow(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	invite, err := h.store.SendInviteNow(ctx, r.company.ID, r.actor(), pressed.Value)
	return h.resent(ctx, r, pressed, view.InviteSentNow(invite), invite, err)
}

// cancelInvite is the Cancel button of a row of User Management and of Invitations.
func (h *Handlers) cancelInvite(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	err := h.store.CancelInvite(ctx, r.company.ID, r.actor(), pressed.Value)
	if errors.Is(err, store.ErrNotFound) {
		return h.redrawScreen(ctx, r, screenOf(pressed), view.InviteGone())
	}
	if err != nil {
		return reply{}, fmt.Errorf("cancel an invitation: %w", err)
	}
	return h.redrawScreen(ctx, r, screenOf(pressed), view.InviteCancelled())
}

// preview shows how a post would look under the person's own name.
func (h *Handlers) preview(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	name := "You"
	switch {
	case r.access.Member != nil:
		name = r.access.Member.Name
	case r.access.Person != nil:
		name = r.access.Person.Name
	}
	return reply{}, h.open(ctx, r, view.Preview(h.networks, r.company.Name, name))
}

// sendInvite sends the DM of an invitation.
func (h *Handlers) sendInvite(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	invite, _, err := h.store.OpenInvite(ctx, company.ID, job.Ref)
	if errors.Is(err, store.ErrNotFound) {
		return h.settleOver(ctx, company, job)
	}
	if err != nil {
		return fmt.Errorf("load the invitation: %w", err)
	}
	if !invite.SentAt.IsZero() {
		return nil
	}
	ready := func() error { return h.inviteReady(ctx, company, job.Ref) }
	_, err = h.deliverWhen(ctx, company, job, invite.SlackID, delivery.Bulk, ready, func() (view.Message, error) {
		if err := ready(); err != nil { // things change while it waits for its turn
			return view.Message{}, err
		}
		// Meanwhile it may be cancelled, declined or stopped: a dead link must not arrive.
		now, token, err := h.store.OpenInvite(ctx, company.ID, job.Ref)
		if err != nil {
			return view.Message{}, fmt.Errorf("load the invitation again: %w", err)
		}
		return view.Invitation(company, now.InvitedBy, h.personalURL(company, token), now.ExpiresAt), nil
	})
	return err
}

// inviteReady returns a *delivery.LaterError for an invitation that is one of many, while it is not the person's time.
func (h *Handlers) inviteReady(ctx context.Context, c store.Company, inviteID string) error {
	wait, err := h.store.InviteWait(ctx, c.ID, inviteID)
	if err == nil && wait > 0 {
		err = &delivery.LaterError{Wait: wait}
	}
	return err
}

// inviteFailed records why the DM could not be delivered, or that nobody knows whether it was, so that the row in User Management and
// in Invitations shows it.
func (h *Handlers) inviteFailed(ctx context.Context, job store.Job, err error) error {
	code := cmp.Or(slackError(err), "unreachable")
	invite, _, err := h.store.OpenInvite(ctx, job.CompanyID, job.Ref)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load the invitation: %w", err)
	}
	uncertain, err := h.mayHaveArrived(ctx, job, invite.SlackID)
	if err != nil {
		return err
	}
	if uncertain {
		code = store.FailureUnverified
	}
	if err := h.store.InviteDelivered(ctx, job.CompanyID, job.Ref, code); err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("record why an invitation was not sent: %w", err)
	}
	return nil
}

// people reads the names in a command: the Slack ids of mentions, which arrive as <@U123|ann>
// (https://docs.slack.dev/interactivity/implementing-slash-commands#escaping), and the other words, such as @ann or ann@acme.example.
func people(args string) (slackIDs, words []string) {
	for word := range strings.FieldsSeq(strings.ReplaceAll(args, ",", " ")) {
		inner, marked := strings.CutPrefix(word, "<")
		inner, closed := strings.CutSuffix(inner, ">")
		if !marked || !closed {
			words = append(words, unescape(word))
			continue
		}
		target, label, _ := strings.Cut(inner, "|")
		switch {
		case strings.HasPrefix(target, "@") && len(target) > 1:
			slackIDs = append(slackIDs, target[1:])
		case strings.HasPrefix(target, "mailto:"):
			words = append(words, unescape(strings.TrimPrefix(target, "mailto:")))
		case label != "":
			words = append(words, unescape(label))
		default:
			words = append(words, unescape(target))
		}
	}
	return slackIDs, words
}

// named finds the Slack users whom words name exactly: a handle with or without @, or an email address. Words that name nobody, or more
// than one person, are unknown.
func (h *Handlers) named(ctx context.Context, c store.Company, words []string) (slackIDs, unknown []string, err error) {
	for _, word := range words {
		people, err := h.store.PeopleNamed(ctx, c.ID, strings.TrimPrefix(word, "@"))
		if err != nil {
			return nil, nil, fmt.Errorf("look for a name: %w", err)
		}
		var hits []string
		for _, p := range people {
			hits = append(hits, p.SlackID)
		}
		if hits = distinct(hits); len(hits) == 1 && hits[0] != "" {
			slackIDs = append(slackIDs, hits[0])
		} else {
			unknown = append(unknown, word)
		}
	}
	return slackIDs, unknown, nil
}

// distinct keeps the first of each.
func distinct(ids []string) []string {
	var out []string
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
