package networks

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// dialTimeout bounds how long a server may take to accept a connection.
const dialTimeout = 5 * time.Second

// maxHost bounds what somebody wrote, in bytes. Names of hosts have 253 at most (RFC 1035 §2.3.4), names of people add to that.
const maxHost = 500

// instances are the servers of a network that anybody may run. Which one it is, people write themselves: it could be a
// machine in the company's own network. So names must be public ones, addresses are looked at when a connection is made,
// when no answer of the DNS can change any more, and redirects are not followed.
type instances struct {
	allowed []*url.URL   // that may be private, and use http: their base URLs
	public  *http.Client // reaches public addresses only
	trusted *http.Client // for those that are allowed
}

// newInstances takes the operator's list: hosts such as "social.acme.example", or URLs such as "http://127.0.0.1:3000".
func newInstances(allowed []string) instances {
	in := instances{public: newClient(), trusted: newClient()}
	// Without a proxy: that would make the connections, and the address would not be looked at.
	dialer := &net.Dialer{Timeout: dialTimeout, Control: publicOnly}
	in.public.Transport = limited{&http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTimeout, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
		ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxAnswer,
	}}
	for _, entry := range allowed {
		if !strings.Contains(entry, "://") {
			entry = "https://" + entry
		}
		if u, err := url.Parse(strings.ToLower(entry)); err == nil && u.Host != "" {
			in.allowed = append(in.allowed, &url.URL{Scheme: u.Scheme, Host: u.Host})
		}
	}
	return in
}

// servers are the base URLs of those that are allowed.
func (in instances) servers() []string {
	var all []string
	for _, u := range in.allowed {
		all = append(all, u.String())
	}
	return all
}

// client is the one for a server.
func (in instances) client(base *url.URL) *http.Client {
	if in.isAllowed(base) {
		return in.trusted
	}
	return in.public
}

func (in instances) isAllowed(base *url.URL) bool {
	return slices.ContainsFunc(in.allowed, func(u *url.URL) bool { return *u == *base })
}

// find returns the base URL of a server, from what somebody wrote: "@ann@mastodon.social", "mastodon.social", or the
// address of any page there. It returns ErrWhichServer for what can be no public server, unless it is allowed.
func (in instances) find(entered string) (*url.URL, error) {
	entered = strings.ToLower(strings.TrimSpace(entered))
	if entered == "" || len(entered) > maxHost || !utf8.ValidString(entered) {
		return nil, ErrWhichServer
	}
	host := entered
	if _, rest, ok := strings.Cut(host, "://"); ok {
		host = rest
	}
	host, _, _ = strings.Cut(host, "/")
	if i := strings.LastIndex(host, "@"); i >= 0 {
		host = host[i+1:]
	}
	for _, u := range in.allowed {
		if u.Host == host {
			return u, nil
		}
	}
	host = strings.TrimSuffix(host, ".")
	if !publicName(host) {
		return nil, ErrWhichServer
	}
	return &url.URL{Scheme: "https", Host: host}, nil
}

// publicName tells whether a name can be that of a public host: labels of letters, digits and hyphens, the last one not a
// number, which would make it an address. Names in other scripts have to be written as browsers show them, xn--….
func publicName(host string) bool {
	labels := strings.Split(host, ".")
	if len(labels) < 2 || len(host) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return false
			}
		}
	}
	last := labels[len(labels)-1]
	if last[0] >= '0' && last[0] <= '9' {
		return false
	}
	// https://www.iana.org/assignments/special-use-domain-names
	return !slices.Contains([]string{"local", "localhost", "internal", "invalid", "onion", "arpa"}, last)
}

// errNotPublic says that a name stands for an address that is not for everybody.
var errNotPublic = errors.New("the address is not a public one")

// publicOnly is asked before each connection, with the address that the name was resolved to.
func publicOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !publicAddress(at.Addr()) || at.Port() != 443 {
		return errNotPublic
	}
	return nil
}

// publicAddress tells whether everybody on the internet can reach the address. Prefixes that carry other addresses inside count as what
// they are not: public.
func publicAddress(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Zone() != "" {
		return false
	}
	return !slices.ContainsFunc(specialPrefixes(), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// specialPrefixes are the others that are not for the whole internet.
// https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
func specialPrefixes() []netip.Prefix {
	prefixes := []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "fec0::/10",
	}
	parsed := make([]netip.Prefix, len(prefixes))
	for i, p := range prefixes {
		parsed[i] = netip.MustParsePrefix(p)
	}
	return parsed
}
