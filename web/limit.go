package web

import (
	"container/list"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// requestRate and requestBurst are what one address may ask for: a whole office behind one address can follow an
	// announcement, a script that tries links cannot.
	requestRate  = rate.Limit(10) // a second
	requestBurst = 100
	// maxClients bounds the memory of addresses; the one that was silent for longest is forgotten first.
	maxClients = 10_000
)

// clients limits the rate of requests for each client address.
type clients struct {
	proxies []netip.Prefix

	mu     sync.Mutex
	recent *list.List // of *client, the latest first
	byAddr map[netip.Prefix]*list.Element
}

type client struct {
	addr    netip.Prefix
	limiter *rate.Limiter
}

func newClients(proxies []netip.Prefix) *clients {
	return &clients{proxies: proxies, recent: list.New(), byAddr: map[netip.Prefix]*list.Element{}}
}

// allow reports whether the request may go on, and else how long to wait.
func (c *clients) allow(r *http.Request, now time.Time) (wait time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	limiter := c.limiter(household(c.address(r)))
	if limiter.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - limiter.TokensAt(now)
	return time.Duration(missing / float64(requestRate) * float64(time.Second)), false
}

// limiter needs c.mu to be held.
func (c *clients) limiter(addr netip.Prefix) *rate.Limiter {
	if e, ok := c.byAddr[addr]; ok {
		c.recent.MoveToFront(e)
		return e.Value.(*client).limiter
	}
	if c.recent.Len() >= maxClients {
		oldest := c.recent.Back()
		delete(c.byAddr, c.recent.Remove(oldest).(*client).addr)
	}
	fresh := &client{addr, rate.NewLimiter(requestRate, requestBurst)}
	c.byAddr[addr] = c.recent.PushFront(fresh)
	return fresh.limiter
}

// address is the client's. A proxy appends whom it talks to at the right of X-Forwarded-For, so the first entry from the
// right that is no proxy of ours is the client; everything left of it the client may have made up.
func (c *clients) address(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !c.trusted(addr) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		addr = next.Unmap()
	}
	return addr
}

func (c *clients) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(c.proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// household is the address, and in IPv6 the network of 2⁶⁴ addresses that one subscriber has. The zero address, of a
// peer that has none, is a household of its own.
func household(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
