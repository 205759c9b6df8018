package view

import (
	"slices"
	"testing"
	"time"

	"github.com/slack-go/slack"

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
	both := offers("linkedin", "facebook")
	counts := map[store.Group]int{store.All: 1312, store.Unregistered: 89, store.Invited: 12}
	everywhere(t, "menu_not_registered", Menu{Company: acme, SignupURL: acmeURL + "/token", Admins: []store.Member{ana, ben}, Now: noon}.Message())
	everywhere(t, "menu_no_link_yet", Menu{Company: acme, Now: noon}.Message())
	everywhere(t, "menu_admin", Menu{Company: acme, Member: &ana, Offered: both, Inviter: true, Counts: counts, NextReminder: noon.Add(46 * time.Hour), Now: noon}.Message())

	ray := member("ray", store.Recruiter)
	ray.Connections = []store.Connection{
		{Network: "facebook", State: store.Connected, ExpiresAt: noon.Add(6*24*time.Hour + time.Hour), CompanyPage: "Acme *Jobs*"},
		{Network: "linkedin", State: store.Expired, ExpiresAt: noon.Add(-time.Hour)},
	}
	everywhere(t, "menu_registered", Menu{Company: acme, Member: &ray, Offered: offers(), Now: noon}.Message())
	everywhere(t, "menu_inviter", Menu{Company: acme, Member: &ray, Offered: offers(), Inviter: true, Now: noon}.Message())
	everywhere(t, "menu_reconnect", Menu{Company: acme, Member: &ray, Offered: both, SignupURL: acmeURL + "/token", Now: noon}.Message())
	everywhere(t, "menu_another", Menu{Company: acme, Member: &ana, Offered: offers(), SignupURL: acmeURL + "/token", Counts: counts, Now: noon}.Message())
	none := member("new", store.Admin)
	none.Connections = nil
	everywhere(t, "menu_connect", Menu{Company: acme, Member: &none, Offered: both, SignupURL: acmeURL + "/token", Counts: counts, Now: noon}.Message())

	longest := ray
	longest.Name, longest.Connections[0].CompanyPage = longName(), longName()
	admins := make([]store.Member, AdminsShown)
	for i := range admins {
		admins[i] = store.Member{Name: longName()}
	}
	everywhere(t, "menu_longest", Menu{Company: store.Company{Name: longName()}, Member: &longest, Offered: offers(), Now: noon}.Message())
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
	networks := Networks{Member: ann, Offered: offers("linkedin"), Now: noon}
	everywhere(t, "me_member", Me(acme, &person, &networks, noon))
	golden(t, "me_modal", blockkit.Modal, MeModal(Me(acme, &person, &networks, noon)))
	ended := networks
	ended.URL, ended.Member.Connections = acmeURL+"/token", []store.Connection{{Network: "linkedin", State: store.Expired, ConnectedAt: noon.Add(-70 * 24 * time.Hour)}}
	everywhere(t, "me_reconnect", Me(acme, &person, &ended, noon))
	managing := networks
	managing.PageURL, managing.Offered = "https://jobs.acme.example/page/facebook/acme/token", offers("linkedin", "facebook")
	managing.Member.Connections = []store.Connection{{Network: "facebook", State: store.Connected, ConnectedAt: noon}, ann.Connections[0]}
	everywhere(t, "me_page_to_connect", Me(acme, &person, &managing, noon))
	managing.PageURL, managing.Member.Connections = "", slices.Clone(managing.Member.Connections)
	managing.Member.Connections[0].CompanyPage = "Acme *Jobs*"
	everywhere(t, "me_page", Me(acme, &person, &managing, noon))
	none := ended
	none.Member.Connections = nil
	disconnected := Me(acme, &person, &none, noon)
	disconnected.Notice = new(Disconnected(offers(), "linkedin", true))
	everywhere(t, "me_disconnected", disconnected)
	golden(t, "me_modal_disconnected", blockkit.Modal, MeModal(disconnected))
	everywhere(t, "me_not_registered", Me(acme, &person, nil, noon))
	everywhere(t, "me_unknown", Me(acme, nil, nil, noon))

	person.Name, person.Handle, person.Email = longName(), longName(), longName()
	longest := networks
	longest.Member.Name, longest.Member.Email = longName(), longName()
	longest.Member.Connections = append(longest.Member.Connections, store.Connection{Network: "facebook", State: store.Expired, ConnectedAt: noon, CompanyPage: longName()})
	everywhere(t, "me_longest", Me(store.Company{Name: longName()}, &person, &longest, noon))
}

func TestWhatThereIsToConnect(t *testing.T) {
	t.Parallel()
	connection := func(network string, left time.Duration) store.Connection {
		return store.Connection{Network: network, State: store.Connected, ExpiresAt: noon.Add(left)}
	}
	const days = 24 * time.Hour
	for name, test := range map[string]struct {
		offered     Offered
		connections []store.Connection
		want        []string // labels
		primary     bool     // the first
	}{
		"nothing, of one":            {offers("linkedin"), nil, []string{"Connect LinkedIn"}, true},
		"nothing, of two":            {offers("linkedin", "facebook"), nil, []string{"Connect a network"}, true},
		"one of two":                 {offers("linkedin", "facebook"), []store.Connection{connection("linkedin", 60*days)}, []string{"Connect Facebook"}, false},
		"one of three":               {offers("linkedin", "facebook", "mastodon"), []store.Connection{connection("facebook", 60*days)}, []string{"Connect another network"}, false},
		"all":                        {offers("linkedin"), []store.Connection{connection("linkedin", 60*days)}, nil, false},
		"all, one ends soon":         {offers("linkedin"), []store.Connection{connection("linkedin", 13*days)}, []string{"Reconnect LinkedIn"}, false},
		"all, one ended":             {offers("linkedin", "facebook"), []store.Connection{connection("facebook", 60*days), connection("linkedin", -days)}, []string{"Reconnect LinkedIn"}, false},
		"one of two, and that ended": {offers("linkedin", "facebook"), []store.Connection{connection("facebook", -days)}, []string{"Reconnect Facebook", "Connect LinkedIn"}, true},
		"one that is not offered":    {offers("linkedin"), []store.Connection{connection("facebook", -days), connection("linkedin", 60*days)}, nil, false},
	} {
		n := Networks{Member: store.Member{Connections: test.connections}, Offered: test.offered, URL: acmeURL, Now: noon}
		var labels []string
		for i, e := range n.buttons(ActionDropPage) {
			b, ok := e.(*slack.ButtonBlockElement)
			if !ok || b.URL != acmeURL {
				t.Fatalf("%s: %+v leads elsewhere", name, e)
			}
			labels = append(labels, b.Text.Text)
			if primary := b.Style == slack.StylePrimary; primary != (i == 0 && test.primary) {
				t.Errorf("%s: %s is primary: %v", name, b.Text.Text, primary)
			}
		}
		if !slices.Equal(labels, test.want) || n.Connectable() != (len(test.want) > 0) {
			t.Errorf("%s: %q, connectable %v; want %q", name, labels, n.Connectable(), test.want)
		}
		n.URL = ""
		if len(n.buttons(ActionDropPage)) > 0 {
			t.Errorf("%s: buttons without a link", name)
		}
	}
}

func TestWhoCanConnectACompanyPage(t *testing.T) {
	t.Parallel()
	both := offers("linkedin", "facebook")
	for name, test := range map[string]struct {
		offered Offered
		account store.Connection
		want    bool
	}{
		"connected":       {both, store.Connection{Network: "facebook", State: store.Connected}, true},
		"expired":         {both, store.Connection{Network: "facebook", State: store.Expired}, false},
		"with a page":     {both, store.Connection{Network: "facebook", State: store.Connected, CompanyPage: "Acme Jobs"}, false},
		"another network": {both, store.Connection{Network: "linkedin", State: store.Connected}, false},
		"not offered":     {offers("linkedin"), store.Connection{Network: "facebook", State: store.Connected}, false},
	} {
		n := Networks{Member: store.Member{Connections: []store.Connection{test.account}}, Offered: test.offered, Now: noon}
		if got := n.PageNetwork() == "facebook"; got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
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
