package view

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/slack-go/slack"

	"herald/sandbox/slackd/blockkit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a screen with testdata/<name>.golden.json, and checks that Slack would accept it on the surface.
func golden(t *testing.T, name string, surface blockkit.Surface, screen any) {
	t.Helper()
	got := drawn(t, surface, screen)
	file := filepath.Join("testdata", name+".golden.json")
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run go test ./handlers/view -update if the screen is new", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from %s; run go test ./handlers/view -update if that is meant\ngot:\n%s", name, file, got)
	}
}

// drawn is the screen as Slack gets it, after a check of Slack's limits.
func drawn(t *testing.T, surface blockkit.Surface, screen any) []byte {
	t.Helper()
	var problems []blockkit.Problem
	var shown any
	switch screen := screen.(type) {
	case slack.ModalViewRequest:
		shown = screen
		problems = blockkit.ValidateView(marshal(t, screen))
	case Message:
		if surface == blockkit.Home {
			home := screen.Home()
			shown = home
			problems = blockkit.ValidateView(marshal(t, home))
			break
		}
		shown = map[string]any{"text": screen.Text, "blocks": screen.Blocks, "attachments": screen.attachments()}
		problems = blockkit.Validate(surface, marshal(t, screen.Blocks))
		if a := screen.attachments(); a != nil {
			problems = append(problems, blockkit.ValidateAttachments(marshal(t, a))...)
		}
		if screen.Text == "" {
			t.Error("a message needs a text for screen readers and notifications")
		}
	default:
		t.Fatalf("what is a %T?", screen)
	}
	for _, p := range problems {
		t.Errorf("Slack would refuse it: %s", p)
	}
	return marshal(t, shown)
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // so that people can read it
	e.SetIndent("", "\t")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
