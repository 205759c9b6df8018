package view

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ann Lee":                   "Ann Lee",
		"<!channel>":                "&lt;!channel&gt;",
		"<@U123> & <https://x|y>":   "&lt;@U123&gt; &amp; &lt;https://x|y&gt;",
		"&lt;":                      "&amp;lt;",
		"*stars*":                   "∗stars∗",
		"_u_ ann_lee@x.y _":         "ˍuˍ ann_lee@x.y ˍ",
		"~no~ `code`":               "∼no∼ ˋcodeˋ",
		"> quote":                   "\u2060&gt; quote",
		"two\nlines\tand  spaces":   "two lines and spaces",
		":tada: 10:30 a: b":         "ꉹtada: 10:30 a: b",
		"\u202eevil\u2066":          "evil",
		"محمد":                      "\u2068محمد\u2069",
		"bad\xffbytes\x00and\u0085": "badbytesand",
	} {
		want = strings.ReplaceAll(want, "ꉹ", "\ua789")
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		n    int
		want string
	}{
		{"Ann", 3, "Ann"},
		{"Anna", 3, "An…"},
		{"Ann Lee", 5, "Ann…"},
		{"abc", 0, ""},
		{"abc", 1, "…"},
		{"ab👩‍👩‍👧x", 5, "ab…"}, // no half family
		{"e\u0301e\u0301e\u0301", 4, "e\u0301…"},
		{"\u2068محمد\u2069", 5, "\u2068مح…\u2069"},
	} {
		got := clip(test.in, test.n)
		if got != test.want {
			t.Errorf("clip(%q, %d) = %q, want %q", test.in, test.n, got, test.want)
		}
		if utf8.RuneCountInString(got) > test.n {
			t.Errorf("clip(%q, %d) = %q is too long", test.in, test.n, got)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

// FuzzEscape looks for user text that formats, mentions or links anything.
func FuzzEscape(f *testing.F) {
	for _, name := range append(oddNames(), "", "&amp;", "<https://a|b>", "a_b _c_", "`", ":a:", "\xff", "\u2068", longName()) {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := escape(in)
		if !utf8.ValidString(out) {
			t.Errorf("escape(%q) = %q is no UTF-8", in, out)
		}
		if strings.ContainsAny(out, "<>*`~\n\r") {
			t.Errorf("escape(%q) = %q can format, link or mention", in, out)
		}
		if strings.HasPrefix(out, "&gt;") {
			t.Errorf("escape(%q) = %q quotes the line", in, out)
		}
		for _, entity := range []string{"&amp;", "&lt;", "&gt;"} {
			out = strings.ReplaceAll(out, entity, "")
		}
		if strings.Contains(out, "&") {
			t.Errorf("escape(%q) leaves a bare &", in)
		}
	})
}

// FuzzLabel looks for people whose row Slack would refuse.
func FuzzLabel(f *testing.F) {
	for _, name := range oddNames() {
		f.Add(name, "handle", name+"@acme.example")
		f.Add("", name, "")
		f.Add(name, "", "")
	}
	f.Fuzz(func(t *testing.T, name, handle, email string) {
		got := label(name, handle, email, maxOption)
		if n := utf8.RuneCountInString(got); n > maxOption || !utf8.ValidString(got) {
			t.Errorf("label(%q, %q, %q) = %q has %d characters", name, handle, email, got, n)
		}
		if got == "" {
			t.Errorf("label(%q, %q, %q) is empty, and Slack takes no empty option", name, handle, email)
		}
	})
}
