package view

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

func removal(n int, name func(int) string) store.Removal {
	r := store.Removal{ID: "removal1"}
	for i := range n {
		r.Members = append(r.Members, store.RemovalMember{
			MemberID: strconv.Itoa(i), Name: name(i), Email: fmt.Sprintf("somebody%d@acme.example", i), Type: store.Employee,
		})
	}
	return r
}

func TestConfirmRemoval(t *testing.T) {
	t.Parallel()
	three := removal(3, func(i int) string { return []string{"Ann Lee", "Bo García", "*stars* <!channel>"}[i] })
	three.Members[0].Self, three.Members[0].Type = true, store.Admin
	three.Members[1].CompanyPage = "Acme Jobs"
	three.Members[2].Email = ""
	golden(t, "removal_three", blockkit.Modal, Removal{Removal: three}.Modal())
	golden(t, "removal_changed", blockkit.Modal, Removal{Removal: three, Changed: true}.Modal())
	golden(t, "removal_one", blockkit.Modal, Removal{Removal: removal(1, func(int) string { return "Ann Lee" })}.Modal())
	golden(t, "removal_unfiled", blockkit.Modal, RemovalUnfiled())
	golden(t, "removal_wait", blockkit.Modal, Wait("removal1"))

	leave := removal(1, func(int) string { return "Ann Lee" })
	leave.Members[0].Self, leave.Members[0].CompanyPage = true, "Acme Jobs"
	golden(t, "removal_leave", blockkit.Modal, Removal{Removal: leave, Leaving: true}.Modal())
	golden(t, "farewell", blockkit.Message, Farewell(store.Company{Name: "Acme <&>"}, offers(), []string{"linkedin"}))
	golden(t, "removal_self", blockkit.Modal, Removal{Removal: leave}.Modal())
}

func TestAThousandNamesFitOneModal(t *testing.T) {
	t.Parallel()
	r := removal(1000, func(i int) string { return fmt.Sprintf("Somebody Number %d", i) })
	if !RemovalFits(r) {
		t.Fatal("the list does not fit")
	}
	text := string(drawn(t, blockkit.Modal, Removal{Removal: r}.Modal()))
	for _, m := range r.Members {
		if !strings.Contains(text, RemovalLine(m)) {
			t.Fatalf("%s is missing", m.Name)
		}
	}
}

func TestTheLongestListIsCompleteInTheFile(t *testing.T) {
	t.Parallel()
	r := removal(store.SelectionLimit, func(i int) string { return strconv.Itoa(i) + longName()[6:] })
	for i := range r.Members {
		r.Members[i].CompanyPage = longName()
	}
	r.Members[0].Self = true
	if RemovalFits(r) {
		t.Fatal("so many names cannot fit")
	}
	for _, v := range []Removal{{Removal: r}, {Removal: r, Filed: true}, {Removal: r, Filed: true, Changed: true}} {
		modal := v.Modal()
		if out := drawn(t, blockkit.Modal, modal); v.Filed != strings.Contains(string(out), BlockCount) {
			t.Errorf("filed %v: does the modal ask for the number? %v", v.Filed, !v.Filed)
		}
		if v.Filed == (modal.Submit == nil) {
			t.Errorf("filed %v: can it be confirmed? %v", v.Filed, modal.Submit != nil)
		}
		// slack-go escapes <, > and & in JSON, so this is what is sent; Slack takes 250 KB.
		sent, err := json.Marshal(modal)
		if err != nil || len(sent) > 250_000 {
			t.Errorf("the view has %d bytes: %v", len(sent), err)
		}
	}
	file := RemovalFile(acme, r)
	for _, m := range r.Members {
		if !strings.Contains(file, ". "+RemovalLine(m)+"\n") {
			t.Fatalf("%s is missing", m.Name)
		}
	}
}

func TestManyCompanyPagesAreCounted(t *testing.T) {
	t.Parallel()
	r := removal(pagesNamed+3, func(i int) string { return fmt.Sprint("Somebody ", i) })
	for i := range r.Members {
		r.Members[i].CompanyPage = "Acme Jobs"
	}
	golden(t, "removal_many_pages", blockkit.Modal, Removal{Removal: r}.Modal())
}

func TestRemovedSaysHowMany(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n    int
		self bool
		want string
	}{
		{1, false, "1 user was removed."},
		{3, false, "3 users were removed."},
		{1200, true, "1,200 users were removed. You are one of them"},
		{1, true, "You left."},
	} {
		n := Removed(test.n)
		if test.self {
			n = Goodbye(nil, test.n, nil)
		}
		if !n.Good || !strings.HasPrefix(n.Text, test.want) {
			t.Errorf("%d removed, self %v: got %q, want %q", test.n, test.self, n.Text, test.want)
		}
	}
	for _, test := range []struct {
		networks []string
		want     string
	}{
		{nil, "You left. Everything Herald stored about you is erased. Type"},
		{[]string{"mastodon"}, "remove Herald there, too: at Mastodon under *Preferences › Account › Authorized apps*. Type"},
		{[]string{"facebook", "linkedin"}, "remove Herald there, too: at Facebook under *Settings › Apps and websites*, at LinkedIn under *Settings › Data privacy › Permitted services*. Type"},
		{[]string{"myspace"}, "remove Herald there, too: at Myspace. Type"}, // the operator does not offer it any more
	} {
		if n := Goodbye(offers(), 1, test.networks); !strings.Contains(n.Text, test.want) {
			t.Errorf("the goodbye of who was connected to %v does not say %q: %q", test.networks, test.want, n.Text)
		}
	}
}
