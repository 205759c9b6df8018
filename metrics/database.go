package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"herald/store"
)

// countTimeout bounds how long the database may take for its numbers.
const countTimeout = 5 * time.Second

// database collects what the database counts.
type database struct {
	source                     Source
	members, invitations, jobs *prometheus.Desc
}

func newDatabase(source Source) *database {
	return &database{
		source:      source,
		members:     prometheus.NewDesc("herald_members", "Registered members.", []string{"type"}, nil),
		invitations: prometheus.NewDesc("herald_invitations", "Invitations, by what became of them.", []string{"state"}, nil),
		jobs:        prometheus.NewDesc("herald_jobs", "Jobs in the database, by River's state of them.", []string{"kind", "state"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (d *database) Describe(out chan<- *prometheus.Desc) {
	out <- d.members
	out <- d.invitations
	out <- d.jobs
}

// Collect implements prometheus.Collector.
func (d *database) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), countTimeout)
	defer cancel()
	all, err := d.source.Statistics(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(d.members, err)
		return
	}
	for _, counted := range []struct {
		what *prometheus.Desc
		list []store.Statistic
	}{{d.members, all.Members}, {d.invitations, all.Invitations}, {d.jobs, all.Jobs}} {
		for _, c := range counted.list {
			labels := []string{c.Name}
			if c.State != "" {
				labels = append(labels, c.State)
			}
			out <- prometheus.MustNewConstMetric(counted.what, prometheus.GaugeValue, float64(c.N), labels...)
		}
	}
}
