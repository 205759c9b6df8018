package web

import (
	"net/mail"
	"strings"
	"testing"
)

func TestCleanEmail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		entered, email, problem string
	}{
		{"ann@home.example", "ann@home.example", ""},
		{"  Ann.Lee+jobs@Home.Example \n", "Ann.Lee+jobs@Home.Example", ""},
		{"o'brien@home.example", "o'brien@home.example", ""},
		{"jürgen@bücher.example", "jürgen@bücher.example", ""},
		{"", "", emailMissing},
		{" \t", "", emailMissing},
		{"ann", "", emailShape},
		{"ann@home", "", emailShape},
		{"ann@home.", "", emailShape},
		{"@home.example", "", emailShape},
		{"Ann <ann@home.example>", "", emailShape},
		{"<ann@home.example>", "", emailShape},
		{"ann@home.example, bo@home.example", "", emailShape},
		{"ann@home.example\r\nBcc: all@acme.example", "", emailShape},
		{`"ann lee"@home.example`, "", emailShape},
		{"ann@[127.0.0.1]", "", emailShape},
		{"ann(comment)@home.example", "", emailShape},
		{"ann@home.example\x00", "", emailShape},
		{"ann@ho\u202eme.example", "", emailShape},
		{"ann\xff@home.example", "", emailShape},
		{strings.Repeat("a", 250) + "@home.example", "", emailLong},
	} {
		email, problem := cleanEmail(tt.entered, true)
		if email != tt.email || problem != tt.problem {
			t.Errorf("%q: got %q, %q, want %q, %q", tt.entered, email, problem, tt.email, tt.problem)
		}
	}
	if email, problem := cleanEmail(" ", false); email != "" || problem != "" {
		t.Errorf("nothing, where nothing is needed: got %q, %q", email, problem)
	}
}

func FuzzCleanEmail(f *testing.F) {
	for _, seed := range []string{"", "ann@home.example", `"a b"@c.d`, "a@b@c.d", "ann@[::1]", "=?utf-8?q?x?= <a@b.c>", "ann@home.example\r\nBcc: x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, entered string) {
		email, problem := cleanEmail(entered, true)
		if (email == "") == (problem == "") {
			t.Fatalf("got %q and %q, want exactly one", email, problem)
		}
		if email == "" {
			return
		}
		if parsed, err := mail.ParseAddress(email); err != nil || parsed.Name != "" || len(email) > 254 {
			t.Errorf("%q was accepted: %v", email, err)
		}
		if strings.ContainsAny(email, " \r\n\t<>\",;:[]()") {
			t.Errorf("%q was accepted", email)
		}
		if again, _ := cleanEmail(email, true); again != email {
			t.Errorf("%q becomes %q the second time", email, again)
		}
	})
}

func TestGivenName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ann Lee": "Ann", "Ann": "Ann", "": "", "Jean-Luc Picard": "Jean-Luc", "Zoë O’Hara": "Zoë", "مريم السيد": "مريم",
		"Dr. Ann Lee": "Dr. Ann Lee", "J Lo": "J Lo", "*stars* Ann": "*stars* Ann", "🌟 Ann": "🌟 Ann", "李": "李",
	} {
		if got := givenName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "", "Ann": "A", "ann lee": "AL", "Ann Mary Lee": "AL", "🌟 *x*": "", "*stars* Éva Nagy": "ÉN",
	} {
		if got := initials(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func FuzzParseTrail(f *testing.F) {
	f.Add("")
	f.Add("..")
	f.Add(newTrail("acme-7qf2k9xw3m", "").cookie)
	f.Add(newTrail("acme-7qf2k9xw3m", "TOKEN").cookie)
	f.Fuzz(func(t *testing.T, cookie string) {
		trail, ok := parseTrail(cookie)
		if !ok {
			return
		}
		back := registerPath(trail.key, trail.token)
		if !strings.HasPrefix(back, "/register/") || strings.ContainsAny(back, "\r\n\"<> ?#") {
			t.Errorf("%q leads to %q", cookie, back)
		}
	})
}
