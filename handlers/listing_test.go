package handlers_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"herald/handlers"
	"herald/store"
	"herald/store/storetest"
)

// TestALargeDirectoryIsListedWithinSlacksLimit has time of its own, and so neither a PostgreSQL nor a server.
func TestALargeDirectoryIsListedWithinSlacksLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pages = 30
		allowed := rate.NewLimiter(rate.Every(3*time.Second), 3) // twenty a minute, and a short burst
		asked, refused := 0, 0
		answer := transport(func(r *http.Request) (*http.Response, error) {
			asked++
			resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
			if !allowed.Allow() {
				refused++
				resp.StatusCode = http.StatusTooManyRequests
				resp.Header.Set("Retry-After", "10")
			}
			page, _ := strconv.Atoi(r.FormValue("cursor"))
			next := ""
			if page+1 < pages {
				next = strconv.Itoa(page + 1)
			}
			resp.Body = io.NopCloser(strings.NewReader(fmt.Sprintf(`{"ok": true, "members": [{"id": "U%d", "name": "p"}], "response_metadata": {"next_cursor": %q}}`, page, next)))
			return resp, nil
		})
		db, err := store.Open(t.Context(), store.Options{DSN: storetest.SQLite(t), Keys: keys(t), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		api := slack.New("xoxb-test", slack.OptionHTTPClient(&http.Client{Transport: answer}))
		h := handlers.New(handlers.Config{
			Store: db, Now: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), API: func(store.Company) *slack.Client { return api },
		})
		began := time.Now()
		if err := h.SyncDirectory(t.Context(), storetest.Company(t, db)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); asked != pages || refused != 0 || took > pages*3*time.Second {
			t.Errorf("%d pages after %s, %d calls refused; want %d pages at the pace that Slack allows", asked, took, refused, pages)
		}
	})
}
