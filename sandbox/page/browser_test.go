package page_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/slack-go/slack"

	"herald/sandbox/browser"
)

const form = `[
	{"type":"input","block_id":"words","dispatch_action":true,"label":{"type":"plain_text","text":"Search"},"element":{"type":"plain_text_input","action_id":"q"}},
	{"type":"actions","block_id":"row","elements":[
		{"type":"static_select","action_id":"role","options":[{"text":{"type":"plain_text","text":"Employee"},"value":"e"},{"text":{"type":"plain_text","text":"Recruiter"},"value":"r"}]},
		{"type":"button","action_id":"leave","text":{"type":"plain_text","text":"Leave"},"confirm":{"title":{"type":"plain_text","text":"Leave?"},"text":{"type":"mrkdwn","text":"*Everything* is erased."},"confirm":{"type":"plain_text","text":"Yes, leave"},"deny":{"type":"plain_text","text":"Stay"},"style":"danger"}},
		{"type":"button","action_id":"signup","url":"URL","text":{"type":"plain_text","text":"Sign up"}},
		{"type":"users_select","action_id":"who","placeholder":{"type":"plain_text","text":"Who"}}]}]`

func TestTypingSurvivesLiveUpdatesInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := browser.New(t)
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		step, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := chromedp.Do(step, actions...); err != nil {
			t.Fatal(err)
		}
	}
	value := func(expression string) string {
		t.Helper()
		v, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	css := func(s string) chromedp.CSS { return chromedp.CSS(s) }

	w.postMessage("C1", strings.Replace(form, "URL", w.url+"/as/bobby/messages", 1))
	do(chromedp.Navigate(w.url+"/as/ann/c/C1"), chromedp.WaitVisible(css("body[data-live=true]")))
	do(chromedp.SendKeys(css("[data-action-id=q]"), "half a wo"))
	w.postMessage("C1", `[{"type":"section","block_id":"news","text":{"type":"mrkdwn","text":"News"}}]`)
	do(chromedp.WaitVisible(css("[data-block-id=news]")))
	if got := value(`document.activeElement.dataset.actionId + ":" + document.activeElement.value`); got != "q:half a wo" {
		t.Errorf("after a live update the focus and text are %q", got)
	}

	do(chromedp.SendKeys(css("[data-action-id=q]"), "rd\n"))
	if a := w.next().ActionCallback.BlockActions[0]; a.ActionID != "q" || a.Value != "half a word" {
		t.Errorf("Enter sent %+v", a)
	}
	do(chromedp.SetValue(css("[data-action-id=role]"), "r"))
	if a := w.next().ActionCallback.BlockActions[0]; a.SelectedOption.Value != "r" {
		t.Errorf("the select sent %+v", a)
	}

	do(chromedp.Click(css("[data-action-id=leave]")), chromedp.WaitVisible(css("#confirm[open]")))
	browser.Screenshot(t, ctx, "confirm")
	do(chromedp.Click(css("#confirm-no")), chromedp.WaitNotVisible(css("#confirm")))
	do(chromedp.Click(css("[data-action-id=leave]")), chromedp.WaitVisible(css("#confirm[open]")), chromedp.Click(css("#confirm-yes")))
	if a := w.next().ActionCallback.BlockActions[0]; a.ActionID != "leave" {
		t.Errorf("the confirmed button sent %+v", a)
	}

	tab := browser.NewTab(t, ctx, chromedp.Click(css("[data-action-id=signup]")))
	if err := chromedp.Do(tab, chromedp.WaitVisible(css("#stream"))); err != nil {
		t.Errorf("the button's URL did not open: %v", err)
	}
	if a := w.next().ActionCallback.BlockActions[0]; a.ActionID != "signup" {
		t.Errorf("the opened link sent %+v", a)
	}

	do(chromedp.Click(css("[data-action-id=who]")), chromedp.SendKeys(css(".picker[open] .picker-search"), "garcia"),
		chromedp.WaitVisible(css(".pick[data-value=U3]:only-of-type")), chromedp.Click(css(".pick[data-value=U3]")))
	if a := w.next().ActionCallback.BlockActions[0]; a.SelectedUser != "U3" {
		t.Errorf("the picker sent %+v", a)
	}

	do(chromedp.SendKeys(css("#composer-text"), "/so"), chromedp.WaitVisible(css("#complete [data-insert]")), chromedp.SendKeys(css("#composer-text"), "\n"))
	do(chromedp.SendKeys(css("#composer-text"), "help\n"))
	var heard slack.SlashCommand
	select {
	case heard = <-w.commands:
	case <-time.After(patience):
		t.Fatal("the app heard no command")
	}
	if heard.Text != "help" || value(`document.getElementById("composer-text").value`) != "" {
		t.Errorf("the composer sent %q and kept %q", heard.Text, value(`document.getElementById("composer-text").value`))
	}
	browser.Screenshot(t, ctx, "channel")
}
