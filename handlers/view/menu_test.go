package view

import (
	"testing"
	"time"

	"herald/sandbox/slackd/blockkit"
	"herald/store"
)

// everywhere checks a screen as a message and as a Home tab.
func everywhere(t *testing.T, name string, m Message) {
	t.Helper()
	golden(t, name, blockkit.Message, m)
	drawn(t, blockkit.Home, m)
}

func TestMenu(t *testing.T) {
	t.Parallel()
	ana, ben := member("ana", store.Admin), member("ben", store.Admin)
	ben.SlackID = "" // approved by an admin, without a Slack account
	counts := map[store.Group]int{store.All: 1312, store.Unregistered: 89, store.Invited: 12}
	everywhere(t, "menu_not_registered", Menu{Company: acme, SignupURL: acmeURL + "/token", Admins: []store.Member{ana, ben}, Now: noon}.Message())
	everywhere(t, "menu_no_link_yet", Menu{Company: acme, Now: noon}.Message())
	everywhere(t, "menu_admin", Menu{Company: acme, Member: &ana, Counts: counts, Now: noon}.Message())

	ray := member("ray", store.Recruiter)
	ray.Connections = []store.Connection{
		{Network: "facebook", State: store.Connected, ExpiresAt: noon.Add(6*24*time.Hour + time.Hour), CompanyPage: "Acme *Jobs*"},
		{Network: "linkedin", State: store.Expired, ExpiresAt: noon.Add(-time.Hour)},
	}
	everywhere(t, "menu_registered", Menu{Company: acme, Member: &ray, Now: noon}.Message())
	everywhere(t, "menu_reconnect", Menu{Company: acme, Member: &ray, SignupURL: acmeURL + "/token", Now: noon}.Message())
	none := member("new", store.Admin)
	none.Connections = nil
	everywhere(t, "menu_connect", Menu{Company: acme, Member: &none, SignupURL: acmeURL + "/token", Counts: counts, Now: noon}.Message())

	longest := ray
	longest.Name, longest.Connections[0].CompanyPage = longName(), longName()
	admins := make([]store.Member, AdminsShown)
	for i := range admins {
		admins[i] = store.Member{Name: longName()}
	}
	everywhere(t, "menu_longest", Menu{Company: store.Company{Name: longName()}, Member: &longest, Now: noon}.Message())
	everywhere(t, "menu_not_registered_longest", Menu{Company: store.Company{Name: longName()}, Admins: admins, Now: noon}.Message())
}

func TestHowLongAnAccessLasts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		left  time.Duration
		state store.ConnectionState
		want  string
	}{
		{0, store.Connected, "the access ended, reconnect"},
		{time.Hour, store.Connected, "connected, expires today"},
		{24 * time.Hour, store.Connected, "connected, expires in 1 day"},
		{6*24*time.Hour + time.Hour, store.Connected, "connected, expires in 6 days"},
		{60 * 24 * time.Hour, store.Connected, "connected"},
		{60 * 24 * time.Hour, store.Expired, "the access ended, reconnect"},
	} {
		if got := state(store.Connection{State: test.state, ExpiresAt: noon.Add(test.left)}, noon); got != test.want {
			t.Errorf("%s and %s left: got %q, want %q", test.state, test.left, got, test.want)
		}
	}
	if got := state(store.Connection{State: store.Connected}, noon); got != "connected" {
		t.Errorf("an access without an end: got %q", got)
	}
}

func TestWhatIsStored(t *testing.T) {
	t.Parallel()
	golden(t, "stored", blockkit.Modal, StoredModal(acme))
	golden(t, "stored_longest", blockkit.Modal, StoredModal(store.Company{Name: longName()}))
}

func TestMe(t *testing.T) {
	t.Parallel()
	ann := member("ann", store.Employee)
	ann.Connections = []store.Connection{{
		Network: "linkedin", State: store.Connected, ConnectedAt: noon.Add(-400 * 24 * time.Hour), ExpiresAt: noon.Add(40 * 24 * time.Hour),
	}}
	person := store.Person{SlackID: "U0ANN", Name: "Ann Lee", Handle: "ann", Email: "ann@acme.example", TimeZone: "Europe/Lisbon"}
	everywhere(t, "me_member", Me(acme, &person, &ann, "", noon))
	ended := ann
	ended.Connections = []store.Connection{{Network: "linkedin", State: store.Expired, ConnectedAt: noon.Add(-70 * 24 * time.Hour)}}
	everywhere(t, "me_reconnect", Me(acme, &person, &ended, acmeURL+"/token", noon))
	everywhere(t, "me_not_registered", Me(acme, &person, nil, "", noon))
	everywhere(t, "me_unknown", Me(acme, nil, nil, "", noon))
	golden(t, "me_modal", blockkit.Modal, MeModal(Me(acme, &person, &ann, "", noon)))

	person.Name, person.Handle, person.Email = longName(), longName(), longName()
	ann.Name, ann.Email = longName(), longName()
	ann.Connections = append(ann.Connections, store.Connection{Network: "facebook", State: store.Expired, ConnectedAt: noon, CompanyPage: longName()})
	everywhere(t, "me_longest", Me(store.Company{Name: longName()}, &person, &ann, "", noon))
}

func TestHelp(t *testing.T) {
	t.Parallel()
	lines := []HelpLine{{"menu", "", "what you can do"}, {"members", "[group] [search <words>]", "`code` works"}}
	golden(t, "help_employee", blockkit.Message, Help(lines[:1], nil))
	golden(t, "help_admin", blockkit.Message, Help(lines[:1], lines[1:]))
	golden(t, "help_unknown", blockkit.Message, Sentence(Unknown("`<!channel>*", "")))
	golden(t, "help_closest", blockkit.Message, Sentence(Unknown("membrs", "members")))
}

func TestAskAnAdmin(t *testing.T) {
	t.Parallel()
	golden(t, "ask_an_admin", blockkit.Message, Sentence(AskAnAdmin([]store.Member{member("ana", store.Admin), {Name: longName()}})))
	golden(t, "ask_an_admin_none", blockkit.Message, Sentence(AskAnAdmin(nil)))
	golden(t, "last_admin", blockkit.Modal, SentenceModal(LastAdmin))
	golden(t, "broken", blockkit.Modal, SentenceModal(Broken("ABCDEFGH")))
}
