package handlers

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// adminsAsked is how many company admins get the card of a sign-up that nobody in the workspace can confirm.
const adminsAsked = 50

// errAnswered is said to whoever answers a sign-up that is over.
var errAnswered error = &UserError{view.SignupOver}

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
	case errors.Is(err, store.ErrTaken):
		return reply{}, &UserError{"That network account belongs to another member by now. Choose *No*, and sign up again with your own: type `/social`."}
	case errors.Is(err, store.ErrNotEligible):
		return reply{}, &UserError{"You cannot take part any more, so no account was made. Choose *No* to erase what was entered."}
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
	// A card that was on its way while somebody answered is closed here: closeSignupCards did not know it.
	if _, err := h.store.Signup(ctx, company.ID, job.Ref); errors.Is(err, store.ErrNotFound) {
		return h.closeSignupCards(ctx, job)
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

// signupEnds remembers how sign-ups ended until their cards say so: the store keeps nothing of a sign-up that is over. If the process
// dies before, or another one closes the cards, they say only that it was answered. The zero value is ready to use.
type signupEnds struct {
	mu   sync.Mutex // held while somebody decides, so that the job that follows finds the end
	byID map[string]view.Message
}

// decide remembers end if do succeeds.
func (e *signupEnds) decide(signupID string, end view.Message, do func() error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	if e.byID == nil {
		e.byID = map[string]view.Message{}
	}
	e.byID[signupID] = end
	return nil
}

func (e *signupEnds) of(signupID string) (view.Message, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m, ok := e.byID[signupID]
	return m, ok
}

func (e *signupEnds) forget(signupID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.byID, signupID)
}

// decideSignup decides; a job closes the cards of all admins.
func (h *Handlers) decideSignup(ctx context.Context, r *request, signupID string, approve bool) (reply, error) {
	end := view.SignupDeclined
	if approve {
		end = view.SignupApproved
	}
	err := h.ends.decide(signupID, view.SignupDecided(end, r.slackID, h.now()), func() error {
		_, err := h.store.DecideSignup(ctx, r.company.ID, r.actor(), signupID, approve)
		return err
	})
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

// closeSignupCards takes the buttons off the question and off every admin's card once a sign-up is over.
func (h *Handlers) closeSignupCards(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	end, known := h.ends.of(job.Ref)
	if !known {
		end = view.SignupDecided("", "", h.now())
	}
	for _, kind := range []store.JobKind{store.JobApprovalCard, store.JobConfirmDM} {
		if err := h.redrawCards(ctx, company, kind, job.Ref, end); err != nil {
			return err
		}
		if err := h.store.DropCards(ctx, company.ID, kind, job.Ref); err != nil {
			return fmt.Errorf("forget the cards: %w", err)
		}
	}
	h.ends.forget(job.Ref)
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
