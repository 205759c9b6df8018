package bot_test

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"herald/bot"
)

// BenchmarkAck delivers 200 commands a second, from 50 people, to a handler that takes 20 ms, and reports how long
// the acknowledgements took, seen from Slack.
func BenchmarkAck(b *testing.B) {
	server := newSlack(b, limits())
	handler := newScript()
	handler.command = func(context.Context, slack.SlashCommand) error {
		time.Sleep(20 * time.Millisecond)
		<-handler.did
		return nil
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	heard := bot.New(bot.Config{
		API:     slack.New("", slack.OptionAppLevelToken(server.AppToken()), slack.OptionAPIURL(server.APIURL())),
		Handler: handler,
		Seen:    newMemory(),
		Log:     slog.New(slog.DiscardHandler),
		Now:     time.Now,
	})
	ended := make(chan error, 1)
	go func() { ended <- heard.Run(ctx) }()
	if err := server.AwaitConnections(ctx, 1); err != nil {
		b.Fatal(err)
	}

	tick := time.NewTicker(time.Second / 200)
	defer tick.Stop()
	var mu sync.Mutex
	var latency []time.Duration
	var all sync.WaitGroup
	for i := 0; b.Loop(); i++ {
		<-tick.C
		all.Go(func() {
			ack, err := server.Deliver(ctx, command("U"+strconv.Itoa(i%50), strconv.Itoa(i)))
			if err != nil {
				b.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			latency = append(latency, ack.Latency)
		})
	}
	all.Wait()
	slices.Sort(latency)
	b.ReportMetric(float64(latency[len(latency)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(latency[len(latency)*99/100].Microseconds())/1000, "p99-ms")
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
