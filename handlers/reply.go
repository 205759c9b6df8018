package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// A UserError is something the person can mend: it is shown as it is, one sentence that says what to do next. Msg is mrkdwn.
type UserError struct{ Msg string }

func (e *UserError) Error() string { return e.Msg }

// unlessRefused returns err unless it only says why somebody cannot take part, where nobody waits to hear that.
func unlessRefused(err error) error {
	if _, refused := errors.AsType[*UserError](err); refused {
		return nil
	}
	return err
}

// A reply is what the person sees. The zero value shows nothing.
type reply struct {
	message *view.Message // an ephemeral message
	replace bool          // it takes the place of the message that was clicked
	through string        // a response URL other than the request's, or ""
	home    *view.Message // the Home tab
}

// fresh answers with a new ephemeral message.
func fresh(m view.Message) reply { return reply{message: &m} }

// here answers where the person clicked: in the Home tab, or with a new ephemeral message.
func (r *request) here(m view.Message) reply {
	if r.home {
		return reply{home: &m}
	}
	return fresh(m)
}

// answer runs decide and shows its reply, or what went wrong. The error it returns was already told to the person and logged.
func (h *Handlers) answer(ctx context.Context, r *request, decide func() (reply, error)) error {
	rep, err := decide()
	if err == nil {
		if err = h.show(ctx, r, rep); err == nil {
			return nil
		}
	}
	return h.tell(ctx, r, h.explain(ctx, r, err))
}

// explain turns an error into words for the person. What they cannot mend gets a reference that stands in the log, too.
func (h *Handlers) explain(ctx context.Context, r *request, err error) string {
	if user, ok := errors.AsType[*UserError](err); ok {
		return user.Msg
	}
	switch {
	case errors.Is(err, errAdminsOnly), errors.Is(err, store.ErrForbidden):
		return h.askAnAdmin(ctx, r)
	case errors.Is(err, errInvitersOnly):
		return h.askAnInviter(ctx, r)
	case errors.Is(err, store.ErrLastAdmin):
		return view.LastAdmin
	case errors.Is(err, store.ErrNotFound):
		return "That is not there any more; somebody may have changed it meanwhile. Open the screen again to see how things are now."
	case errors.Is(err, store.ErrTooMany):
		return fmt.Sprintf("That is too many at once. Please select at most %d members.", store.SelectionLimit)
	}
	ref := newRef()
	h.log.LogAttrs(ctx, slog.LevelError, "request failed",
		slog.String("ref", ref), slog.String("what", r.what), slog.String("team", r.teamID), slog.String("error", err.Error()))
	return view.Broken(ref)
}

// newRef is a short reference that a person can read out: eight letters and digits.
func newRef() string { return rand.Text()[:8] }

// tell shows one sentence where the person is looking.
func (h *Handlers) tell(ctx context.Context, r *request, text string) error {
	m := view.Sentence(text)
	switch {
	case r.responseURL != "":
		return h.respond(ctx, r.responseURL, m, false)
	case r.company.ID == "": // somebody of a workspace that Herald has no token for
		return nil
	case r.triggerID != "" && (r.home || r.modal):
		if err := h.open(ctx, r, view.SentenceModal(text)); err == nil {
			return nil
		}
		// The trigger may be too old, or used: a direct message says it as well.
		return h.whisper(ctx, r, m)
	case r.channelID != "":
		if _, err := h.api(r.company).PostEphemeralContext(ctx, r.channelID, r.slackID, m.Options()...); err == nil {
			return nil
		}
		// Herald may not be in the channel: a direct message says it as well.
		return h.whisper(ctx, r, m)
	case r.slackID != "":
		return h.whisper(ctx, r, m)
	}
	return nil
}

func (h *Handlers) show(ctx context.Context, r *request, rep reply) error {
	if rep.message != nil {
		if err := h.say(ctx, r, rep); err != nil {
			return err
		}
	}
	if rep.home != nil {
		return h.publishHome(ctx, r.company, r.slackID, *rep.home)
	}
	return nil
}

// say shows the reply's message where the person is looking.
func (h *Handlers) say(ctx context.Context, r *request, rep reply) error {
	if through := cmp.Or(rep.through, r.responseURL); through != "" {
		return h.respond(ctx, through, *rep.message, rep.replace)
	}
	var err error
	if r.channelID != "" {
		_, err = h.api(r.company).PostEphemeralContext(ctx, r.channelID, r.slackID, rep.message.Options()...)
	} else {
		err = h.whisper(ctx, r, *rep.message)
	}
	if err != nil {
		return fmt.Errorf("post a message: %w", clean(err))
	}
	return nil
}

// respond posts to a response URL, which works five times within 30 minutes
// (https://docs.slack.dev/interactivity/handling-user-interaction).
func (h *Handlers) respond(ctx context.Context, responseURL string, m view.Message, replace bool) error {
	msg := m.Webhook()
	msg.ReplaceOriginal = replace
	if err := slack.PostWebhookCustomHTTPContext(ctx, responseURL, h.http, msg); err != nil {
		return fmt.Errorf("answer through the response URL: %w", clean(err))
	}
	return nil
}

// open shows a modal on top of what the person sees.
func (h *Handlers) open(ctx context.Context, r *request, modal slack.ModalViewRequest) error {
	_, err := h.opened(ctx, r, modal)
	return err
}

// opened is open, and returns the id of the view.
func (h *Handlers) opened(ctx context.Context, r *request, modal slack.ModalViewRequest) (viewID string, err error) {
	show := h.api(r.company).OpenViewContext
	if r.modal {
		show = h.api(r.company).PushViewContext
	}
	v, err := show(ctx, r.triggerID, modal)
	switch slackError(err) {
	case "expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged":
		// A trigger opens one modal, within three seconds (https://docs.slack.dev/interactivity/handling-user-interaction).
		return "", &UserError{"That took too long for Slack, and nothing happened. Please click again."}
	}
	if err != nil {
		return "", fmt.Errorf("open a modal: %w", clean(err))
	}
	return v.ID, nil
}

// homePatience is the longest wait for a turn to show a Home tab.
const homePatience = 30 * time.Second

// publishHome shows the Home tab. Slack draws 100 of them a minute for a whole workspace
// (https://docs.slack.dev/reference/methods/views.publish), so it may have to wait for its turn, once.
func (h *Handlers) publishHome(ctx context.Context, c store.Company, slackID string, m view.Message) error {
	home := slack.PublishViewContextRequest{UserID: slackID, View: m.Home()}
	_, err := h.api(c).PublishViewContext(ctx, home)
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok && limited.RetryAfter <= homePatience {
		if err := sleep(ctx, limited.RetryAfter); err != nil {
			return fmt.Errorf("wait to publish the Home tab: %w", err)
		}
		_, err = h.api(c).PublishViewContext(ctx, home)
	}
	if err != nil {
		return fmt.Errorf("publish the Home tab: %w", clean(err))
	}
	return nil
}

// formError shows in a form what went wrong.
func (h *Handlers) formError(ctx context.Context, r *request, err error) *slack.ViewSubmissionResponse {
	modal := view.SentenceModal(h.explain(ctx, r, err))
	return slack.NewUpdateViewSubmissionResponse(&modal)
}

// clean takes the URL out of a transport error: response URLs are secrets.
func clean(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", strings.ToLower(u.Op), u.Err)
	}
	return err
}

// Apologise tells somebody that something broke; ref stands in the log.
func (h *Handlers) Apologise(ctx context.Context, teamID, userID, channelID, responseURL, ref string) {
	h.TurnAway(ctx, teamID, userID, channelID, responseURL, view.Broken(ref))
}

// TurnAway tells somebody in these words that what they did came to nothing.
func (h *Handlers) TurnAway(ctx context.Context, teamID, userID, channelID, responseURL, text string) {
	r := &request{teamID: teamID, slackID: userID, channelID: channelID, responseURL: responseURL}
	if c, err := h.companyOf(ctx, r); err == nil {
		r.company = c
	}
	if err := h.tell(ctx, r, text); err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "apology not delivered", slog.String("error", err.Error()))
	}
}

// askAnAdmin is what somebody reads who tried something for company admins.
func (h *Handlers) askAnAdmin(ctx context.Context, r *request) string {
	list, err := h.store.Admins(ctx, r.company.ID, view.AdminsShown)
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "list the admins", slog.String("error", err.Error()))
	}
	return view.AskAnAdmin(list)
}
