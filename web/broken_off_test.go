package web_test

import (
	"net/url"
	"testing"

	"herald/sandbox/fault"
	"herald/sandbox/linkedin"
)

func TestATokenWhoseOwnerTheNetworkDoesNotNameIsLeftToBeEnded(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, start, m)
	s.linkedin.SetFault(linkedin.NoIDToken, fault.Always)
	s.linkedin.SetFault(linkedin.ExpiredToken, fault.Always)
	v := newVisitor(t)
	v.open(s.url + "/register/acme-7qf2k9xw3m")
	v.submit(url.Values{"email": {"ann@home.example"}})
	v.submit(allow("ann")).wants(t, 400, "LinkedIn did not let us finish", "Try again")
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.registered) != 0 {
		t.Errorf("registered %+v", m.registered)
	}
	if len(m.dropped) != 1 || m.dropped[0].Network != "linkedin" || m.dropped[0].Subject != "" || m.dropped[0].Token == "" {
		t.Errorf("to be ended: %+v", m.dropped)
	}
}
