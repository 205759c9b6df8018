package slackd_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"herald/sandbox/slackd"
)

func TestAnAdminPagesThroughAListInAnEphemeralMessage(t *testing.T) {
	t.Parallel()
	page := func(n string) []slack.Block {
		return []slack.Block{
			slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "Page "+n, false, false), nil, nil, slack.SectionBlockOptionBlockID("title")),
			slack.NewActionBlock("pager", slack.NewButtonBlockElement("next", n, slack.NewTextBlockObject("plain_text", "Next", false, false))),
		}
	}
	var typed, clicked string
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			typed = data.Text
			_ = st.sock.Ack(*e.Request, map[string]any{"response_type": "ephemeral", "text": "Page 1", "blocks": page("1")})
		case slack.InteractionCallback:
			clicked = data.ActionCallback.BlockActions[0].Value
			_ = st.sock.Ack(*e.Request)
			_, _, _, err := st.api.SendMessageContext(context.WithoutCancel(st.t.Context()), "", slack.MsgOptionReplaceOriginal(data.ResponseURL),
				slack.MsgOptionText("Page 2", false), slack.MsgOptionBlocks(page("2")...))
			if err != nil {
				st.t.Error(err)
			}
		}
	})
	ana := st.Person("U1")
	if _, err := ana.Command(st.ctx(), "C1", "/social members @bo #general @recruiters <b> @nobody"); err != nil {
		t.Fatal(err)
	}
	if want := "members <@U2|bo> <#C1|general> <!subteam^S1|@recruiters> &lt;b&gt; @nobody"; typed != want {
		t.Errorf("the app heard %q, want %q", typed, want)
	}
	first, ok := ana.LastMessage("C1")
	if !ok || !first.Ephemeral || first.Text != "Page 1" {
		t.Fatalf("Ana sees %+v", first)
	}
	if others := st.Person("U2").Messages("C1"); len(others) != 0 {
		t.Errorf("Bo sees %d of Ana's ephemeral messages", len(others))
	}
	next := ana.MessageElements("C1", first.TS)[0]
	if next.Label != "Next" {
		t.Fatalf("the first element is %+v", next)
	}
	if _, err := ana.Click(st.ctx(), next.Target); err != nil {
		t.Fatal(err)
	}
	second, err := ana.AwaitMessage(st.ctx(), "C1", func(m slackd.Message) bool { return m.Text == "Page 2" })
	if err != nil {
		t.Fatal(err)
	}
	if second.TS != first.TS || clicked != "1" || len(ana.Messages("C1")) != 1 {
		t.Errorf("the page was not replaced: %+v after %q", second, clicked)
	}
	ana.Dismiss("C1", second.TS)
	if left := ana.Messages("C1"); len(left) != 0 {
		t.Errorf("%d messages are left after dismissing", len(left))
	}
}

// modal is a modal with one text input.
func modal(title, callbackID string) slack.ModalViewRequest {
	input := slack.NewPlainTextInputBlockElement(nil, "text")
	input.MaxLength = 10
	return slack.ModalViewRequest{
		Type:          slack.VTModal,
		CallbackID:    callbackID,
		Title:         slack.NewTextBlockObject("plain_text", title, false, false),
		Submit:        slack.NewTextBlockObject("plain_text", "Send", false, false),
		NotifyOnClose: true,
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("reason", slack.NewTextBlockObject("plain_text", "Reason", false, false), nil, input),
			slack.NewDividerBlock(),
		}},
	}
}

func TestAModalIsFilledMendedPushedAndClosed(t *testing.T) {
	t.Parallel()
	closed := make(chan string, 4)
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			_ = st.sock.Ack(*e.Request)
			if _, err := st.api.OpenViewContext(context.WithoutCancel(st.t.Context()), data.TriggerID, modal("One", "one")); err != nil {
				st.t.Error(err)
			}
			if _, err := st.api.OpenViewContext(context.WithoutCancel(st.t.Context()), data.TriggerID, modal("Again", "one")); code(err) != "exchanged_trigger_id" {
				st.t.Errorf("a trigger opened two modals: %v", err)
			}
		case slack.InteractionCallback:
			switch {
			case data.Type == slack.InteractionTypeViewClosed:
				closed <- data.View.CallbackID
				_ = st.sock.Ack(*e.Request)
			case data.View.State.Values["reason"]["text"].Value == "no":
				_ = st.sock.Ack(*e.Request, slack.NewErrorsViewSubmissionResponse(map[string]string{"reason": "Say more."}))
			case data.View.State.Values["reason"]["text"].Value == "divider":
				_ = st.sock.Ack(*e.Request, slack.NewErrorsViewSubmissionResponse(map[string]string{"elsewhere": "Say more."}))
			case data.View.CallbackID == "one":
				next := modal("Two", "two")
				_ = st.sock.Ack(*e.Request, slack.NewPushViewSubmissionResponse(&next))
			case data.View.CallbackID == "two":
				next := modal("Three", "three")
				_ = st.sock.Ack(*e.Request, slack.NewPushViewSubmissionResponse(&next))
			default:
				next := modal("Four", "four")
				_ = st.sock.Ack(*e.Request, slack.NewPushViewSubmissionResponse(&next))
			}
		}
	})
	ana := st.Person("U1")
	if _, err := ana.Command(st.ctx(), "C1", "/social"); err != nil {
		t.Fatal(err)
	}
	one, err := ana.AwaitModal(st.ctx(), func(v slackd.View) bool { return v.Title == "One" })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ana.Submit(st.ctx(), one.ID, nil); err == nil {
		t.Error("an empty required input was submitted")
	}
	if _, err := ana.Submit(st.ctx(), one.ID, map[string][]string{"reason": {"much too long"}}); err == nil {
		t.Error("11 of 10 characters were submitted")
	}
	done, err := ana.Submit(st.ctx(), one.ID, map[string][]string{"reason": {"no"}})
	if err != nil || done.Errors["reason"] != "Say more." {
		t.Errorf("got %+v, %v", done, err)
	}
	if v, _ := ana.Modal(); v.Errors["reason"] != "Say more." {
		t.Errorf("the modal shows %v", v.Errors)
	}
	if _, err := ana.Submit(st.ctx(), one.ID, map[string][]string{"reason": {"divider"}}); err == nil {
		t.Error("an error at no input was shown")
	}
	if _, err := ana.Submit(st.ctx(), one.ID, map[string][]string{"reason": {"yes"}}); err != nil {
		t.Fatal(err)
	}
	two, _ := ana.Modal()
	if two.Title != "Two" || two.PreviousID != one.ID || two.RootID != one.ID {
		t.Fatalf("the visible modal is %+v", two)
	}
	if _, err := ana.Submit(st.ctx(), two.ID, map[string][]string{"reason": {"yes"}}); err != nil {
		t.Fatal(err)
	}
	three, _ := ana.Modal()
	if _, err := ana.Submit(st.ctx(), three.ID, map[string][]string{"reason": {"yes"}}); err == nil {
		t.Error("a fourth modal was stacked")
	}
	if err := ana.CloseModal(st.ctx(), three.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := <-closed; got != "three" {
		t.Errorf("the app heard that %q closed", got)
	}
	if err := ana.CloseModal(st.ctx(), two.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := []string{<-closed, <-closed}; got[0] != "two" || got[1] != "one" {
		t.Errorf("the app heard that %q closed", got)
	}
	if left := ana.Modals(); len(left) != 0 {
		t.Errorf("%d modals are left", len(left))
	}
}

func TestTheHomeTabKeepsWhatWasChosenWhileItsIDsStay(t *testing.T) {
	t.Parallel()
	roles := func(blockID, initial string) slack.HomeTabViewRequest {
		option := func(v string) *slack.OptionBlockObject {
			return slack.NewOptionBlockObject(v, slack.NewTextBlockObject("plain_text", strings.ToUpper(v), false, false), nil)
		}
		menu := slack.NewOptionsSelectBlockElement("static_select", nil, "role", option("employee"), option("recruiter"))
		menu.InitialOption = option(initial)
		return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "Ann", false, false), nil, slack.NewAccessory(menu),
				slack.SectionBlockOptionBlockID(blockID)),
		}}}
	}
	chosen := make(chan slack.InteractionCallback, 1)
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		_ = st.sock.Ack(*e.Request)
		if data, ok := e.Data.(slack.InteractionCallback); ok {
			chosen <- data
			return
		}
		if _, err := st.api.PublishView("U1", roles("row1", "employee"), ""); err != nil {
			st.t.Error(err)
		}
	})
	ana := st.Person("U1")
	if _, ok := ana.Home(); ok {
		t.Error("there is a Home tab before it was published")
	}
	if err := ana.OpenHome(st.ctx()); err != nil {
		t.Fatal(err)
	}
	home, err := ana.AwaitHome(st.ctx(), func(slackd.View) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	menu := ana.ViewElements(home.ID)[0]
	if got := menu.Selected; len(got) != 1 || got[0] != "employee" {
		t.Errorf("the menu shows %v", got)
	}
	if _, err := ana.Click(st.ctx(), menu.Target, "owner"); err == nil {
		t.Error("an option that is not offered was chosen")
	}
	if _, err := ana.Click(st.ctx(), menu.Target, "recruiter"); err != nil {
		t.Fatal(err)
	}
	heard := <-chosen
	action := heard.ActionCallback.BlockActions[0]
	if action.SelectedOption.Value != "recruiter" || heard.View.Hash != home.Hash || heard.Container.ViewID != home.ID ||
		heard.View.State.Values["row1"]["role"].SelectedOption.Value != "recruiter" {
		t.Errorf("the app heard %+v", heard)
	}
	if _, err := st.api.PublishView("U1", roles("row1", "employee"), "1.0"); code(err) != "hash_conflict" {
		t.Errorf("publishing over a newer version: %v", err)
	}
	for _, next := range []struct{ block, want string }{{"row1", "recruiter"}, {"row2", "employee"}} {
		if _, err := st.api.PublishView("U1", roles(next.block, "employee"), ""); err != nil {
			t.Fatal(err)
		}
		if got := ana.ViewElements(home.ID)[0].Selected; len(got) != 1 || got[0] != next.want {
			t.Errorf("after publishing %s the menu shows %v, want %s", next.block, got, next.want)
		}
	}
}

func TestExternalSelectsOfferWhatTheAppSuggests(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		data, ok := e.Data.(slack.InteractionCallback)
		if !ok || data.Type != slack.InteractionTypeBlockSuggestion {
			ack(st, e)
			return
		}
		found := []*slack.OptionBlockObject{}
		if data.Value == "bo" {
			found = append(found, slack.NewOptionBlockObject("U2", slack.NewTextBlockObject("plain_text", "Bo", false, false), nil))
		}
		if data.Value == "bug" { // what slack-go makes of no options at all
			_ = st.sock.Ack(*e.Request, slack.OptionsResponse{})
			return
		}
		_ = st.sock.Ack(*e.Request, map[string]any{"options": found})
	})
	none := 0
	search := slack.NewOptionsSelectBlockElement("external_select", nil, "who")
	search.MinQueryLength = &none
	_, ts, err := st.api.PostMessage("U1", slack.MsgOptionBlocks(slack.NewActionBlock("search", search)))
	if err != nil {
		t.Fatal(err)
	}
	ana := st.Person("U1")
	target := ana.MessageElements(ana.DM(), ts)[0].Target
	if _, err := ana.Click(st.ctx(), target, "U2"); err == nil {
		t.Error("an option was chosen before it was offered")
	}
	if list, err := ana.Suggest(st.ctx(), target, "zz"); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
	if _, err := ana.Suggest(st.ctx(), target, "bug"); err == nil {
		t.Error("an answer without options was taken")
	}
	list, err := ana.Suggest(st.ctx(), target, "bo")
	if err != nil || len(list) != 1 || list[0].Text != "Bo" {
		t.Fatalf("got %v, %v", list, err)
	}
	if _, err := ana.Click(st.ctx(), target, "U2"); err != nil {
		t.Error(err)
	}
	state, _ := json.Marshal(ana.State(slackd.Target{Channel: ana.DM(), TS: ts}))
	if !strings.Contains(string(state), `"value":"U2"`) {
		t.Errorf("the state is %s", state)
	}
}

func TestPeopleOfOtherWorkspacesAndForgersLookLikeThemselves(t *testing.T) {
	t.Parallel()
	heard := make(chan slack.InteractionCallback, 1)
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		_ = st.sock.Ack(*e.Request)
		heard <- e.Data.(slack.InteractionCallback)
	})
	_, ts, err := st.api.PostMessage("C1", slack.MsgOptionText("Look", false), slack.MsgOptionBlocks(slack.NewActionBlock("b",
		slack.NewButtonBlockElement("a", "1", slack.NewTextBlockObject("plain_text", "Press", false, false)))))
	if err != nil {
		t.Fatal(err)
	}
	press := slackd.Target{Channel: "C1", TS: ts, BlockID: "b", ActionID: "a"}
	olga := st.Person("U4")
	if _, err := olga.Click(st.ctx(), press); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got.Team.ID != "T2" || got.User.TeamID != "T2" || got.Message.Text != "Look" || got.Channel.ID != "C1" {
		t.Errorf("the app heard %+v", got)
	}
	forger := st.Person("W3").Tampering(func(payload map[string]any) {
		payload["actions"].([]map[string]any)[0]["value"] = "999"
	})
	if _, err := forger.Click(st.ctx(), press); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got.ActionCallback.BlockActions[0].Value != "999" || got.User.ID != "W3" {
		t.Errorf("the app heard %+v", got)
	}
}

func TestAGreenBarHasItsOwnButtons(t *testing.T) {
	t.Parallel()
	heard := make(chan slack.InteractionCallback, 1)
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		ack(st, e)
		heard <- e.Data.(slack.InteractionCallback)
	})
	bar := slack.Attachment{Color: "#2eb886", Blocks: slack.Blocks{BlockSet: []slack.Block{
		slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "3 users were removed.", false, false), nil,
			slack.NewAccessory(slack.NewButtonBlockElement("undo", "3", slack.NewTextBlockObject("plain_text", "Why?", false, false)))),
	}}}
	_, ts, err := st.api.PostMessage("U1", slack.MsgOptionAttachments(bar))
	if err != nil {
		t.Fatal(err)
	}
	ana := st.Person("U1")
	why := ana.MessageElements(ana.DM(), ts)
	if len(why) != 1 || why[0].Label != "Why?" {
		t.Fatalf("Ana sees %+v", why)
	}
	if _, err := ana.Click(st.ctx(), why[0].Target); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got.Container.Type != "message_attachment" || got.Container.AttachmentID != "1" {
		t.Errorf("the app heard of %+v", got.Container)
	}
}

func TestAModalPostsWhereItWasOpened(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, func(st *story, e socketmode.Event) {
		ack(st, e)
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			where := slack.NewOptionsSelectBlockElement("conversations_select", nil, "where")
			where.DefaultToCurrentConversation, where.ResponseURLEnabled = true, true
			view := modal("Post", "post")
			view.Blocks.BlockSet = []slack.Block{slack.NewInputBlock("to", slack.NewTextBlockObject("plain_text", "Channel", false, false), nil, where)}
			if _, err := st.api.OpenView(data.TriggerID, view); err != nil {
				st.t.Error(err)
			}
		case slack.InteractionCallback:
			if data.Type != slack.InteractionTypeViewSubmission {
				return
			}
			to := data.ResponseURLs[0]
			if to.ChannelID != "C2" || to.BlockID != "to" {
				st.t.Errorf("the app may post to %+v", to)
			}
			_, _, _, err := st.api.SendMessageContext(context.WithoutCancel(st.t.Context()), "", slack.MsgOptionResponseURL(to.ResponseURL, "in_channel"),
				slack.MsgOptionText("Posted", false))
			if err != nil {
				st.t.Error(err)
			}
		}
	})
	ana := st.Person("U1")
	if _, err := ana.Command(st.ctx(), "C2", "/social"); err != nil {
		t.Fatal(err)
	}
	v, err := ana.AwaitModal(st.ctx(), func(slackd.View) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ana.Submit(st.ctx(), v.ID, nil); err != nil {
		t.Fatal(err)
	}
	bo := st.Person("U2")
	if _, err := bo.AwaitMessage(st.ctx(), "C2", func(m slackd.Message) bool { return m.Text == "Posted" }); err != nil {
		t.Error(err)
	}
}

func TestGuestsSeeOnlyTheirChannels(t *testing.T) {
	t.Parallel()
	st := tell(t, nil, nil)
	for user, want := range map[string]string{"U1": "C1 C2 G3 DU1", "U2": "C1 C2 DU2", "W3": "C1 DW3", "U4": "DU4", "U404": ""} {
		var ids []string
		for _, c := range st.Person(user).Channels() {
			ids = append(ids, c.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s sees %q, want %q", user, got, want)
		}
	}
}
