package page

import (
	"errors"
	"html/template"
	"io"
	"slices"
	"strconv"
	"time"

	"herald/sandbox/page/render"
	"herald/sandbox/slackd"
)

// modalPane is the visible modal.
type modalPane struct {
	Base, ViewID, Vals   string
	App                  string
	Title, Submit, Close string
	Depth                int // how many modals lie in the stack
	Body                 template.HTML
}

func (s *Server) modalsFragment(v visit) { s.show(v, "modals", s.modal(v)) }

func (s *Server) modal(v visit) *modalPane {
	stack := v.person.Modals()
	if len(stack) == 0 {
		return nil
	}
	top := stack[len(stack)-1]
	pane := &modalPane{
		Base: v.base(), ViewID: top.ID, Vals: vals("view", top.ID), App: s.slack.App().Name,
		Title: top.Title, Submit: top.Submit, Close: top.Close, Depth: len(stack),
		Body: s.blocks.Blocks(s.surface(v, top.ID, top.State, top.Errors), top.Blocks),
	}
	if pane.Close == "" {
		pane.Close = "Cancel"
		if pane.Submit == "" {
			pane.Close = "Close"
		}
	}
	return pane
}

// submit presses a modal's submit button with what its fields hold.
func (s *Server) submit(v visit) {
	view := v.FormValue("view")
	s.fillAll(v, slackd.Target{ViewID: view}, "", "")
	if err := s.upload(v, view); err != nil {
		s.done(v, err)
		return
	}
	_, err := v.person.Submit(v.Context(), view, nil)
	if refused, ok := errors.AsType[*slackd.Refusal](err); ok && refused.Code == "invalid_input" {
		err = nil // the inputs say themselves what is wrong
	}
	s.done(v, err)
}

// upload gives Slack the files that were chosen in a modal, and puts them into its file inputs.
func (s *Server) upload(v visit, viewID string) error {
	if v.MultipartForm == nil {
		return nil
	}
	for _, e := range v.person.ViewElements(viewID) {
		var ids []string
		for _, header := range v.MultipartForm.File[render.FieldName(e.BlockID, e.ActionID)] {
			if header.Filename == "" {
				continue
			}
			f, err := header.Open()
			if err != nil {
				return err
			}
			content, err := io.ReadAll(f)
			if err = errors.Join(err, f.Close()); err != nil {
				return err
			}
			id, err := v.person.Upload(header.Filename, content)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if ids == nil {
			continue
		}
		if err := v.person.Fill(e.Target, ids...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) closeModal(v visit) {
	s.done(v, v.person.CloseModal(v.Context(), v.FormValue("view"), v.FormValue("all") == "true"))
}

// fillAll puts what the browser's fields hold into the person's inputs, except for one element. Slack's client keeps both
// in one place; a page and a server must exchange them.
func (s *Server) fillAll(v visit, surface slackd.Target, exceptBlock, exceptAction string) {
	for _, e := range s.elements(v, surface) {
		if e.BlockID == exceptBlock && e.ActionID == exceptAction {
			continue
		}
		posted, ok := v.Form[render.FieldName(e.BlockID, e.ActionID)]
		if !ok {
			continue
		}
		values := chosenValues(e, posted)
		if e.Type == "datetimepicker" {
			values = moments(values, zone(v.user))
		}
		if slices.Equal(values, e.Selected) {
			continue
		}
		if err := v.person.Fill(e.Target, values...); err != nil {
			s.log.DebugContext(v.Context(), "fill", "action", e.ActionID, "error", err)
		}
	}
}

// elements lists what the person can use on a surface.
func (s *Server) elements(v visit, surface slackd.Target) []slackd.Element {
	if surface.ViewID != "" {
		return v.person.ViewElements(surface.ViewID)
	}
	return v.person.MessageElements(surface.Channel, surface.TS)
}

// moments turns what a browser's field holds into what Slack holds: seconds since 1970.
func moments(values []string, zone *time.Location) []string {
	var seconds []string
	for _, value := range values {
		if at, err := time.ParseInLocation(render.Moment, value, zone); err == nil {
			seconds = append(seconds, strconv.FormatInt(at.Unix(), 10))
		}
	}
	return seconds
}

// chosenValues drops the empty value that says "nothing is chosen".
func chosenValues(e slackd.Element, posted []string) []string {
	if typedInto(e.Type) {
		return posted
	}
	return slices.DeleteFunc(slices.Clone(posted), func(s string) bool { return s == "" })
}

// typedInto reports whether the element's value is a text, which may be empty.
func typedInto(elementType string) bool {
	switch elementType {
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return true
	}
	return false
}
