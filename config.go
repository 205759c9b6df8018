package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"herald/store"
)

// Every setting is a flag and an environment variable. All are texts here: check reads them together, so that one run tells
// everything that is missing or malformed.

type databaseSettings struct {
	DatabaseURL   string `help:"PostgreSQL as postgres://user:password@host/name. Empty: the embedded SQLite database." env:"DATABASE_URL" placeholder:"URL" group:"Database"`
	DatabaseFile  string `help:"File of the embedded database (default: ${default})." env:"DATABASE_FILE" default:"herald.db" placeholder:"FILE" group:"Database"`
	EncryptionKey string `help:"Seals tokens at rest: base64 of 32 bytes; several with commas, the first one seals. Empty: the key file." env:"ENCRYPTION_KEY" placeholder:"KEYS" group:"Database"`
	KeyFile       string `help:"File that holds the key if ENCRYPTION_KEY is empty; made on the first start. Default: herald.key beside the database file." env:"KEY_FILE" placeholder:"FILE" group:"Database"`
}

// slackAPISettings are enough to ask Slack something.
type slackAPISettings struct {
	SlackBotToken string `help:"Bot User OAuth Token, xoxb-…." env:"SLACK_BOT_TOKEN" placeholder:"TOKEN" group:"Slack"`
	SlackAPIURL   string `name:"slack-api-url" help:"Base URL of Slack's Web API (default: ${default})." env:"SLACK_API_URL" default:"https://slack.com/api/" placeholder:"URL" group:"Slack"`
}

// slackSettings are what it takes to hear Slack, too.
type slackSettings struct {
	slackAPISettings
	SlackClientURL string `name:"slack-client-url" help:"Where 'Back to Slack' leads; the workspace's id follows (default: ${default})." env:"SLACK_CLIENT_URL" default:"https://app.slack.com/client" placeholder:"URL" group:"Slack"`
	SlackAppToken  string `help:"App-level token with connections:write, xapp-…." env:"SLACK_APP_TOKEN" placeholder:"TOKEN" group:"Slack"`
	Operators      string `help:"Slack user ids, with commas, of those who decide who becomes a company admin. Empty: the workspace's primary owner." env:"OPERATORS" placeholder:"IDS" group:"Slack"`
}

type webSettings struct {
	PublicURL      string `help:"Where people reach the registration pages, such as https://jobs.example.com." env:"PUBLIC_URL" placeholder:"URL" group:"Web"`
	Listen         string `help:"Address to listen on. Default: :$PORT, else PUBLIC_URL's own port if it is this machine, else :8080." env:"LISTEN" placeholder:"ADDRESS" group:"Web"`
	TrustedProxies string `help:"Reverse proxies, as IP ranges with commas, whose X-Forwarded-For is believed." env:"TRUSTED_PROXIES" placeholder:"CIDRS" group:"Web"`
	Port           string `hidden:"" env:"PORT"`
}

type linkedInSettings struct {
	LinkedInClientID     string `name:"linkedin-client-id" help:"Client ID of the LinkedIn app." env:"LINKEDIN_CLIENT_ID" placeholder:"ID" group:"LinkedIn"`
	LinkedInClientSecret string `name:"linkedin-client-secret" help:"Client secret of the LinkedIn app." env:"LINKEDIN_CLIENT_SECRET" placeholder:"SECRET" group:"LinkedIn"`
	LinkedInURL          string `name:"linkedin-url" help:"Base URL of LinkedIn's sign-in (default: ${default})." env:"LINKEDIN_URL" default:"https://www.linkedin.com" placeholder:"URL" group:"LinkedIn"`
	LinkedInAPIURL       string `name:"linkedin-api-url" help:"Base URL of LinkedIn's API (default: ${default})." env:"LINKEDIN_API_URL" default:"https://api.linkedin.com" placeholder:"URL" group:"LinkedIn"`
}

type logSettings struct {
	LogLevel  string `help:"debug, info, warn or error (default: ${default})." env:"LOG_LEVEL" default:"info" placeholder:"LEVEL" group:"Log"`
	LogFormat string `help:"text or json (default: ${default})." env:"LOG_FORMAT" default:"text" placeholder:"FORMAT" group:"Log"`
}

// A setting is one text to check: what it is for and where to get it stand in the message if it is missing or malformed.
type setting struct {
	env      string
	value    string
	required bool
	check    func(string) error // of a value that is not empty
	purpose  string
	where    string
}

// checkSettings reports everything that is missing or malformed in one error, and never repeats a value: it may be a secret.
func checkSettings(settings ...[]setting) error {
	var problems []string
	for _, group := range settings {
		for _, s := range group {
			var what string
			switch {
			case s.value == "" && s.required:
				what = "is missing"
			case s.value != "" && s.check != nil:
				if err := s.check(s.value); err != nil {
					what = err.Error()
				}
			}
			if what != "" {
				problems = append(problems, fmt.Sprintf("  %s %s.\n      What for: %s\n      Where from: %s", s.env, what, s.purpose, s.where))
			}
		}
	}
	if problems == nil {
		return nil
	}
	return errors.New("some settings need your attention (each is an environment variable, or a flag, see --help):\n" + strings.Join(problems, "\n"))
}

func (d databaseSettings) settings() []setting {
	return []setting{
		{"DATABASE_URL", d.DatabaseURL, false, postgresURL, "the PostgreSQL database.", "your database server; leave it empty to use the embedded database."},
		{"ENCRYPTION_KEY", d.EncryptionKey, false, encryptionKeys, "seals tokens and secrets in the database.", "`openssl rand -base64 32`; leave it empty to use a key file."},
	}
}

func (s slackAPISettings) settings() []setting {
	return []setting{
		{"SLACK_BOT_TOKEN", s.SlackBotToken, true, prefix("xoxb-"), "lets Herald speak in the workspace.", "api.slack.com/apps › your app › OAuth & Permissions › Bot User OAuth Token."},
		{"SLACK_API_URL", s.SlackAPIURL, true, httpURL, "where Slack's Web API is.", "leave it out for Slack itself."},
	}
}

func (s slackSettings) settings() []setting {
	return append(s.slackAPISettings.settings(),
		setting{"SLACK_APP_TOKEN", s.SlackAppToken, true, prefix("xapp-"), "opens the Socket Mode connection.", "api.slack.com/apps › your app › Basic Information › App-Level Tokens, with the scope connections:write."},
		setting{"SLACK_CLIENT_URL", s.SlackClientURL, true, httpURL, "where 'Back to Slack' leads from a page.", "leave it out for Slack itself."},
		setting{"OPERATORS", s.Operators, false, slackIDs, "who decides requests to become a company admin.", "a person's Slack profile › ⋮ › Copy member ID; leave it empty for the workspace's primary owner."},
	)
}

func (w webSettings) settings() []setting {
	return []setting{
		{"PUBLIC_URL", w.PublicURL, true, publicURL, "registration links and the way back from LinkedIn are built from it.", "the address at which people's browsers reach this server."},
		{"LISTEN", w.Listen, false, listenAddress, "the address the web server listens on.", "leave it out for the default."},
		{"PORT", w.Port, false, portNumber, "the port the web server listens on, as some hosts set it.", "leave it out, or set LISTEN."},
		{"TRUSTED_PROXIES", w.TrustedProxies, false, cidrs, "tells the web server whose X-Forwarded-For to believe.", "your reverse proxy's address; leave it empty without one."},
	}
}

func (l linkedInSettings) settings() []setting {
	return []setting{
		{"LINKEDIN_CLIENT_ID", l.LinkedInClientID, true, nil, "people register with LinkedIn.", "linkedin.com/developers › your app › Auth. The app needs the products Sign In with LinkedIn using OpenID Connect and Share on LinkedIn."},
		{"LINKEDIN_CLIENT_SECRET", l.LinkedInClientSecret, true, nil, "people register with LinkedIn.", "the same page, beside the client ID."},
		{"LINKEDIN_URL", l.LinkedInURL, true, httpURL, "where LinkedIn's sign-in is.", "leave it out for LinkedIn itself."},
		{"LINKEDIN_API_URL", l.LinkedInAPIURL, true, httpURL, "where LinkedIn's API is.", "leave it out for LinkedIn itself."},
	}
}

func (l logSettings) settings() []setting {
	return []setting{
		{"LOG_LEVEL", l.LogLevel, true, func(s string) error { _, err := logLevel(s); return err }, "how much is logged.", "debug, info, warn or error."},
		{"LOG_FORMAT", l.LogFormat, true, oneOf("text", "json"), "how log lines look.", "text or json."},
	}
}

// dsn is what store.Open takes.
func (d databaseSettings) dsn() string {
	if d.DatabaseURL != "" {
		return d.DatabaseURL
	}
	return d.DatabaseFile
}

// where is the database in words, without its password.
func (d databaseSettings) where() string {
	if d.DatabaseURL == "" {
		if path, err := filepath.Abs(d.DatabaseFile); err == nil {
			return path
		}
		return d.DatabaseFile
	}
	if u, err := url.Parse(d.DatabaseURL); err == nil {
		return "PostgreSQL at " + u.Host + u.Path
	}
	return "PostgreSQL"
}

// keys reads ENCRYPTION_KEY, or else the key file, which is made with mode 0600 on the first start.
func (d databaseSettings) keys() (store.Keys, error) {
	if d.EncryptionKey != "" {
		return store.ParseKeys(d.EncryptionKey)
	}
	return store.KeysFile(d.keyFile())
}

func (d databaseSettings) keyFile() string {
	return cmp.Or(d.KeyFile, filepath.Join(filepath.Dir(d.DatabaseFile), "herald.key"))
}

func (s slackAPISettings) apiURL() string { return strings.TrimRight(s.SlackAPIURL, "/") + "/" }

func (s slackSettings) operators() []string { return list(s.Operators) }

func (w webSettings) publicURL() string { return strings.TrimRight(w.PublicURL, "/") }

// listen is the address of the web server: a PUBLIC_URL on this very machine already names the port.
func (w webSettings) listen() string {
	if w.Listen != "" {
		return w.Listen
	}
	if w.Port != "" {
		return ":" + w.Port
	}
	if u, err := url.Parse(w.PublicURL); err == nil && u.Port() != "" {
		ip, err := netip.ParseAddr(u.Hostname())
		if u.Hostname() == "localhost" || err == nil && ip.IsLoopback() {
			return u.Host
		}
	}
	return ":8080"
}

func (w webSettings) trustedProxies() []netip.Prefix {
	var found []netip.Prefix
	for _, s := range list(w.TrustedProxies) {
		if p, err := parseCIDR(s); err == nil {
			found = append(found, p)
		}
	}
	return found
}

func (l logSettings) logger() *slog.Logger {
	level, err := logLevel(l.LogLevel)
	if err != nil {
		level = slog.LevelInfo // checkSettings already said so
	}
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

func prefix(want string) func(string) error {
	return func(s string) error {
		if !strings.HasPrefix(s, want) {
			return fmt.Errorf("does not begin with %s", want)
		}
		return nil
	}
}

func oneOf(words ...string) func(string) error {
	return func(s string) error {
		if slices.Contains(words, s) {
			return nil
		}
		return fmt.Errorf("is none of %s", strings.Join(words, ", "))
	}
}

func logLevel(s string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s)); err != nil {
		return level, errors.New("is none of debug, info, warn, error")
	}
	return level, nil
}

func httpURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("is not an http:// or https:// URL")
	}
	return nil
}

func publicURL(s string) error {
	if err := httpURL(s); err != nil {
		return err
	}
	if u, err := url.Parse(s); err != nil || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("has more than scheme, host, port and path")
	}
	return nil
}

func postgresURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("is not a postgres:// URL")
	}
	return nil
}

func encryptionKeys(s string) error {
	if _, err := store.ParseKeys(s); err != nil {
		return errors.New("is not base64 of 32 bytes")
	}
	return nil
}

var slackUser = regexp.MustCompile(`^[A-Z][A-Z0-9]+$`)

func slackIDs(s string) error {
	for _, id := range list(s) {
		if !slackUser.MatchString(id) {
			return errors.New("holds something that is no Slack user id, such as U024BE7LH")
		}
	}
	return nil
}

func listenAddress(s string) error {
	if _, _, err := net.SplitHostPort(s); err != nil {
		return errors.New("is not host:port or :port")
	}
	return nil
}

func portNumber(s string) error {
	if _, err := strconv.ParseUint(s, 10, 16); err != nil {
		return errors.New("is not a port number")
	}
	return nil
}

func parseCIDR(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

func cidrs(s string) error {
	for _, c := range list(s) {
		if _, err := parseCIDR(c); err != nil {
			return errors.New("holds something that is no IP range, such as 10.0.0.0/8")
		}
	}
	return nil
}
