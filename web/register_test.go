package web_test

import (
	"net/url"
	"testing"
)

func TestSignUpWithPersonalLink(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSite(t, &clock{now: start()}, m)
	b := newVisitor(t)
	b.open(s.url+"/register/"+m.company.Key+"/"+annToken).wants(t, 200, "Hello Ann", "Continue with LinkedIn")
	b.submit(url.Values{"email": {"ann@home.example"}}).wants(t, 200, "Herald would like to")
	b.submit(allow("ann")).wants(t, 200, "You’re in, Ann.")
}
