package web

import (
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"
)

func TestWhoTheClientIs(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.7:5000", nil, "203.0.113.7"},
		{"a client that invents a proxy", "203.0.113.7:5000", []string{"1.2.3.4"}, "203.0.113.7"},
		{"one proxy", "10.0.0.1:5000", []string{"203.0.113.7"}, "203.0.113.7"},
		{"one proxy, and a client that invents entries", "10.0.0.1:5000", []string{"1.2.3.4, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", "10.0.0.1:5000", []string{"1.2.3.4, 203.0.113.7, 10.0.0.2"}, "203.0.113.7"},
		{"two headers", "10.0.0.1:5000", []string{"1.2.3.4", "203.0.113.7"}, "203.0.113.7"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:5000", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"IPv6", "[fd00::1]:5000", []string{"2001:db8::1"}, "2001:db8::1"},
		{"a proxy that says nothing", "10.0.0.1:5000", nil, "10.0.0.1"},
		{"a proxy that says nonsense", "10.0.0.1:5000", []string{"1.2.3.4, unknown"}, "10.0.0.1"},
		{"only proxies", "10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
	} {
		r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{"X-Forwarded-For": tt.forwarded}}
		if got := newClients(proxies).address(r); got.String() != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestEachClientHasItsOwnLimit(t *testing.T) {
	t.Parallel()
	c := newClients(nil)
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	from := func(peer string) *http.Request { return &http.Request{RemoteAddr: peer} }
	for i := range requestBurst {
		if _, ok := c.allow(from("203.0.113.7:"+strconv.Itoa(1000+i)), now); !ok {
			t.Fatalf("request %d was refused", i+1)
		}
	}
	wait, ok := c.allow(from("203.0.113.7:1"), now)
	if ok || wait != time.Second/time.Duration(requestRate) {
		t.Errorf("one more: allowed %v, wait %v", ok, wait)
	}
	if _, ok := c.allow(from("203.0.113.8:1"), now); !ok {
		t.Error("a neighbour was refused")
	}
	if _, ok := c.allow(from("203.0.113.7:1"), now.Add(wait)); !ok {
		t.Error("refused after the wait")
	}
	for i := range requestBurst {
		c.allow(from("[2001:db8::"+strconv.Itoa(i+1)+"]:1"), now)
	}
	if _, ok := c.allow(from("[2001:db8::ffff]:1"), now); ok {
		t.Error("another address of the same IPv6 network was not limited")
	}
}

func TestTheMemoryOfClientsIsBounded(t *testing.T) {
	t.Parallel()
	c := newClients(nil)
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	addr := netip.MustParseAddr("198.18.0.0")
	for range 2 * maxClients {
		c.allow(&http.Request{RemoteAddr: addr.String() + ":1"}, now)
		addr = addr.Next()
	}
	if c.recent.Len() != maxClients || len(c.byAddr) != maxClients {
		t.Errorf("%d and %d are remembered, want %d", c.recent.Len(), len(c.byAddr), maxClients)
	}
}
