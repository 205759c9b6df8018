package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"herald/mail"
)

// settings of a working installation, as flags so that tests can run in parallel.
func validFlags() map[string]string {
	return map[string]string{
		"slack-bot-token": "xoxb-1", "slack-app-token": "xapp-1", "slack-api-url": "https://slack.com/api",
		"public-url":         "https://jobs.acme.example",
		"linkedin-client-id": "id", "linkedin-client-secret": "a-linkedin-secret",
	}
}

func command(name string, flags map[string]string) []string {
	args := []string{name}
	for flag, value := range flags {
		args = append(args, "--"+flag+"="+value)
	}
	return args
}

func TestEverythingMissingIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	var out, problems bytes.Buffer
	if code := runContext(t.Context(), []string{"serve", "--slack-api-url=nowhere", "--encryption-key=short"}, &out, &problems); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, want := range []string{
		"SLACK_BOT_TOKEN is missing", "SLACK_APP_TOKEN is missing", "SLACK_API_URL is not an http",
		"PUBLIC_URL is missing", "LINKEDIN_CLIENT_ID is missing", "LINKEDIN_CLIENT_SECRET is missing",
		"ENCRYPTION_KEY is not base64 of 32 bytes", "api.slack.com/apps", "linkedin.com/developers", "openssl rand",
	} {
		if !strings.Contains(problems.String(), want) {
			t.Errorf("the message does not say %q:\n%s", want, problems.String())
		}
	}
}

func TestEachMalformedSettingIsNamedAndNeverRepeated(t *testing.T) {
	t.Parallel()
	for flag, value := range map[string]string{
		"slack-bot-token": "xapp-a-secret-value",
		"slack-app-token": "xoxb-a-secret-value",
		"slack-api-url":   "a-secret-value",
		"public-url":      "https://jobs.acme.example?a-secret-value",
		"operators":       "U123,a-secret-value",
		"listen":          "a-secret-value",
		"metrics-listen":  "0.0.0.0:9464-a-secret-value",
		"trusted-proxies": "a-secret-value",
		"database-url":    "mysql://a-secret-value",
		"encryption-key":  "a-secret-value",
		"log-level":       "a-secret-value",
		"log-format":      "a-secret-value",
		"linkedin-url":    "a-secret-value",
	} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			flags := validFlags()
			flags[flag] = value
			var out, problems bytes.Buffer
			if code := runContext(t.Context(), command("serve", flags), &out, &problems); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			name := strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
			if text := problems.String(); !strings.Contains(text, name) || strings.Count(text, "What for:") != 1 {
				t.Errorf("want exactly %s reported:\n%s", name, text)
			}
			if strings.Contains(problems.String(), "a-secret-value") {
				t.Errorf("the message repeats the value, which may be a secret:\n%s", problems.String())
			}
		})
	}
}

func TestAStrangerFindsTheWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{nil, 0, []string{"serve", "demo", "migrate", "admin", "version", "herald demo"}},
		{[]string{"--help"}, 0, []string{"Try it without Slack"}},
		{[]string{"serve", "--help"}, 0, []string{"$SLACK_BOT_TOKEN", "$PUBLIC_URL", "$DATABASE_URL", "$LINKEDIN_API_URL", "$LISTEN"}},
		{[]string{"admin", "grant", "--help"}, 0, []string{"Copy member ID", "$SLACK_BOT_TOKEN"}},
		{[]string{"version"}, 0, []string{"herald "}},
		{[]string{"srve"}, 2, []string{"herald --help"}},
		{[]string{"admin", "grant"}, 2, []string{"slack-user-id"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if code := runContext(t.Context(), c.args, &out, &out); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in:\n%s", want, out.String())
				}
			}
		})
	}
}

func TestTheWebServerListensWherePublicURLPoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		web  webSettings
		want string
	}{
		{webSettings{PublicURL: "https://jobs.acme.example"}, ":8080"},
		{webSettings{PublicURL: "https://jobs.acme.example:8443"}, ":8080"},
		{webSettings{PublicURL: "http://127.0.0.1:9999"}, "127.0.0.1:9999"},
		{webSettings{PublicURL: "http://[::1]:9999"}, "[::1]:9999"},
		{webSettings{PublicURL: "http://localhost:9999"}, "localhost:9999"},
		{webSettings{PublicURL: "http://127.0.0.1:9999", Port: "7000"}, ":7000"},
		{webSettings{PublicURL: "http://127.0.0.1:9999", Port: "7000", Listen: "0.0.0.0:1"}, "0.0.0.0:1"},
	} {
		if got := c.web.listen(); got != c.want {
			t.Errorf("%+v: listens on %q, want %q", c.web, got, c.want)
		}
	}
}

func TestMigratingByHand(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db databaseSettings) {
		migrate := func(direction string) string {
			t.Helper()
			var out bytes.Buffer
			args := []string{"migrate", direction, "--database-url=" + db.DatabaseURL, "--database-file=" + db.DatabaseFile}
			if code := runContext(t.Context(), args, &out, &out); code != 0 {
				t.Fatalf("migrate %s: exit code %d\n%s", direction, code, out.String())
			}
			return out.String()
		}
		if out := migrate("status"); strings.Count(out, "not applied") == 0 || strings.Contains(out, " applied 20") {
			t.Errorf("before: %s", out)
		}
		if out := migrate("up"); strings.Contains(out, "not applied") {
			t.Errorf("after up: %s", out)
		}
		if out := migrate("down"); strings.Count(out, "not applied") != 1 {
			t.Errorf("after down: %s", out)
		}
		if out := migrate("up"); strings.Contains(out, "not applied") {
			t.Errorf("after up again: %s", out)
		}
	})
}

func TestSettingsOfTheMailServer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		m    smtpSettings
		want string // a part of the complaint, "" if there is none
		tls  mail.TLS
	}{
		{"none at all", smtpSettings{}, "", mail.StartTLS},
		{"the usual ones", smtpSettings{SMTPHost: "mail.acme.example", SMTPFrom: "Acme Jobs <jobs@acme.example>", SMTPUsername: "jobs", SMTPPassword: "x"}, "", mail.StartTLS},
		{"a server on this machine", smtpSettings{SMTPHost: "127.0.0.1", SMTPFrom: "jobs@acme.example", SMTPPort: "2525"}, "", mail.NoTLS},
		{"a server on this machine with TLS", smtpSettings{SMTPHost: "localhost", SMTPFrom: "jobs@acme.example", SMTPTLS: "starttls"}, "", mail.StartTLS},
		{"unprotected, deliberately", smtpSettings{SMTPHost: "10.0.0.5", SMTPFrom: "jobs@acme.example", SMTPTLS: "none"}, "", mail.NoTLS},
		{"no sender", smtpSettings{SMTPHost: "mail.acme.example"}, "SMTP_FROM is missing", mail.StartTLS},
		{"no host", smtpSettings{SMTPTLS: "implicit"}, "SMTP_HOST is missing", mail.Implicit},
		{"a password alone", smtpSettings{SMTPHost: "mail.acme.example", SMTPFrom: "jobs@acme.example", SMTPPassword: "x"}, "SMTP_USERNAME is missing", mail.StartTLS},
		{"a password for everybody to read", smtpSettings{SMTPHost: "mail.acme.example", SMTPFrom: "jobs@acme.example", SMTPUsername: "jobs", SMTPPassword: "x", SMTPTLS: "none"}, "SMTP_PASSWORD would be sent unprotected", mail.NoTLS},
		{"port 0", smtpSettings{SMTPHost: "mail.acme.example", SMTPFrom: "jobs@acme.example", SMTPPort: "0"}, "SMTP_PORT is not a port number", mail.StartTLS},
		{"two senders", smtpSettings{SMTPHost: "mail.acme.example", SMTPFrom: "a@acme.example, b@acme.example"}, "SMTP_FROM is no email address", mail.StartTLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := checkSettings(tt.m.settings())
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if got := tt.m.tls(); got != tt.tls {
				t.Errorf("the connection is protected by %s, want %s", got, tt.tls)
			}
			sender, err := tt.m.sender(time.Now)
			if tt.want == "" && (err != nil || (sender == nil) != (tt.m.SMTPHost == "")) {
				t.Errorf("got %v, %v", sender, err)
			}
		})
	}
}
