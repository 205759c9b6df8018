package handlers

import (
	"context"
	"strings"

	"github.com/slack-go/slack"
)

// A command is a subcommand of /social.
type command struct {
	name  string
	usage string // its arguments
	help  string // what it does, a few words
	who   audience
	run   func(*Handlers, context.Context, *request) (reply, error)
}

// commands lists every subcommand in help order. Help text, usage errors and the unknown-command hint all come from here.
// To add one, write its method in its own file and add a line.
func commands() []command {
	return []command{
		{"menu", "", "what you can do (also plain `/social`)", everyone, (*Handlers).menu},
		{"help", "", "show this list", everyone, (*Handlers).help},
		{"me", "", "what Herald stores about you, and how to leave", everyone, (*Handlers).me},
	}
}

// parse splits a command's text into the subcommand and its arguments. No text is the menu; an unknown word is a command that says so.
func parse(text string) (command, string) {
	text = strings.TrimSpace(text)
	word, args, _ := strings.Cut(text, " ")
	if word == "" {
		word = "menu"
	}
	for _, c := range commands() {
		if strings.EqualFold(c.name, word) {
			return c, strings.TrimSpace(args)
		}
	}
	return command{name: "unknown", who: everyone, run: (*Handlers).unknown}, text
}

// An action is a control of a message or of the Home tab, by its action id.
type action struct {
	id  string
	who audience
	run func(*Handlers, context.Context, *request, *slack.BlockAction) (reply, error)
}

// actions lists every control. To add one, write its method beside its feature and add a line.
func actions() []action {
	return []action{}
}

func actionByID(id string) (action, bool) {
	for _, a := range actions() {
		if a.id == id {
			return a, true
		}
	}
	return action{}, false
}

// A form is a modal, by its callback id.
type form struct {
	id  string
	who audience
	run func(*Handlers, context.Context, *request, slack.View) (*slack.ViewSubmissionResponse, func(context.Context) (reply, error), error)
	// closed hears that it was dismissed; nil: nothing to do. Needs notify_on_close.
	closed func(*Handlers, context.Context, *request, slack.View) error
}

// forms lists every modal that can be submitted.
func forms() []form {
	return []form{}
}

func formByID(id string) (form, bool) {
	for _, f := range forms() {
		if f.id == id {
			return f, true
		}
	}
	return form{}, false
}
