// Package metrics counts: what Herald does, for Prometheus. Labels are few and fixed, and none names a person, a company or a channel.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"herald/store"
)

// A Source tells the numbers that are in the database.
type Source interface {
	Statistics(ctx context.Context) (store.Statistics, error)
}

// Metrics are the numbers of one process, and those of the database, which are the same in every process. They are safe for concurrent use.
type Metrics struct {
	registry      *prometheus.Registry
	registrations *prometheus.CounterVec
	jobs          *prometheus.CounterVec
	slack         *prometheus.CounterVec
	requests      *prometheus.HistogramVec
}

// New returns Metrics that ask the source whenever they are read.
func New(source Source) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		registrations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "herald_registrations_total", Help: "Consents that came back from a network, by what they led to.",
		}, []string{"network", "outcome"}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "herald_deliveries_total", Help: "Runs of jobs (messages, emails, revocations, removals), by how they ended.",
		}, []string{"kind", "outcome"}),
		slack: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "herald_slack_calls_total", Help: "Calls of Slack's Web API, by result: ok, Slack's error code, or unreachable.",
		}, []string{"method", "result"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "herald_http_request_seconds", Help: "Requests of browsers and networks, by route and status.",
			Buckets: []float64{.005, .025, .1, .25, 1, 2.5, 10, 30},
		}, []string{"route", "code"}),
	}
	m.registry.MustRegister(m.registrations, m.jobs, m.slack, m.requests, newDatabase(source),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers GET /metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// Registration counts a consent that came back from a network, by its outcome: a SignupStatus, "connected", or "refused".
func (m *Metrics) Registration(network, outcome string) {
	m.registrations.WithLabelValues(network, outcome).Inc()
}

// Job counts a run of a job, by its outcome: done, gone, later, failed or given_up.
func (m *Metrics) Job(kind store.JobKind, outcome string) {
	m.jobs.WithLabelValues(string(kind), outcome).Inc()
}

// Request counts a request by the pattern of its route, never by its path: that holds tokens.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}
