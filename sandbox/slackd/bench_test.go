package slackd_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"herald/sandbox/slackd"
)

// BenchmarkCommand measures the workspace as a load target: a command, its acknowledgement, and a list of 45 rows as
// ephemeral reply, through slack-go, in a workspace of 100,000 people.
func BenchmarkCommand(b *testing.B) {
	o := options()
	o.Logger = slog.New(slog.DiscardHandler)
	for i := range 100_000 {
		id := fmt.Sprintf("UB%06d", i)
		o.Users = append(o.Users, slackd.User{ID: id, Name: fmt.Sprintf("b%06d", i), Email: id + "@acme.example"})
		o.Channels[0].Members = append(o.Channels[0].Members, id)
	}
	s, err := slackd.New(o)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var rows []slack.Block
	for i := range 45 {
		menu := slack.NewOverflowBlockElement(fmt.Sprint("menu", i), slack.NewOptionBlockObject("remove", slack.NewTextBlockObject("plain_text", "Remove", false, false), nil))
		rows = append(rows, slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "*Ann Lee* · LinkedIn, Facebook · since 3 Mar", false, false), nil, slack.NewAccessory(menu)))
	}
	api := client(s)
	sock := socketmode.New(api)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { _ = sock.RunContext(ctx) }()
	go func() {
		for e := range sock.Events {
			if cmd, ok := e.Data.(slack.SlashCommand); ok {
				_ = sock.Ack(*e.Request)
				go func() {
					if _, err := api.PostEphemeral(cmd.ChannelID, cmd.UserID, slack.MsgOptionBlocks(rows...)); err != nil && ctx.Err() == nil {
						b.Error(err)
					}
				}()
			}
		}
	}()
	if err := s.AwaitConnections(ctx, 1); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n++
		p := s.Person(fmt.Sprintf("UB%06d", n%100_000))
		if _, err := p.Command(ctx, "C1", "/social members"); err != nil {
			b.Fatal(err)
		}
		if _, err := p.AwaitMessage(ctx, "C1", func(m slackd.Message) bool { return m.Ephemeral }); err != nil {
			b.Fatal(err)
		}
	}
}
