package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"herald/handlers/view"
	"herald/store"
)

// downloadData sends somebody everything that Herald stores about them, as a file that is deleted again. A modal is opened first, since
// Slack lets us open one for three seconds only.
func (h *Handlers) downloadData(ctx context.Context, r *request, _ *slack.BlockAction) (reply, error) {
	viewID := ""
	if r.modal || r.home {
		var err error
		if viewID, err = h.opened(ctx, r, view.SentenceModal(view.DataComing)); err != nil {
			return reply{}, err
		}
	}
	notice, err := h.sendData(ctx, r)
	if err != nil {
		return reply{}, err
	}
	if viewID != "" {
		return reply{}, h.updateModal(ctx, r, viewID, view.SentenceModal(notice.Text))
	}
	return fresh(notice.Message()), nil
}

func (h *Handlers) sendData(ctx context.Context, r *request) (view.Notice, error) {
	data, err := h.store.PersonalData(ctx, r.company.ID, r.slackID)
	if errors.Is(err, store.ErrNotFound) {
		return view.Notice{Good: true, Text: view.DataNone}, nil
	}
	if err != nil {
		return view.Notice{}, err
	}
	name := "my-data-" + h.now().UTC().Format("2006-01-02") + ".json"
	if _, err := h.sendFile(ctx, r, name, view.DataComment, string(data), h.now().Add(view.DownloadHours*time.Hour)); err != nil {
		return view.Notice{}, err
	}
	if err := h.store.Record(ctx, r.company.ID, r.actor(), store.AuditDownloaded, 0); err != nil {
		return view.Notice{}, fmt.Errorf("record the download: %w", err)
	}
	return view.DataDownloaded(), nil
}
