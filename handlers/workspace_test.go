package handlers_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"herald/handlers"
	"herald/sandbox/slackd"
	"herald/store"
)

// naming is a way in which a payload names a workspace.
type naming struct {
	name                             string
	enterprise, person, where, owner string // owner: whose app it is
	known                            bool
}

func namings() []naming {
	return []naming{
		{"everything", "", teamID, teamID, teamID, true},
		{"an enterprise that the start did not know of", "E0GRID", teamID, teamID, "", true},
		{"nothing at all", "", "", "", "", true},
		{"another home on the grid", "E0GRID", "T0HOME", teamID, "", true},
		{"another home on the grid, in a form", "E0GRID", "T0HOME", "", teamID, true},
		{"another company", "", "T0OTHER", "T0OTHER", "", false},
	}
}

func TestColleaguesAreKnownHoweverTheWorkspaceIsNamed(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		for _, n := range namings() {
			_, err := w.h.Suggest(w.ctx(), slack.InteractionCallback{
				Type: slack.InteractionTypeBlockSuggestion, User: slack.User{ID: ann, TeamID: n.person}, Team: slack.Team{ID: n.where},
				Enterprise: slack.Enterprise{ID: n.enterprise}, View: slack.View{AppInstalledTeamID: n.owner},
			})
			if _, refused := errors.AsType[*handlers.UserError](err); refused == n.known || err != nil && !refused {
				t.Errorf("what names %s: %v", n.name, err)
			}
		}
	})
}

func TestEventsAreHeardHoweverTheWorkspaceIsNamed(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		for _, n := range namings() {
			before, _ := w.as(ann).Home()
			w.must(w.h.Event(w.ctx(), slackevents.EventsAPIEvent{
				TeamID: n.where, EnterpriseID: n.enterprise,
				Data: &slackevents.EventsAPICallbackEvent{Authorizations: []slack.EventAuthorization{{TeamID: n.owner}}},
				InnerEvent: slackevents.EventsAPIInnerEvent{
					Type: "app_home_opened", Data: &slackevents.AppHomeOpenedEvent{User: ann, Tab: "home"},
				},
			}))
			if now, _ := w.as(ann).Home(); (now.Hash != before.Hash) != n.known {
				t.Errorf("the Home tab that names %s: drawn %v, want %v", n.name, !n.known, n.known)
			}
		}
	})
}

func TestAWorkspaceThatIsNotNamedIsNoneOfTwo(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		_, err := w.store.InstallCompany(w.ctx(), store.Workspace{TeamID: "T0RIVAL", Name: "Rival"})
		w.must(err)
		_, err = w.h.Suggest(w.ctx(), slack.InteractionCallback{Type: slack.InteractionTypeBlockSuggestion, User: slack.User{ID: ann}})
		if err == nil || !strings.Contains(err.Error(), "another workspace") {
			t.Errorf("she is answered: %v", err)
		}
	})
}

func TestAGuestFromAnotherCompanyIsTurnedAwayInASharedChannel(t *testing.T) {
	t.Parallel()
	stranger := slackd.User{ID: "U0NEWPAT", Name: "newpat", TeamID: "T0OTHER"}
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		w.must(w.slack.AddUser(stranger)) // after the sync: only Slack knows them
		for _, id := range []string{pat, stranger.ID} {
			_, err := w.h.Suggest(w.ctx(), slack.InteractionCallback{
				Type: slack.InteractionTypeBlockSuggestion, User: slack.User{ID: id, TeamID: "T0OTHER"}, Team: slack.Team{ID: teamID},
			})
			if err == nil || !strings.Contains(err.Error(), "Guests cannot take part") {
				t.Errorf("%s is answered: %v", id, err)
			}
		}
		if _, err := w.store.PersonBySlackID(w.ctx(), w.company.ID, stranger.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the stranger is in the directory: %v", err)
		}
	})
}

func TestAnApologyFindsItsWayOnAnEnterpriseGrid(t *testing.T) {
	t.Parallel()
	each(t, options{noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		grid, err := w.store.InstallCompany(w.ctx(), store.Workspace{EnterpriseID: "E0GRID", TeamID: "T0GRID", Name: "Grid"})
		w.must(err)
		w.h.Apologise(w.ctx(), grid.TeamID, ann, general, "", "REFEREN1")
		if m, _ := w.as(ann).LastMessage(w.as(ann).DM()); !strings.Contains(says(m), "REFEREN1") {
			t.Errorf("she hears %q", says(m))
		}
		w.h.TurnAway(w.ctx(), grid.TeamID, ann, general, "", "Not now.")
		if m, _ := w.as(ann).LastMessage(w.as(ann).DM()); !strings.Contains(says(m), "Not now.") {
			t.Errorf("she hears %q", says(m))
		}
	})
}
