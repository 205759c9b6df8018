package page

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"herald/sandbox/page/render"
	"herald/sandbox/slackd"
)

// maxForm is how much of a form is kept in memory, in bytes.
const maxForm = 1 << 20

var errGone = errors.New("this button is no longer there")

// act uses an element the way its kind is used: it presses a button, chooses an option, or sends what was typed.
func (s *Server) act(v visit) {
	// What is in a modal is sent as the modal's form is, which may hold files.
	if err := v.ParseMultipartForm(maxForm); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		s.done(v, err)
		return
	}
	surface := target(v)
	block, action := v.Form.Get("block"), v.Form.Get("action")
	s.fillAll(v, surface, block, action)
	e, ok := s.element(v, surface, block, action)
	if !ok {
		s.done(v, errGone)
		return
	}
	values := s.values(v, e)
	_, err := v.person.Click(v.Context(), e.Target, values...)
	if refused, ok := errors.AsType[*slackd.Refusal](err); ok && refused.Code == "not_dispatched" {
		err = v.person.Fill(e.Target, values...) // an input that waits for the modal's submit button
	}
	s.done(v, err)
}

// target names the surface: a view, or a message.
func target(v visit) slackd.Target {
	if view := v.FormValue("view"); view != "" {
		return slackd.Target{ViewID: view}
	}
	return slackd.Target{Channel: v.FormValue("channel"), TS: v.FormValue("ts")}
}

func (s *Server) element(v visit, surface slackd.Target, block, action string) (slackd.Element, bool) {
	all := s.elements(v, surface)
	i := slices.IndexFunc(all, func(e slackd.Element) bool { return e.BlockID == block && e.ActionID == action })
	if i < 0 {
		return slackd.Element{}, false
	}
	return all[i], true
}

// values is what the element holds after the click: "chosen" is a menu's or picker's choice, fields hold the rest.
func (s *Server) values(v visit, e slackd.Element) []string {
	if e.Type == "button" {
		return nil
	}
	if picked := v.Form.Get("chosen"); picked != "" {
		if !strings.HasPrefix(e.Type, "multi_") {
			return []string{picked}
		}
		if i := slices.Index(e.Selected, picked); i >= 0 {
			return slices.Delete(slices.Clone(e.Selected), i, i+1)
		}
		return append(slices.Clone(e.Selected), picked)
	}
	return chosenValues(e, v.Form[render.FieldName(e.BlockID, e.ActionID)])
}

// pick is one choice a picker offers.
type pick struct {
	ID                       string
	Value, Text, Note, Group string
	Chosen                   bool
	Face                     *face
	Vals                     string
}

type picks struct {
	Act   string
	Multi bool
	List  []pick
	More  int
	Error string
}

// shownPicks is how many choices a picker lists; searching finds the rest.
const shownPicks = 60

// choices lists what a picker offers for what was typed.
func (s *Server) choices(v visit) {
	surface := target(v)
	e, ok := s.element(v, surface, v.FormValue("block"), v.FormValue("action"))
	if !ok {
		s.show(v, "choices", picks{Error: errGone.Error()})
		return
	}
	typed := v.FormValue("typed")
	p := picks{Act: v.base() + "/act", Multi: strings.HasPrefix(e.Type, "multi_")}
	all, err := s.offered(v, e, typed)
	if err != nil {
		p.Error = err.Error()
	}
	for _, one := range all {
		if len(p.List) == shownPicks {
			p.More++
			continue
		}
		one.Chosen = slices.Contains(e.Selected, one.Value)
		// Ids let a later answer leave in place what somebody is about to click.
		one.ID = strings.Join(strings.Fields(strings.Join([]string{"pick", e.BlockID, e.ActionID, one.Value}, ".")), "_")
		one.Vals = vals("block", e.BlockID, "action", e.ActionID, "chosen", one.Value)
		p.List = append(p.List, one)
	}
	s.show(v, "choices", p)
}

// offered lists the choices by the kind of element: the app's own, or the workspace's people and channels.
func (s *Server) offered(v visit, e slackd.Element, typed string) ([]pick, error) {
	wanted := fold(typed)
	switch strings.TrimPrefix(e.Type, "multi_") {
	case "external_select":
		options, err := v.person.Suggest(v.Context(), e.Target, typed)
		return fromOptions(options, ""), err
	case "static_select":
		return fromOptions(e.Options, wanted), nil
	case "users_select":
		return s.peoplePicks(wanted), nil
	case "channels_select":
		return channelPicks(v, wanted, false), nil
	case "conversations_select":
		return append(channelPicks(v, wanted, true), s.peoplePicks(wanted)...), nil
	}
	return nil, errGone
}

func fromOptions(options []slackd.Option, wanted string) []pick {
	var all []pick
	for _, o := range options {
		if strings.Contains(fold(o.Text), wanted) {
			all = append(all, pick{Value: o.Value, Text: o.Text, Note: o.Description, Group: o.Group})
		}
	}
	return all
}

func (s *Server) peoplePicks(wanted string) []pick {
	var all []pick
	users := s.slack.Users(0, 0)
	slices.SortStableFunc(users, func(a, b slackd.User) int { return s.rank(a.ID) - s.rank(b.ID) })
	for _, u := range users {
		if u.Deleted || !matches(u, wanted) {
			continue
		}
		f := faceOf(u)
		all = append(all, pick{Value: u.ID, Text: called(u), Note: u.RealName, Face: &f})
	}
	return all
}

func channelPicks(v visit, wanted string, private bool) []pick {
	var all []pick
	for _, c := range v.person.Channels() {
		if !c.IsIM && (private || !c.IsPrivate) && strings.HasPrefix(fold(c.Name), wanted) {
			all = append(all, pick{Value: c.ID, Text: "#" + c.Name, Note: c.Topic})
		}
	}
	return all
}
