package handlers_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

// dataFile waits for the file with somebody's data and reads it.
func (p person) dataFile() (slackd.File, map[string]any) {
	p.w.t.Helper()
	m := p.gets("Everything that Herald stores about you")
	if len(m.Files) != 1 || !strings.HasPrefix(m.Files[0].Name, "my-data-") {
		p.w.t.Fatalf("the message brings the files %+v", m.Files)
	}
	data := map[string]any{}
	p.w.must(json.Unmarshal(m.Files[0].Content, &data))
	return m.Files[0], data
}

func TestAMemberDownloadsTheirData(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		a := w.as(ann)
		me := a.types("/social me")
		a.presses(a.in(me, view.ActionDownload))
		a.hears("Download my data", func(m slackd.Message) bool { return strings.Contains(says(m), view.DataSent) })
		file, data := a.dataFile()
		account, _ := data["account"].(map[string]any)
		connections, _ := data["connections"].([]any)
		messages, _ := data["messages"].([]any)
		if account["email"] != "ann@acme.example" || len(connections) != 1 || len(messages) != 1 {
			t.Errorf("her data are %v", data)
		}
		if strings.Contains(string(file.Content), "token-of-") {
			t.Error("her data hold her token")
		}
		if said := says(w.as(ana).types("/social audit")); !strings.Contains(said, "*Ann Lee* downloaded what Herald stores about them") {
			t.Errorf("the audit log says:\n%s", said)
		}

		// A day later it is gone.
		w.passed.Add(int64(view.DownloadHours*time.Hour + time.Minute))
		w.must(w.store.Tidy(w.ctx()))
		w.eventually("the file is deleted", func() bool { _, there := w.slack.File(file.ID); return !there })
	})
}

// TestTheFileWithSomebodysDataGoesWithTheirAccount downloads it from the Home tab.
func TestTheFileWithSomebodysDataGoesWithTheirAccount(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.settles()
		a := w.as(ann)
		home := a.opensHome()
		a.presses(a.at(home, view.ActionMe))
		a.presses(a.at(a.seesModal("My data"), view.ActionDownload))
		a.seesModal(view.DataSent)
		file, _ := a.dataFile()
		w.removes(ana, ann)
		w.eventually("the file is deleted", func() bool { _, there := w.slack.File(file.ID); return !there })
		w.receipt(store.Receipt{Accounts: 1, Connections: 1, Files: 1, FilesDeleted: 1, Messages: 1, Deleted: 1, Access: ended()})
	})
}

// TestAFileOfWhichHeraldHeardNothingMoreIsDeleted cuts the last answer off, as the end of the process would.
func TestAFileOfWhichHeraldHeardNothingMoreIsDeleted(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world){
		"a day later": func(w *world) {
			w.passed.Add(int64(view.DownloadHours*time.Hour + time.Minute))
			w.must(w.store.Tidy(w.ctx()))
		},
		"with the account": func(w *world) { w.removes(ana, ann) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, options{silently: true}, func(t *testing.T, w *world) {
				w.settles()
				a := w.as(ann)
				me := a.types("/social me")
				w.slack.Inject(slackd.Fault{Kind: slackd.CutAnswer, Method: "files.completeUploadExternal"})
				a.presses(a.in(me, view.ActionDownload))
				file, _ := a.dataFile()
				end(w)
				w.eventually("the file is deleted", func() bool { _, there := w.slack.File(file.ID); return !there })
			})
		})
	}
}

func TestTheReceiptTellsOfAFileThatSlackKeeps(t *testing.T) {
	t.Parallel()
	each(t, options{silently: true}, func(t *testing.T, w *world) {
		w.settles()
		a := w.as(ann)
		a.presses(a.in(a.types("/social me"), view.ActionDownload))
		a.dataFile()
		down := w.slack.Inject(slackd.Fault{Kind: slackd.ServerError, Method: "files.delete"})
		w.removes(ana, ann)
		w.receipt(store.Receipt{Accounts: 1, Connections: 1, Files: 1, Messages: 1, Deleted: 1, Access: ended()})
		w.eventually("it fails at first", func() bool { return strings.Contains(w.log.text(), "a job failed and will be tried again") })
		w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "files.delete", Error: "not_allowed"})
		w.slack.Clear(down)
		w.failsOnce()
		w.receipt(store.Receipt{Accounts: 1, Connections: 1, Files: 1, FilesKept: 1, Messages: 1, Deleted: 1, Access: ended()})
		if said := says(w.as(ana).types("/social audit")); !strings.Contains(said, " · deleted 0 of 1 file in Slack, Slack keeps 1 · ") {
			t.Errorf("the audit log says:\n%s", said)
		}
	})
}

func TestSomebodyNotRegisteredDownloadsTheirData(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		e := w.as(eve)
		menu := e.types("/social")
		e.presses(e.in(menu, view.ActionStored))
		e.presses(e.at(e.seesModal("What is stored?"), view.ActionDownload))
		e.seesModal(view.DataSent)
		if _, data := e.dataFile(); data["account"] != nil || data["directory"] == nil {
			t.Errorf("her data are %v", data)
		}

		// After a removal there is nothing.
		w.settles()
		w.removes(ana, ann)
		a := w.as(ann)
		menu = a.types("/social")
		a.presses(a.in(menu, view.ActionStored))
		a.presses(a.at(a.seesModal("What is stored?"), view.ActionDownload))
		a.seesModal(view.DataNone)
	})
}
