package view

import (
	"strings"
	"time"

	"herald/store"
)

// The people of the golden files.

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	acme = store.Company{ID: "company1", TeamID: "T1", Name: "Acme", Key: "acme-7qf2k9xw3m"}
)

const acmeURL = "https://jobs.acme.example/register/acme-7qf2k9xw3m"

// longName has 80 characters, Slack's most, nearly all of which grow when escaped.
func longName() string { return "*_`~" + strings.Repeat("<&>", 25) + "🦊" }

func member(name string, t store.MemberType) store.Member {
	return store.Member{
		ID: "member-" + name, PersonID: "person-" + name, SlackID: "U0" + strings.ToUpper(name), Handle: name, Name: name,
		Email: name + "@acme.example", Type: t, RegisteredAt: noon.Add(-90 * 24 * time.Hour),
		Connections: []store.Connection{{Network: "linkedin", State: store.Connected}},
	}
}
