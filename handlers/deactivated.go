package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// tellDeactivated tells the company admins that there are members who are deactivated in Slack, whom nobody but an admin removes.
func (h *Handlers) tellDeactivated(ctx context.Context, job store.Job) error {
	company, err := h.store.Company(ctx, job.CompanyID)
	if err != nil {
		return fmt.Errorf("load the company: %w", err)
	}
	admins, err := h.store.Admins(ctx, company.ID, adminsAsked)
	if err != nil {
		return fmt.Errorf("list the admins: %w", err)
	}
	to := make([]string, len(admins))
	for i, a := range admins {
		to[i] = a.SlackID
	}
	_, err = h.sendCards(ctx, company, job, to, func() (view.Message, error) {
		now, err := h.store.Settings(ctx, company.ID)
		if err != nil {
			return view.Message{}, fmt.Errorf("load the settings: %w", err)
		}
		counts, err := h.store.Counts(ctx, company.ID)
		if err != nil {
			return view.Message{}, fmt.Errorf("count who is deactivated: %w", err)
		}
		if counts[store.Deactivated] == 0 { // removed, or back
			return view.Message{}, store.ErrNotFound
		}
		return view.Deactivated(counts[store.Deactivated], now.RemovalDays), nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	// Nothing changes in these messages any more: they were remembered only so that a retry tells nobody twice.
	if err := h.store.DropCards(ctx, company.ID, job.Kind, job.Ref); err != nil {
		return fmt.Errorf("forget who was told: %w", err)
	}
	return nil
}

// showDeactivated opens User Management with those members, all of them selected: nobody is removed before that is confirmed.
func (h *Handlers) showDeactivated(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	return h.openMembers(ctx, r, store.Deactivated, "", func(sc store.Screen) (store.Screen, error) {
		all := query(sc)
		all.After, all.Before = "", ""
		if _, err := h.store.SelectMatching(ctx, r.company.ID, sc.ID, all); err != nil {
			return sc, fmt.Errorf("select who is deactivated: %w", err)
		}
		return h.store.Screen(ctx, r.company.ID, r.slackID, sc.ID)
	})
}
