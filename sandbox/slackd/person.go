package slackd

import (
	"context"
	"errors"
	"fmt"
)

// Person acts as one user of the workspace: everything their Slack client could do and see. It holds nothing but the
// id, so that any number of them may stand for the same user.
type Person struct {
	s      *Server
	id     string
	tamper func(payload map[string]any)
}

// Person returns the hands and eyes of the user with this id. For an unknown id nothing is visible and every action
// fails.
func (s *Server) Person(id string) *Person { return &Person{s: s, id: id} }

// Tampering returns the same person with a forging client: change alters each payload before it is sent.
func (p *Person) Tampering(change func(payload map[string]any)) *Person {
	return &Person{s: p.s, id: p.id, tamper: change}
}

// ID is the person's user id.
func (p *Person) ID() string { return p.id }

// User returns the person's account; it is zero for an unknown id.
func (p *Person) User() User {
	u, _ := p.s.User(p.id)
	return u
}

// DM is the id of the person's conversation with the app.
func (p *Person) DM() string { return dmID(p.id) }

// Channels returns the channels the person can see: public ones, private ones they are in, and their DM with the app.
// Guests and people of other workspaces see only public channels they are in.
func (p *Person) Channels() []Channel {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	a, err := p.account()
	if err != nil {
		return nil
	}
	outsider := a.IsRestricted || a.IsUltraRestricted || a.IsStranger
	var list []Channel
	for _, c := range p.s.channels.order {
		if c.members[p.id] || !c.IsPrivate && !outsider {
			list = append(list, c.export())
		}
	}
	return append(list, p.s.conversation(dmID(p.id)).export())
}

// Refusal is what Slack tells a person when an action failed, such as a command nobody acknowledged.
type Refusal struct { //nolint:errname // it is an answer that people read first, and an error second
	Code string // "dispatch_failed", "operation_timeout", "no_such_option" …
	Text string // the sentence Slack shows
}

// Error returns the sentence Slack shows.
func (r *Refusal) Error() string { return r.Text }

// troubleText is what Slack shows when the app did not answer a modal as it should.
const troubleText = "We had some trouble connecting. Try again?"

// explain gives a refusal the sentence Slack shows.
func explain(err error, text string) error {
	if refused, ok := errors.AsType[*Refusal](err); ok && refused.Text == "" {
		return &Refusal{Code: refused.Code, Text: text}
	}
	return err
}

// account returns the person's account. Callers hold mu.
func (p *Person) account() (*account, error) {
	a := p.s.directory.byID[p.id]
	if a == nil {
		return nil, fmt.Errorf("there is no user %s to act as", p.id)
	}
	return a, nil
}

// send delivers a payload of the person.
func (p *Person) send(ctx context.Context, kind, subtype string, accepts bool, payload object) (Ack, error) {
	if p.tamper != nil {
		p.tamper(payload)
	}
	return p.s.dispatch(ctx, Envelope{
		ID: newEnvelopeID(), Type: kind, Payload: encode(payload), AcceptsResponsePayload: accepts, subtype: subtype, user: p.id,
	})
}

// interaction starts the payload of an interaction. Callers hold mu.
// See https://docs.slack.dev/reference/interaction-payloads.
func (s *Server) interaction(kind string, a *account) object {
	team := object{"id": s.team.ID, "domain": s.team.Domain}
	if a.TeamID != s.team.ID { // people of other workspaces bring their own
		team = object{"id": a.TeamID, "domain": "other"}
	}
	var enterprise any
	if s.team.EnterpriseID != "" {
		enterprise = object{"id": s.team.EnterpriseID, "name": s.team.Name}
		team["enterprise_id"], team["enterprise_name"] = s.team.EnterpriseID, s.team.Name
	}
	return object{
		"type":                  kind,
		"team":                  team,
		"user":                  object{"id": a.ID, "username": a.Name, "name": a.Name, "team_id": a.TeamID},
		"api_app_id":            s.app.ID,
		"token":                 "sandbox",
		"enterprise":            enterprise,
		"is_enterprise_install": false,
	}
}
