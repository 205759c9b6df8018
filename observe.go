package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"herald/delivery"
	"herald/metrics"
	"herald/store"
)

// observedStore counts what becomes of registrations.
type observedStore struct {
	*store.Store
	metrics *metrics.Metrics
}

// Register is the store's, counted.
func (s observedStore) Register(ctx context.Context, a store.Authorization, acc store.Account, person *store.Person) (store.Signup, error) {
	signup, err := s.Store.Register(ctx, a, acc, person)
	outcome := string(signup.Status)
	switch {
	case err != nil:
		outcome = "refused"
	case signup.Connected:
		outcome = "connected"
	}
	s.metrics.Registration(a.Network, outcome)
	return signup, err
}

// observed counts how each run of a task ends.
func observed(tasks []delivery.Task, m *metrics.Metrics) []delivery.Task {
	for i := range tasks {
		t := tasks[i]
		tasks[i].Run = func(ctx context.Context, job store.Job) error {
			err := t.Run(ctx, job)
			outcome := "failed"
			_, later := errors.AsType[*delivery.LaterError](err)
			switch {
			case err == nil:
				outcome = "done"
			case errors.Is(err, store.ErrNotFound):
				outcome = "gone"
			case later:
				outcome = "later"
			}
			m.Job(t.Kind, outcome)
			return err
		}
		tasks[i].GivenUp = func(ctx context.Context, job store.Job, err error) error {
			m.Job(t.Kind, "given_up")
			if t.GivenUp == nil {
				return nil
			}
			return t.GivenUp(ctx, job, err)
		}
	}
	return tasks
}

// metricsServer is the server that Prometheus reads from.
func metricsServer(m *metrics.Metrics) *http.Server {
	return &http.Server{Handler: m.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second}
}
