package handlers

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"herald/handlers/view"
)

// menu answers "/social".
func (h *Handlers) menu(ctx context.Context, r *request) (reply, error) {
	m, err := h.drawMenu(ctx, r, true)
	if err != nil {
		return reply{}, err
	}
	return fresh(m), nil
}

// signup draws the sign-up screen with the person's own link, for somebody whose Home tab had none.
func (h *Handlers) signup(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	m, err := h.drawMenu(ctx, r, true)
	if err != nil {
		return reply{}, err
	}
	rep := r.here(m)
	rep.replace = true
	return rep, nil
}

// drawMenu draws the menu that fits who the person is. Without link, somebody not registered gets a button that asks for their link:
// making one leaves a trace, so it takes an act of theirs.
func (h *Handlers) drawMenu(ctx context.Context, r *request, link bool) (view.Message, error) {
	m := view.Menu{Company: r.company, Member: r.access.Member, Offered: h.networks, Inviter: r.access.Inviter, Now: h.now()}
	var err error
	if m.Member == nil {
		if m.Admins, err = h.store.Admins(ctx, r.company.ID, view.AdminsShown); err != nil {
			return view.Message{}, fmt.Errorf("list the admins: %w", err)
		}
		if link {
			m.SignupURL, err = h.ownURL(ctx, r)
		}
	} else {
		var networks view.Networks
		networks, err = h.networksOf(ctx, r)
		m.SignupURL, m.PageURL = networks.URL, networks.PageURL
	}
	if err != nil {
		return view.Message{}, err
	}
	if r.admin() {
		if m.Counts, err = h.store.Counts(ctx, r.company.ID); err != nil {
			return view.Message{}, fmt.Errorf("count the members: %w", err)
		}
		if m.NextReminder, err = h.nextReminder(ctx, r.company.ID); err != nil {
			return view.Message{}, err
		}
	}
	return m.Message(), nil
}

// redrawMenu shows the menu again where it was, with what came of a click.
func (h *Handlers) redrawMenu(ctx context.Context, r *request, notice view.Notice) (reply, error) {
	if r.home {
		return h.redrawHome(ctx, r, &notice)
	}
	m, err := h.drawMenu(ctx, r, true)
	if err != nil {
		return reply{}, err
	}
	m.Notice = &notice
	return reply{message: &m, replace: true}, nil
}

// stored shows what Herald stores about a member.
func (h *Handlers) stored(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	return reply{}, h.open(ctx, r, view.StoredModal(r.company))
}
