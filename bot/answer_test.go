package bot

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

// option returns an option whose description makes it as long as Slack allows.
func option(i int) *slack.OptionBlockObject {
	plain := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	return slack.NewOptionBlockObject(strconv.Itoa(i), plain(strings.Repeat("n", 75)), plain(strings.Repeat("d", 75)))
}

func TestNoOptionsAreAnEmptyList(t *testing.T) {
	t.Parallel()
	if got, want := string(optionsPayload(nil)), `{"options":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAsManyOptionsAsFit(t *testing.T) {
	t.Parallel()
	var options []*slack.OptionBlockObject
	for i := range 100 {
		options = append(options, option(i))
	}
	payload := optionsPayload(options)
	var got struct {
		Options []json.RawMessage `json:"options"`
	}
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if len(payload) > largestPayload || len(got.Options) < 40 || len(got.Options) > 99 {
		t.Errorf("%d options in %d bytes", len(got.Options), len(payload))
	}
}

func TestLargeAcknowledgementsAreNoticed(t *testing.T) {
	t.Parallel()
	if _, err := encode(strings.Repeat("x", largestPayload)); err == nil {
		t.Error("a payload that Slack ignores was encoded")
	}
	if _, err := encode(func() {}); err == nil {
		t.Error("a function was encoded")
	}
	if _, err := encode(strings.Repeat("x", largestPayload-2)); err != nil {
		t.Error(err)
	}
}

func TestSorryKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	var cb slack.InteractionCallback
	cb.View.Blocks.BlockSet = []slack.Block{
		slack.NewDividerBlock(),
		slack.NewInputBlock("reason", nil, nil, slack.NewPlainTextInputBlockElement(nil, "text")),
	}
	got := sorry(cb, "Not now.")
	if got.ResponseAction != slack.RAErrors || got.Errors["reason"] != "Not now." {
		t.Errorf("got %+v", got)
	}
}

func TestSorryReplacesAModalWithoutInputs(t *testing.T) {
	t.Parallel()
	got := sorry(slack.InteractionCallback{}, "Not now.")
	if got.ResponseAction != slack.RAUpdate || got.View == nil {
		t.Fatalf("got %+v", got)
	}
	payload, err := encode(got)
	if err != nil || !strings.Contains(string(payload), "Not now.") {
		t.Errorf("got %s, %v", payload, err)
	}
}
