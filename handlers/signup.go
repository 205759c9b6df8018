package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// adminsAsked is how many company admins get the card of a sign-up that nobody in the workspace can confirm.
const adminsAsked = 50

// errAnswered is said to whoever answers a sign-up that is over.
var errAnswered = &UserError{view.SignupOver}

// askWasThisYou asks the Slack user whose email address was entered at the company URL.
func (h *Handlers) askWasThisYou(ctx context.Context, job store.Job) error {
	company, s, err := h.signupOf(ctx, job)
	if err != nil {
		return err
	}
	_, err = h.sendCards(ctx, company, job, []string{s.SlackID}, func() (view.Message, error) {
		return view.ConfirmSignup(company, s), nil
	})
	return err
}

// signupOf loads what a job is about; store.ErrNotFound if it was answered meanwhile.
func (h *Handlers) signupOf(ctx context.Context, job store.Job) (store.Company, store.Signup, error) {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return store.Company{}, store.Signup{}, fmt.Errorf("load the company: %w", err)
	}
	s, err := h.store.Signup(ctx, company.ID, job.Ref)
	if err != nil {
		return store.Company{}, store.Signup{}, fmt.Errorf("load the sign-up: %w", err)
	}
	return company, s, nil
}

// confirmSignup is Yes to «Was this you?».
func (h *Handlers) confirmSignup(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	return h.answerSignup(ctx, r, pressed.Value, true, view.SignupConfirmed())
}

// denySignup is No to «Was this you?».
func (h *Handlers) denySignup(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	return h.answerSignup(ctx, r, pressed.Value, false, view.SignupErased())
}

func (h *Handlers) answerSignup(ctx context.Context, r *request, signupID string, yes bool, after view.Message) (reply, error) {
	// The question is where it was sent, whatever the click says. It is looked up first: answering forgets it.
	cards, err := h.store.Cards(ctx, r.company.ID, store.JobConfirmDM, signupID)
	if err != nil {
		return reply{}, fmt.Errorf("look for the question: %w", err)
	}
	_, err = h.store.ConfirmSignup(ctx, r.company.ID, r.slackID, signupID, yes)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return reply{}, errAnswered
	case errors.Is(err, store.ErrExists):
		after = view.Sentence("You are registered already, so there was nothing left to do. Type `/social` to see your account.")
	case err != nil:
		return reply{}, fmt.Errorf("answer a sign-up: %w", err)
	}
	for _, card := range cards {
		if card.SlackID != r.slackID {
			continue
		}
		if err := h.redraw(ctx, r.company, card, after); err != nil {
			return reply{}, err
		}
	}
	if err := h.store.DropCards(ctx, r.company.ID, store.JobConfirmDM, signupID); err != nil {
		return reply{}, fmt.Errorf("forget the question: %w", err)
	}
	return reply{}, nil
}

// sendApprovalCards asks all company admins about somebody whom nobody in the workspace can confirm.
func (h *Handlers) sendApprovalCards(ctx context.Context, job store.Job) error {
	company, _, err := h.signupOf(ctx, job)
	if err != nil {
		return err
	}
	admins, err := h.store.Admins(ctx, company.ID, adminsAsked)
	if err != nil {
		return fmt.Errorf("list the admins: %w", err)
	}
	var to []string
	for _, a := range admins {
		if a.SlackID != "" {
			to = append(to, a.SlackID)
		}
	}
	_, err = h.sendCards(ctx, company, job, to, func() (view.Message, error) {
		s, err := h.store.Signup(ctx, company.ID, job.Ref) // somebody may have answered since the last card
		if err != nil {
			return view.Message{}, fmt.Errorf("load the sign-up: %w", err)
		}
		return view.ApprovalCard(company, s), nil
	})
	if err != nil {
		return err
	}
	// A card that was on its way while somebody answered is closed here: closeApprovalCards did not know it.
	if _, err := h.store.Signup(ctx, company.ID, job.Ref); errors.Is(err, store.ErrNotFound) {
		return h.closeApprovalCards(ctx, job)
	}
	return nil
}

// approveSignup is Approve on an approval card.
func (h *Handlers) approveSignup(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	return h.decideSignup(ctx, r, pressed.Value, true)
}

// declineSignup is Decline on an approval card; Slack asked whether that is meant.
func (h *Handlers) declineSignup(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	return h.decideSignup(ctx, r, pressed.Value, false)
}

// decideSignup decides; a job closes the cards of all admins.
func (h *Handlers) decideSignup(ctx context.Context, r *request, signupID string, approve bool) (reply, error) {
	_, err := h.store.DecideSignup(ctx, r.company.ID, r.actor(), signupID, approve)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return reply{}, errAnswered
	case errors.Is(err, store.ErrTaken):
		return reply{}, &UserError{"That network account belongs to another member by now, so it cannot be approved. Decline it."}
	case err != nil:
		return reply{}, fmt.Errorf("decide a sign-up: %w", err)
	}
	return reply{}, nil
}

// closeApprovalCards takes the buttons off every admin's card once one of them decided.
func (h *Handlers) closeApprovalCards(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	if err := h.redrawCards(ctx, company, store.JobApprovalCard, job.Ref, view.SignupDecided("", "", h.now())); err != nil {
		return err
	}
	if err := h.store.DropCards(ctx, company.ID, store.JobApprovalCard, job.Ref); err != nil {
		return fmt.Errorf("forget the cards: %w", err)
	}
	return nil
}

// welcome tells a new member what happens next.
func (h *Handlers) welcome(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	m, err := h.store.Member(ctx, company.ID, job.Ref)
	if err != nil {
		return fmt.Errorf("load the member: %w", err)
	}
	if m.SlackID == "" { // from outside of the workspace: the page told them
		return nil
	}
	_, err = h.deliver(ctx, company, m.SlackID, view.Welcome(company, m))
	return err
}
