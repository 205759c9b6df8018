package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"herald/delivery"
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
	return h.sendSignupCards(ctx, company, job, []string{s.SlackID}, view.ConfirmSignup)
}

// sendSignupCards asks people about a sign-up, until one of them answers.
func (h *Handlers) sendSignupCards(ctx context.Context, c store.Company, job store.Job, to []string, draw func(store.Company, view.Offered, store.Signup) view.Message) error {
	_, err := h.sendCards(ctx, c, job, to, func() (view.Message, error) {
		s, err := h.store.Signup(ctx, c.ID, job.Ref) // somebody may have answered since the last card
		if err != nil {
			return view.Message{}, fmt.Errorf("load the sign-up: %w", err)
		}
		return draw(c, h.networks, s), nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	// A card that was on its way while somebody answered is closed here: whoever answered did not know of it.
	if _, err := h.store.Signup(ctx, c.ID, job.Ref); errors.Is(err, store.ErrNotFound) {
		return h.closeSignupCards(ctx, c, job.Ref)
	}
	return nil
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

// answerSignup takes the question away. If it was answered so fast that where it is was not stored yet, sendSignupCards does.
func (h *Handlers) answerSignup(ctx context.Context, r *request, signupID string, yes bool, after view.Message) (reply, error) {
	err := h.ends.decide(signupID, h.now(), func() (view.Message, error) {
		_, err := h.store.ConfirmSignup(ctx, r.company.ID, r.slackID, signupID, yes)
		return after, err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return reply{}, errAnswered
	case errors.Is(err, store.ErrTaken):
		return reply{}, &UserError{"That network account belongs to another member by now. Choose *No*, and sign up again with your own: type `/social`."}
	case errors.Is(err, store.ErrNotEligible):
		return reply{}, &UserError{"You cannot take part any more, so no account was made. Choose *No* to erase what was entered."}
	case errors.Is(err, store.ErrExists):
		return reply{}, &UserError{"You are registered already. Choose *No* to erase what was entered; your account stays as it is."}
	case err != nil:
		return reply{}, fmt.Errorf("answer a sign-up: %w", err)
	}
	return reply{}, h.closeSignupCards(ctx, r.company, signupID)
}

// sendApprovalCards asks all company admins about somebody whom nobody in the workspace can confirm; where none of them can use Slack, the
// operators.
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
		to = append(to, a.SlackID)
	}
	if len(to) == 0 {
		if to, err = h.deciders(ctx, company); err != nil {
			return err
		}
	}
	return h.sendSignupCards(ctx, company, job, to, view.ApprovalCard)
}

// approveSignup is Approve on an approval card, where the admin may have chosen who it is in Slack.
func (h *Handlers) approveSignup(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	colleague, err := h.chosenColleague(ctx, r)
	if err != nil {
		return reply{}, err
	}
	return h.decideSignup(ctx, r, pressed.Value, view.SignupApproved, func(by store.Actor) (store.Signup, error) {
		if colleague != nil {
			return h.store.ApproveSignupAs(ctx, r.company.ID, by, pressed.Value, *colleague)
		}
		return h.store.DecideSignup(ctx, r.company.ID, by, pressed.Value, true)
	})
}

// errNoColleague is said to an admin who chose somebody who cannot be a member.
var errNoColleague error = &UserError{"The person you chose cannot take part: guests, bots, deactivated accounts and people of other workspaces are left out. Choose somebody else, or nobody."}

// chosenColleague is whom an admin chose on a card, as Slack knows them now; nil if nobody.
func (h *Handlers) chosenColleague(ctx context.Context, r *request) (*store.Person, error) {
	slackID := ""
	if r.chosen != nil {
		for _, block := range r.chosen.Values {
			slackID = cmp.Or(slackID, block[view.ActionSignupPerson].SelectedUser)
		}
	}
	if slackID == "" {
		return nil, nil //nolint:nilnil // to choose nobody is the usual case, not a failure
	}
	p, err := h.DirectoryPerson(ctx, r.company, slackID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !p.Eligible() {
		return nil, errNoColleague
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// declineSignup is Decline on an approval card; Slack asked whether that is meant.
func (h *Handlers) declineSignup(ctx context.Context, r *request, pressed *slack.BlockAction) (reply, error) {
	return h.decideSignup(ctx, r, pressed.Value, view.SignupDeclined, func(by store.Actor) (store.Signup, error) {
		return h.store.DecideSignup(ctx, r.company.ID, by, pressed.Value, false)
	})
}

// signupEnds remembers for a while how sign-ups ended, for their cards: the store keeps nothing of a sign-up that is over. If the process
// dies, or another one closes the cards, they say only that it was answered. The zero value is ready to use.
type signupEnds struct {
	mu   sync.Mutex // held while somebody decides, so that the job that follows finds the end
	byID map[string]signupEnd
}

type signupEnd struct {
	message view.Message
	at      time.Time
}

// signupEndLife is more than it takes to close the cards of fifty admins while Slack is slow.
const signupEndLife = time.Hour

// decide remembers the end that do returns if it succeeds.
func (e *signupEnds) decide(signupID string, at time.Time, do func() (view.Message, error)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	end, err := do()
	if err != nil {
		return err
	}
	if e.byID == nil {
		e.byID = map[string]signupEnd{}
	}
	maps.DeleteFunc(e.byID, func(_ string, old signupEnd) bool { return at.Sub(old.at) > signupEndLife })
	e.byID[signupID] = signupEnd{end, at}
	return nil
}

// of returns how a sign-up ended, if that is known.
func (e *signupEnds) of(signupID string) (view.Message, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	end, ok := e.byID[signupID]
	return end.message, ok
}

// decideSignup decides; a job closes the cards of all admins.
func (h *Handlers) decideSignup(ctx context.Context, r *request, signupID string, end view.SignupEnd, decide func(store.Actor) (store.Signup, error)) (reply, error) {
	by := r.actor()
	if !r.admin() { // an operator may, where no company admin can: the store checks that
		err := h.mayDecide(ctx, r)
		if errors.Is(err, errOperatorsOnly) {
			err = errAdminsOnly
		}
		if err != nil {
			return reply{}, err
		}
		by.Operator = true
	}
	now := h.now()
	err := h.ends.decide(signupID, now, func() (view.Message, error) {
		s, err := decide(by)
		return view.SignupDecided(end, s, r.slackID, now), err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return reply{}, errAnswered
	case errors.Is(err, store.ErrTaken):
		return reply{}, &UserError{"That network account belongs to another member by now, so it cannot be approved. Decline it."}
	case errors.Is(err, store.ErrExists):
		return reply{}, &UserError{"The person you chose is registered already. Choose somebody else, or nobody."}
	case errors.Is(err, store.ErrNotEligible):
		return reply{}, errNoColleague
	case err != nil:
		return reply{}, fmt.Errorf("decide a sign-up: %w", err)
	}
	return reply{}, nil
}

// signupDecided takes the buttons off the question and off every admin's card once a sign-up is over.
func (h *Handlers) signupDecided(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	return h.closeSignupCards(ctx, company, job.Ref)
}

func (h *Handlers) closeSignupCards(ctx context.Context, c store.Company, signupID string) error {
	end, known := h.ends.of(signupID)
	if !known {
		end = view.SignupDecided("", store.Signup{}, "", h.now())
	}
	for _, kind := range []store.JobKind{store.JobApprovalCard, store.JobConfirmDM} {
		if err := h.closeCards(ctx, c, kind, signupID, end); err != nil {
			return err
		}
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
	_, err = h.deliver(ctx, company, job, m.SlackID, delivery.Prompt, func() (view.Message, error) { return view.Welcome(company, h.networks, m), nil })
	return err
}
