package web

import (
	"context"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"time"
)

// pingTimeout bounds how long the database may take to prove that it is there.
const pingTimeout = 2 * time.Second

// health tells a load balancer whether Herald can do its work: 200 or 503, and which part is missing.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	report := struct {
		Status   string `json:"status"`
		Database string `json:"database"`
		Slack    string `json:"slack"`
	}{Status: "ok", Database: "ok"}
	ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
	defer cancel()

	status := http.StatusOK
	if err := s.store.Ping(ctx); err != nil {
		s.log.WarnContext(ctx, "database does not answer", "error", err)
		report.Database, status = "unavailable", http.StatusServiceUnavailable
	}
	connected := false
	if report.Slack, connected = s.slack(); !connected {
		status = http.StatusServiceUnavailable
	}
	if status != http.StatusOK {
		report.Status = "unavailable"
	}

	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(report); err != nil {
		s.log.DebugContext(ctx, "write health", "error", err)
	}
}

// live tells that the process runs, and needs nothing else: restarting it would not bring a database back.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := w.Write([]byte("ok\n")); err != nil {
		s.log.DebugContext(r.Context(), "write liveness", "error", err)
	}
}

// connectionLog takes what net/http says about connections. It names addresses, so it is for debugging only.
func connectionLog(l *slog.Logger) *log.Logger {
	return slog.NewLogLogger(l.Handler(), slog.LevelDebug)
}
