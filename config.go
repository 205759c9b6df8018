package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"herald/mail"
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
	SlackPace      string `name:"slack-messages-per-second" help:"Direct messages a second that Herald sends to a workspace, all processes together (default: ${default}, which Slack takes for sure)." env:"SLACK_MESSAGES_PER_SECOND" default:"1" placeholder:"NUMBER" group:"Slack"`
	SlackHaste     string `name:"slack-haste" hidden:"" env:"SLACK_HASTE"`
	Operators      string `help:"Slack user ids, with commas, of those who decide who becomes a company admin. Empty: the workspace's primary owner." env:"OPERATORS" placeholder:"IDS" group:"Slack"`
}

type webSettings struct {
	PublicURL      string `help:"Where people reach the registration pages, such as https://jobs.example.com." env:"PUBLIC_URL" placeholder:"URL" group:"Web"`
	Listen         string `help:"Address to listen on. Default: :$PORT, else PUBLIC_URL's own port if it is this machine, else :8080." env:"LISTEN" placeholder:"ADDRESS" group:"Web"`
	TrustedProxies string `help:"Reverse proxies, as IP ranges with commas, whose X-Forwarded-For is believed." env:"TRUSTED_PROXIES" placeholder:"CIDRS" group:"Web"`
	MetricsListen  string `help:"Loopback address of a server for Prometheus, such as 127.0.0.1:9464. Empty: none." env:"METRICS_LISTEN" placeholder:"ADDRESS" group:"Web"`
	Port           string `hidden:"" env:"PORT"`
}

type linkedInSettings struct {
	LinkedInClientID     string `name:"linkedin-client-id" help:"Client ID of the LinkedIn app." env:"LINKEDIN_CLIENT_ID" placeholder:"ID" group:"LinkedIn"`
	LinkedInClientSecret string `name:"linkedin-client-secret" help:"Client secret of the LinkedIn app." env:"LINKEDIN_CLIENT_SECRET" placeholder:"SECRET" group:"LinkedIn"`
	LinkedInURL          string `name:"linkedin-url" help:"Base URL of LinkedIn's sign-in (default: ${default})." env:"LINKEDIN_URL" default:"https://www.linkedin.com" placeholder:"URL" group:"LinkedIn"`
	LinkedInAPIURL       string `name:"linkedin-api-url" help:"Base URL of LinkedIn's API (default: ${default})." env:"LINKEDIN_API_URL" default:"https://api.linkedin.com" placeholder:"URL" group:"LinkedIn"`
}

type facebookSettings struct {
	FacebookAppID        string `name:"facebook-app-id" help:"App ID of the Facebook app. Empty: nobody registers with Facebook." env:"FACEBOOK_APP_ID" placeholder:"ID" group:"Facebook"`
	FacebookAppSecret    string `name:"facebook-app-secret" help:"App secret of the Facebook app." env:"FACEBOOK_APP_SECRET" placeholder:"SECRET" group:"Facebook"`
	FacebookURL          string `name:"facebook-url" help:"Base URL of Facebook's sign-in (default: ${default})." env:"FACEBOOK_URL" default:"https://www.facebook.com" placeholder:"URL" group:"Facebook"`
	FacebookGraphURL     string `name:"facebook-graph-url" help:"Base URL of Facebook's Graph API (default: ${default})." env:"FACEBOOK_GRAPH_URL" default:"https://graph.facebook.com" placeholder:"URL" group:"Facebook"`
	FacebookGraphVersion string `name:"facebook-graph-version" help:"Version of Facebook's Graph API (default: ${default})." env:"FACEBOOK_GRAPH_VERSION" default:"v26.0" placeholder:"VERSION" group:"Facebook"`
}

// smtpSettings are all optional together: without a mail server nobody is invited by email.
type smtpSettings struct {
	SMTPHost     string `name:"smtp-host" help:"Mail server that sends invitations by email. Empty: nobody is invited by email." env:"SMTP_HOST" placeholder:"HOST" group:"Email"`
	SMTPPort     string `name:"smtp-port" help:"Its port. Empty: 587 for starttls, 465 for implicit, 25 for none." env:"SMTP_PORT" placeholder:"PORT" group:"Email"`
	SMTPUsername string `name:"smtp-username" help:"User name there. Empty: the server wants none." env:"SMTP_USERNAME" placeholder:"NAME" group:"Email"`
	SMTPPassword string `name:"smtp-password" help:"Password there." env:"SMTP_PASSWORD" placeholder:"PASSWORD" group:"Email"`
	SMTPFrom     string `name:"smtp-from" help:"Who the emails are from, as jobs@acme.example or \"Acme Jobs <jobs@acme.example>\"." env:"SMTP_FROM" placeholder:"ADDRESS" group:"Email"`
	SMTPTLS      string `name:"smtp-tls" help:"How the connection is protected: starttls, implicit or none. Empty: starttls, and none for a server on this machine." env:"SMTP_TLS" placeholder:"HOW" group:"Email"`
}

type mastodonSettings struct {
	MastodonAllowedHosts string `name:"mastodon-allowed-hosts" help:"Mastodon servers, with commas, that may be in a private network: hosts, or http://… without TLS. Others must be public." env:"MASTODON_ALLOWED_HOSTS" placeholder:"HOSTS" group:"Mastodon"`
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
		setting{"SLACK_MESSAGES_PER_SECOND", s.SlackPace, false, messagesPerSecond, "how fast invitations go out.", "leave it out, unless Slack allows your workspace more than one message a second for sure."},
		setting{"SLACK_HASTE", s.SlackHaste, false, haste, "how many times faster than Slack's rate limit tiers calls other than messages may go.", "leave it out, unless SLACK_API_URL is a stand-in of Slack that has no tiers."},
		setting{"OPERATORS", s.Operators, false, slackIDs, "who decides requests to become a company admin.", "a person's Slack profile › ⋮ › Copy member ID; leave it empty for the workspace's primary owner."},
	)
}

func (w webSettings) settings() []setting {
	return []setting{
		{"PUBLIC_URL", w.PublicURL, true, publicURL, "registration links and the ways back from the networks are built from it.", "the address at which people's browsers reach this server."},
		{"LISTEN", w.Listen, false, listenAddress, "the address the web server listens on.", "leave it out for the default."},
		{"PORT", w.Port, false, portNumber, "the port the web server listens on, as some hosts set it.", "leave it out, or set LISTEN."},
		{"METRICS_LISTEN", w.MetricsListen, false, loopbackAddress, "the address at which Prometheus reads /metrics.", "127.0.0.1 and a free port; leave it empty for no metrics."},
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

func (f facebookSettings) settings() []setting {
	return []setting{
		{"FACEBOOK_APP_ID", f.FacebookAppID, f.FacebookAppSecret != "", nil, "people register with Facebook.", "developers.facebook.com/apps › your app › App settings › Basic. The app needs the product Facebook Login."},
		{"FACEBOOK_APP_SECRET", f.FacebookAppSecret, f.FacebookAppID != "", nil, "people register with Facebook.", "the same page, beside the App ID."},
		{"FACEBOOK_URL", f.FacebookURL, true, httpURL, "where Facebook's sign-in is.", "leave it out for Facebook itself."},
		{"FACEBOOK_GRAPH_URL", f.FacebookGraphURL, true, httpURL, "where Facebook's Graph API is.", "leave it out for Facebook itself."},
		{"FACEBOOK_GRAPH_VERSION", f.FacebookGraphVersion, true, graphVersion, "which version of Facebook's Graph API is asked.", "leave it out, unless that version has ended: developers.facebook.com/docs/graph-api/changelog."},
	}
}

// graphVersion takes what stands in paths of the Graph API.
func graphVersion(s string) error {
	if !regexp.MustCompile(`^v[0-9]+\.[0-9]+$`).MatchString(s) {
		return errors.New("is not a version such as v26.0")
	}
	return nil
}

func (m smtpSettings) settings() []setting {
	needed := m != smtpSettings{}
	return []setting{
		{"SMTP_HOST", m.SMTPHost, needed, nil, "the mail server that sends invitations.", "your mail provider's instructions for SMTP; leave all of SMTP_* out if nobody is to be invited by email."},
		{"SMTP_PORT", m.SMTPPort, false, smtpPort, "the mail server's port.", "your mail provider; leave it out for the usual one."},
		{"SMTP_FROM", m.SMTPFrom, needed, sender, "who the invitations are from.", "a mailbox that somebody reads, at a domain that your mail server may send for."},
		{"SMTP_USERNAME", m.SMTPUsername, m.SMTPPassword != "", nil, "signs in to the mail server.", "your mail provider; leave it out together with SMTP_PASSWORD if it wants none."},
		{"SMTP_PASSWORD", m.SMTPPassword, m.SMTPUsername != "", m.readable, "signs in to the mail server.", "your mail provider; often an “app password”."},
		{"SMTP_TLS", m.SMTPTLS, false, oneOf(string(mail.StartTLS), string(mail.Implicit), string(mail.NoTLS)), "protects the connection to the mail server.", "your mail provider: starttls for port 587, implicit for port 465."},
	}
}

// readable refuses a password that would cross a network for everybody to read.
func (m smtpSettings) readable(string) error {
	if m.tls() == mail.NoTLS && !loopback(m.SMTPHost) {
		return errors.New("would be sent unprotected, as SMTP_TLS is none")
	}
	return nil
}

func (m mastodonSettings) settings() []setting {
	return []setting{
		{"MASTODON_ALLOWED_HOSTS", m.MastodonAllowedHosts, false, mastodonHosts, "which Mastodon servers may be in the company's own network.", "whoever runs the server; leave it empty if there is none."},
	}
}

// allowed are the hosts and URLs.
func (m mastodonSettings) allowed() []string {
	return strings.FieldsFunc(m.MastodonAllowedHosts, func(r rune) bool { return r == ',' || r == ' ' })
}

// mastodonHosts takes hosts, and base URLs.
func mastodonHosts(s string) error {
	for _, entry := range (mastodonSettings{s}).allowed() {
		if !strings.Contains(entry, "://") {
			entry = "https://" + entry
		}
		u, err := url.Parse(entry)
		if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
			return errors.New("must be hosts such as social.example.com, or http://social:3000, with commas")
		}
	}
	return nil
}

// tls is how the connection is protected: a server on this machine is reached through no network.
func (m smtpSettings) tls() mail.TLS {
	if m.SMTPTLS == "" && loopback(m.SMTPHost) {
		return mail.NoTLS
	}
	return cmp.Or(mail.TLS(m.SMTPTLS), mail.StartTLS)
}

// sender returns what sends mail, nil without settings.
func (m smtpSettings) sender(now func() time.Time) (*mail.Sender, error) {
	if m.SMTPHost == "" {
		return nil, nil //nolint:nilnil // nobody is invited by email
	}
	port := 0
	if m.SMTPPort != "" {
		var err error
		if port, err = strconv.Atoi(m.SMTPPort); err != nil {
			return nil, fmt.Errorf("read SMTP_PORT: %w", err)
		}
	}
	return mail.New(mail.Config{
		Host: m.SMTPHost, Port: port, Username: m.SMTPUsername, Password: m.SMTPPassword, TLS: m.tls(), From: m.SMTPFrom, Now: now,
	})
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

// pace is how many messages go to a workspace in a second; 0: delivery's default.
func (s slackSettings) pace() float64 {
	if s.SlackPace == "" {
		return 0
	}
	n, err := strconv.ParseFloat(s.SlackPace, 64)
	if err != nil {
		return 0 // checkSettings already said so
	}
	return n
}

// fastest is the highest pace that can be set: many times what Slack allows anybody.
const fastest = 1000

// messagesPerSecond takes a pace.
func messagesPerSecond(s string) error {
	if n, err := strconv.ParseFloat(s, 64); err != nil || !(n >= 0.1 && n <= fastest) {
		return fmt.Errorf("is not a number between 0.1 and %d", fastest)
	}
	return nil
}

// haste takes a factor.
func haste(s string) error {
	if n, err := strconv.ParseFloat(s, 64); err != nil || !(n >= 1 && n <= fastest) {
		return fmt.Errorf("is not a number between 1 and %d", fastest)
	}
	return nil
}

// haste is how many times faster than Slack's tiers other calls go; 0: not at all.
func (s slackSettings) haste() float64 {
	n, err := strconv.ParseFloat(s.SlackHaste, 64)
	if err != nil {
		return 0 // none is set, or checkSettings already said so
	}
	return n
}

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
		if loopback(u.Hostname()) {
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

// loopbackAddress lets nobody else on the network read the metrics.
func loopbackAddress(s string) error {
	host, _, err := net.SplitHostPort(s)
	ip, parseErr := netip.ParseAddr(host)
	if err != nil || host != "localhost" && (parseErr != nil || !ip.IsLoopback()) {
		return errors.New("is not host:port on this machine, such as 127.0.0.1:9464")
	}
	return nil
}

// loopback tells whether the host is this very machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func smtpPort(s string) error {
	if err := portNumber(s); err != nil || strings.Trim(s, "0") == "" {
		return errors.New("is not a port number")
	}
	return nil
}

func sender(s string) error {
	a, err := netmail.ParseAddress(s)
	if err != nil || store.CheckAddress(a.Address) != nil {
		return errors.New("is no email address, as jobs@acme.example or Acme Jobs <jobs@acme.example>")
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
