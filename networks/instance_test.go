package networks

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestFindingAServer(t *testing.T) {
	t.Parallel()
	in := newInstances([]string{"social.acme.example:8443", "http://127.0.0.1:3000", "intranet", "http://[fd00::1]"})
	for entered, want := range map[string]string{
		"mastodon.social":                    "https://mastodon.social",
		" Mastodon.Social. ":                 "https://mastodon.social",
		"@ann@mastodon.social":               "https://mastodon.social",
		"ann@mastodon.social":                "https://mastodon.social",
		"acct:ann@mastodon.social":           "https://mastodon.social",
		"https://mastodon.social/@ann":       "https://mastodon.social",
		"http://mastodon.social":             "https://mastodon.social",
		"https://mastodon.social/@bo@x.org":  "https://mastodon.social",
		"xn--6o8h.example":                   "https://xn--6o8h.example",
		"social.acme.example:8443":           "https://social.acme.example:8443",
		"@ann@127.0.0.1:3000":                "http://127.0.0.1:3000",
		"https://127.0.0.1:3000":             "http://127.0.0.1:3000", // as the operator wrote it
		"intranet":                           "https://intranet",
		"[fd00::1]":                          "http://[fd00::1]",
		"https://user:pass@mastodon.social/": "https://mastodon.social",

		"":                                   "",
		"mastodon":                           "",
		"localhost":                          "",
		"127.0.0.1":                          "",
		"127.0.0.1:3001":                     "",
		"127.1":                              "",
		"0x7f.0.0.0x1":                       "",
		"2130706433":                         "",
		"[::1]":                              "",
		"[::ffff:127.0.0.1]":                 "",
		"169.254.169.254":                    "",
		"metadata.internal":                  "",
		"printer.local":                      "",
		"mastodon.social:22":                 "",
		"mastodon.social:443":                "",
		"mastodon.social?x":                  "",
		"mastodon.social#x":                  "",
		"mastodon.social\\@evil":             "",
		"masto don.social":                   "",
		"mastodon.social\r\nHost":            "",
		"mastodon..social":                   "",
		"-mastodon.social":                   "",
		"mästodon.social":                    "",
		"https://":                           "",
		"\x00.social":                        "",
		"\xff.social":                        "",
		strings.Repeat("a", 64) + ".social":  "",
		strings.Repeat("a.", 300) + "social": "",
	} {
		u, err := in.find(entered)
		got := ""
		if err == nil {
			got = u.String()
		}
		if got != want || want == "" && !errors.Is(err, ErrWhichServer) {
			t.Errorf("%q: got %q, %v, want %q", entered, got, err, want)
		}
	}
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34": true, "1.1.1.1": true, "2606:4700::6810:84e5": true, "::ffff:1.1.1.1": true,
		"127.0.0.1": false, "127.255.0.1": false, "::1": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "fd00::1": false, "fc00::1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false,
		"100.64.0.1": false, "192.0.0.170": false, "198.18.0.1": false, "192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false,
		"0.0.0.0": false, "::": false, "0.1.2.3": false, "224.0.0.1": false, "ff02::1": false, "240.0.0.1": false, "255.255.255.255": false,
		"64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false, "100::1": false,
	} {
		if got := publicAddress(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v, want %v", address, got, want)
		}
	}
	for address, want := range map[string]error{
		"1.1.1.1:443": nil, "1.1.1.1:80": errNotPublic, "127.0.0.1:443": errNotPublic, "[::1]:443": errNotPublic, "nonsense": errNotPublic,
	} {
		if got := publicOnly("tcp", address, nil); !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

// TestNamesOfPrivateAddresses: what counts is the address that a name stands for when the connection is made.
func TestNamesOfPrivateAddresses(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was reached") }))
	defer server.Close()
	in := newInstances(nil)
	for _, address := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := do(in.public, req); !errors.Is(err, errNotPublic) {
			t.Errorf("%s: %v, want errNotPublic", address, err)
		}
	}
}

func FuzzFindingAServer(f *testing.F) {
	for _, seed := range []string{"@ann@mastodon.social", "https://mastodon.social/@ann", "127.0.0.1", "[::1]:443", "a.b:80", "\x00"} {
		f.Add(seed)
	}
	in := newInstances(nil)
	f.Fuzz(func(t *testing.T, entered string) {
		u, err := in.find(entered)
		if err != nil {
			return
		}
		if u.Scheme != "https" || !publicName(u.Host) || u.Path != "" || u.User != nil || u.Port() != "" {
			t.Errorf("%q became %s", entered, u)
		}
		if again, err := in.find(u.String()); err != nil || *again != *u {
			t.Errorf("%s became %v, %v", u, again, err)
		}
	})
}
