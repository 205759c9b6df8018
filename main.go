// Herald runs a company's social-recruiting programme from inside Slack.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // the hours of people, where the machine knows no time zones

	"github.com/alecthomas/kong"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// The commands. Kong reads flags and environment; each command's Run does the work.
type commandLine struct {
	Serve   serveCommand   `cmd:"" help:"Run Herald for a Slack workspace."`
	Demo    demoCommand    `cmd:"" help:"Run Herald with a Slack of its own on this machine, to try everything out. Needs nothing else."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's tables to another version."`
	Admin   adminCommand   `cmd:"" help:"Appoint company admins: the way in for the first one, and the way back if all are gone."`
	Keys    keysCommand    `cmd:"" help:"Replace the key that seals tokens in the database, while Herald runs."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// process is what commands share: when to stop, where to write, what time it is.
type process struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
	now    func() time.Time
}

// run is main with everything it touches as arguments. It returns the exit code: 0, 1 for what went wrong, 2 for wrong usage.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return runContext(ctx, args, stdout, stderr)
}

func runContext(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var line commandLine
	exit := -1
	parser, err := kong.New(&line,
		kong.Name("herald"),
		kong.Description("Herald runs a company's social-recruiting programme from inside Slack.\n\nTry it without Slack, a database server or keys: herald demo"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "herald:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help has printed
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "herald: %v\nType herald --help to see what there is.\n", err)
		return 2
	}
	err = command.Run(&process{ctx: ctx, stdout: stdout, stderr: stderr, now: time.Now})
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "herald:", err)
		return 1
	}
	return 0
}

type versionCommand struct{}

// Run prints the module's version and the commit it was built from.
func (versionCommand) Run(p *process) error {
	version, commit := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = " " + s.Value[:min(12, len(s.Value))]
			}
		}
	}
	_, err := fmt.Fprintf(p.stdout, "herald %s%s\n", version, commit)
	return err
}
