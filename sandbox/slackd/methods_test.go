package slackd_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/sandbox/slackd"
)

func TestTheSmallMethodsAnswer(t *testing.T) {
	t.Parallel()
	wound := newClock()
	st := tell(t, func(o *slackd.Options) {
		o.Now = wound.now
		o.Users[0].DNDUntil = wound.now().Add(time.Hour)
		o.App.Scopes = append(o.App.Scopes, "users.profile:read", "groups:read")
	}, nil)
	dnd, err := st.api.GetDNDTeamInfo([]string{"U1", "U2", "U404"})
	if err != nil || len(dnd) != 2 || !dnd["U1"].SnoozeEnabled || dnd["U2"].Enabled {
		t.Errorf("got %+v, %v", dnd, err)
	}
	bo := "U2"
	if status, err := st.api.GetDNDInfo(&bo); err != nil || status.Enabled {
		t.Errorf("got %+v, %v", status, err)
	}
	if presence, err := st.api.GetUserPresence("U5"); err != nil || presence.Presence != "away" {
		t.Errorf("got %+v, %v", presence, err)
	}
	if profile, err := st.api.GetUserProfile(&slack.GetUserProfileParameters{UserID: "U1"}); err != nil || profile.RealName != "Ana Alves" {
		t.Errorf("got %+v, %v", profile, err)
	}
	if who, err := st.api.GetUserInfo("W3"); err != nil || !who.IsRestricted {
		t.Errorf("got %+v, %v", who, err)
	}
	_, ts, err := st.api.PostMessage("C1", slack.MsgOptionText("Hi", false))
	if err != nil {
		t.Fatal(err)
	}
	link, err := st.api.GetPermalink(&slack.PermalinkParameters{Channel: "C1", Ts: ts})
	if err != nil || link != "https://acme.slack.com/archives/C1/p"+ts[:10]+ts[11:] {
		t.Errorf("got %q, %v", link, err)
	}
	dm, _, already, err := st.api.OpenConversation(&slack.OpenConversationParameters{Users: []string{"U1"}, ReturnIM: true})
	if err != nil || dm.ID != st.Person("U1").DM() || already {
		t.Errorf("got %+v, %v, %v", dm, already, err)
	}
	for form, want := range map[string]string{"": "users_list_not_supplied", "users=U1,U2": "not_enough_users", "channel=C1": "channel_not_found", "users=USLACKBOT": "cannot_dm_bot"} {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, st.Server, "conversations.open", st.BotToken(), values); got.Error != want {
			t.Errorf("%q: got %q, want %q", form, got.Error, want)
		}
	}
	if got, _ := st.ChannelByName("random"); got.ID != "C2" || len(got.Members) != 1 {
		t.Errorf("got %+v", got)
	}
	if _, warning, _, err := st.api.JoinConversation("C2"); err != nil || warning != "" {
		t.Errorf("got %q, %v", warning, err)
	}
	if _, warning, _, err := st.api.JoinConversation("C2"); err != nil || warning != "already_in_channel" {
		t.Errorf("got %q, %v", warning, err)
	}
	if _, _, _, err := st.api.JoinConversation("G3"); code(err) != "channel_not_found" {
		t.Errorf("got %v", err)
	}
	info, err := st.api.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: "C2"})
	if err != nil || !info.IsMember || info.Name != "random" {
		t.Errorf("got %+v, %v", info, err)
	}
}

func TestSlacksOwnRatesCoverEveryMethod(t *testing.T) {
	t.Parallel()
	st := tell(t, func(o *slackd.Options) {
		o.Limits = slackd.DefaultLimits()
		o.App.Distributed = true
		o.App.Scopes = append(o.App.Scopes, "im:history")
	}, nil)
	rates := slackd.MethodRates()
	for _, m := range st.Methods() {
		if _, ok := rates[m]; !ok && m != "chat.postMessage" {
			t.Errorf("%s has no rate", m)
		}
	}
	history := url.Values{"channel": {st.Person("U1").DM()}}
	if got := ask(t, st.Server, "conversations.history", st.BotToken(), history); !got.OK {
		t.Errorf("got %+v", got)
	}
	if got := ask(t, st.Server, "conversations.history", st.BotToken(), history); got.Error != "ratelimited" {
		t.Errorf("a distributed app reads history twice a minute: %+v", got)
	}
}

func TestOldMessagesAndRecordsAreForgotten(t *testing.T) {
	t.Parallel()
	st := tell(t, func(o *slackd.Options) { o.Limits = slackd.Limits{KeepMessages: 10, KeepRecords: 10} }, nil)
	for range 40 {
		if _, _, err := st.api.PostMessage("C1", slack.MsgOptionText("Hi", false)); err != nil {
			t.Fatal(err)
		}
		if _, err := st.api.PostEphemeral("C1", "U1", slack.MsgOptionText("Psst", false)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(st.Person("U2").Messages("C1")); n < 10 || n > 15 {
		t.Errorf("Bo sees %d messages", n)
	}
	all := st.Person("U1").Messages("C1")
	if n := len(all); n < 20 || n > 30 {
		t.Errorf("Ana sees %d messages", n)
	}
	for i := range all[1:] {
		if all[i].TS >= all[i+1].TS {
			t.Errorf("message %d is out of order", i)
		}
	}
	if n := len(st.Calls("")); n != 10 {
		t.Errorf("%d calls are remembered", n)
	}
}

func TestAWorkspaceIsConsistent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*slackd.Options){
		"no clock":        func(o *slackd.Options) { o.Now = nil },
		"a user twice":    func(o *slackd.Options) { o.Users = append(o.Users, slackd.User{ID: "U1", Name: "x"}) },
		"a handle twice":  func(o *slackd.Options) { o.Users = append(o.Users, slackd.User{ID: "U8", Name: "ana"}) },
		"no handle":       func(o *slackd.Options) { o.Users = append(o.Users, slackd.User{ID: "U8"}) },
		"a channel twice": func(o *slackd.Options) { o.Channels = append(o.Channels, slackd.Channel{ID: "C8", Name: "general"}) },
		"no channel name": func(o *slackd.Options) { o.Channels = append(o.Channels, slackd.Channel{ID: "C8"}) },
		"a group twice":   func(o *slackd.Options) { o.UserGroups = append(o.UserGroups, slackd.UserGroup{ID: "S1", Handle: "x"}) },
	} {
		o := options()
		change(&o)
		if _, err := slackd.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
