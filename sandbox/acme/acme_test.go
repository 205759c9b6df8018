package acme_test

import (
	"net/mail"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"herald/sandbox/acme"
)

func TestTheCompanyIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	if a, b := acme.New(), acme.New(); !reflect.DeepEqual(a, b) {
		t.Fatal("two calls of New differ")
	}
}

func TestIdsAndHandlesAreUniqueAndAddressesParse(t *testing.T) {
	t.Parallel()
	ids, handles, emails := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range acme.New().People {
		if ids[p.ID] || handles[p.Handle] {
			t.Errorf("%s (@%s, %q) is there twice", p.ID, p.Handle, p.RealName)
		}
		ids[p.ID], handles[p.Handle] = true, true
		if !utf8.ValidString(p.RealName) || p.RealName == "" {
			t.Errorf("%s has the name %q", p.ID, p.RealName)
		}
		if p.TZ == "" || p.TZLabel == "" {
			t.Errorf("%s has no time zone", p.ID)
		}
		if p.Email == "" {
			if !p.Bot {
				t.Errorf("%s has no address", p.ID)
			}
			continue
		}
		if _, err := mail.ParseAddress(p.Email); err != nil || emails[p.Email] {
			t.Errorf("%s has the address %q: %v, seen before: %t", p.ID, p.Email, err, emails[p.Email])
		}
		emails[p.Email] = true
	}
}

func TestTheCompanyIsWorthLookingAt(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	zones, names := map[string]bool{}, map[string]int{}
	for _, p := range acme.New().People {
		zones[p.TZ] = true
		names[p.RealName]++
		count["people"]++
		count["standing "+string(p.Membership.Standing)]++
		count["role "+string(p.Membership.Role)]++
		for what, is := range map[string]bool{
			"bot": p.Bot, "guest": p.Guest, "deactivated": p.Deactivated, "outsider": p.TeamID != acme.TeamID,
			"primary owner": p.PrimaryOwner, "expired": p.Membership.LinkedInExpired, "facebook": p.Membership.Facebook, "mastodon": p.Membership.Mastodon,
			"accepted": p.Membership.Standing == acme.Registered && p.Membership.InvitedBy != "",
			"long":     utf8.RuneCountInString(p.RealName) > 80,
		} {
			if is {
				count[what]++
			}
		}
	}
	for what, least := range map[string]int{
		"people": 400, "standing registered": 280, "standing invited": 10, "standing declined": 3, "standing lapsed": 2, "standing unreached": 2, "standing ": 30, "role admin": 2, "role recruiter": 10,
		"bot": 2, "guest": 4, "deactivated": 3, "outsider": 1, "primary owner": 1, "expired": 5, "facebook": 10, "mastodon": 3, "accepted": 30, "long": 2,
	} {
		if count[what] < least {
			t.Errorf("%d %s, want at least %d", count[what], what, least)
		}
	}
	if count["primary owner"] != 1 || count["outsider"] != 1 {
		t.Errorf("%d primary owners and %d outsiders, want one of each", count["primary owner"], count["outsider"])
	}
	if len(zones) < 15 {
		t.Errorf("only %d time zones", len(zones))
	}
	if names["John Smith"] < 3 {
		t.Error("nobody shares a name")
	}
}

func TestOnlyFullMembersOfTheWorkspaceTakePart(t *testing.T) {
	t.Parallel()
	for _, p := range acme.New().People {
		if !p.MayTakePart() && !p.Deactivated && p.Membership != (acme.Membership{}) {
			t.Errorf("%s may not take part, yet is %+v", p.ID, p.Membership)
		}
		if p.Membership.Standing == acme.Registered && (p.Membership.Role == "" || p.Membership.Email == "") {
			t.Errorf("%s is registered without a role or an address", p.ID)
		}
	}
}

func TestChannelsHoldOnlyPeopleWhoExist(t *testing.T) {
	t.Parallel()
	company := acme.New()
	for _, c := range company.Channels {
		if len(c.Members) == 0 {
			t.Errorf("#%s is empty", c.Name)
		}
		for _, id := range c.Members {
			p, ok := company.Person(id)
			if !ok || p.Deactivated {
				t.Errorf("#%s has the member %s, who is not there", c.Name, id)
			}
		}
	}
	if eve, _ := company.Person(acme.Eve); eve.Membership.Standing != acme.Outside || !strings.Contains(eve.RealName, "Eve") {
		t.Errorf("eve should not be registered yet: %+v", eve)
	}
}
