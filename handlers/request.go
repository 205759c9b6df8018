package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"herald/store"
)

// A request is one thing that somebody did in Slack, and who they are: authorise fills company and access from the database.
type request struct {
	teamID, enterpriseID string
	otherTeams           []string // that it may be about if teamID is no company
	slackID              string
	channelID            string
	messageTS            string // of the message that was clicked
	responseURL          string // "" in the Home tab and in forms
	triggerID            string
	home                 bool                     // it came from the Home tab
	unasked              bool                     // Herald acts by itself; the person did nothing
	modal                bool                     // it came from a control in a modal
	viewID               string                   // of that modal, or of the Home tab
	args                 string                   // a command's words after the subcommand
	what                 string                   // for the log
	chosen               *slack.BlockActionStates // what the message's inputs hold, nil without any

	company store.Company
	access  store.Access
}

// requestOf reads an interaction. The person's own team, the one where they are and the one that installed the app may differ: on an
// Enterprise Grid, where the app may be installed in a workspace that is not the person's home, and in a channel shared with another
// company, whose people authorise turns away. Any of them may be missing.
func requestOf(cb slack.InteractionCallback) *request {
	return &request{
		teamID: cb.User.TeamID, otherTeams: []string{cb.Team.ID, cb.View.AppInstalledTeamID, cb.View.TeamID}, enterpriseID: cb.Enterprise.ID,
		slackID: cb.User.ID, channelID: cb.Channel.ID, messageTS: cb.Container.MessageTs,
		responseURL: cb.ResponseURL, triggerID: cb.TriggerID, home: cb.View.Type == slack.VTHomeTab, modal: cb.View.Type == slack.VTModal, viewID: cb.View.ID,
		chosen: cb.BlockActionState,
	}
}

// eventRequest reads an event.
func eventRequest(ev slackevents.EventsAPIEvent) *request {
	r := &request{teamID: ev.TeamID, enterpriseID: ev.EnterpriseID, what: "event " + ev.InnerEvent.Type}
	if callback, ok := ev.Data.(*slackevents.EventsAPICallbackEvent); ok {
		for _, installed := range callback.Authorizations {
			r.otherTeams = append(r.otherTeams, installed.TeamID)
		}
	}
	return r
}

// companyOf returns the company that a request is about: of the first of its teams that installed Herald. Some servers that speak
// Slack's protocol name no team; then it is the only company there is. It returns store.ErrNotFound if there is none.
func (h *Handlers) companyOf(ctx context.Context, r *request) (store.Company, error) {
	named := false
	for _, teamID := range append([]string{r.teamID}, r.otherTeams...) {
		if teamID == "" {
			continue
		}
		named = true
		if company, err := h.store.CompanyByTeam(ctx, r.enterpriseID, teamID); !errors.Is(err, store.ErrNotFound) {
			return company, err
		}
	}
	if named {
		return store.Company{}, store.ErrNotFound
	}
	all, err := h.store.Companies(ctx)
	if err == nil && len(all) != 1 {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Company{}, err
	}
	return all[0], nil
}

func (r *request) actor() store.Actor { return store.Actor{SlackID: r.slackID} }

// admin tells whether the person is a company admin.
func (r *request) admin() bool {
	return r.access.Member != nil && r.access.Member.Type == store.Admin
}

// audience is who may do something.
type audience int

const (
	everyone  audience = iota // everybody who works at the company
	members                   // registered
	inviters                  // those whom the company's settings let invite
	admins                    // company admins
	operators                 // those who decide cases; the handler checks, since it depends on the settings
	admitters                 // company admins, and operators where no company admin can act; the handler and the store check
)

// errAdminsOnly is answered with the names of the admins.
var errAdminsOnly = errors.New("company admins only")

// errInvitersOnly is answered with who may invite.
var errInvitersOnly = errors.New("inviters only")

func (r *request) allow(who audience) error {
	switch who {
	case members:
		if r.access.Member == nil {
			return &UserError{"You are not registered. Type `/social` to see what the programme is and to sign up."}
		}
	case inviters:
		if !r.access.Inviter {
			return errInvitersOnly
		}
	case admins:
		if !r.admin() {
			return errAdminsOnly
		}
	case everyone, operators, admitters:
	}
	return nil
}

// authorise finds out whose workspace this is and who the person is, from the database, now. It returns a UserError for bots, guests,
// deactivated people and people of other workspaces.
func (h *Handlers) authorise(ctx context.Context, r *request) error {
	company, err := h.companyOf(ctx, r)
	if errors.Is(err, store.ErrNotFound) {
		return &UserError{"This programme is for people of another workspace, so there is nothing here for you to do. Sorry!"}
	}
	if err != nil {
		return fmt.Errorf("find the company: %w", err)
	}
	r.company, r.teamID = company, company.TeamID
	r.access, err = h.store.Access(ctx, company.ID, r.slackID)
	if err != nil {
		return fmt.Errorf("look the person up: %w", err)
	}
	person := r.access.Person
	if person == nil {
		// Not mirrored yet, or forgotten: ask Slack who this is, and keep it only if they were not removed.
		found, err := h.directoryEntry(ctx, company, r.slackID)
		if err != nil {
			return err
		}
		if !r.access.Forgotten && found.Eligible() {
			if err := h.store.MirrorPeople(ctx, company.ID, []store.Person{found}); err != nil {
				return fmt.Errorf("mirror a person: %w", err)
			}
			if r.access, err = h.store.Access(ctx, company.ID, r.slackID); err != nil {
				return fmt.Errorf("look the person up again: %w", err)
			}
		}
		person = &found
	}
	switch {
	case person.Bot:
		return &UserError{"Bots cannot take part in the programme."}
	case person.Guest:
		return &UserError{"The programme is for " + company.Name + "'s own people. Guests cannot take part, sorry!"}
	case person.Deactivated:
		return &UserError{"Your Slack account is deactivated, so you cannot take part."}
	}
	return nil
}
