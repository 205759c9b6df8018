package acme

func mainCharacters() []Person {
	lisbon, berlin, ny, la, london, tokyo := zones()[0], zones()[1], zones()[2], zones()[3], zones()[4], zones()[5]
	work := func(handle string) string { return handle + "@acme.example" }
	member := func(r Role, email string, days int) Membership {
		return Membership{Standing: Registered, Role: r, Email: email, DaysAgo: days, LinkedIn: true}
	}
	ben := member(Admin, work("ben"), 390)
	ben.Facebook, ben.FacebookPage = true, "Acme Jobs"
	ray := member(Recruiter, work("ray"), 240)
	ray.Facebook = true
	return []Person{
		Person{
			ID: Ana, Handle: "ana", DisplayName: "ana", RealName: "Ana Pereira", Email: work("ana"), Title: "Head of People",
			WorkspaceAdmin: true, Main: true, Membership: member(Admin, work("ana"), 398),
		}.in(lisbon),
		Person{
			ID: Ben, Handle: "ben", DisplayName: "ben", RealName: "Ben Okafor", Email: work("ben"), Title: "Talent Lead",
			Main: true, Membership: ben,
		}.in(london),
		Person{
			ID: Ray, Handle: "ray", DisplayName: "ray", RealName: "Ray Castillo", Email: work("ray"), Title: "Recruiter",
			Main: true, Membership: ray,
		}.in(ny),
		Person{
			ID: Ann, Handle: "ann", DisplayName: "ann", RealName: "Ann Lee", Email: work("ann"), Title: "Product Designer",
			Main: true, Membership: member(Employee, "ann@home.example", 12),
		}.in(la),
		Person{
			ID: Eve, Handle: "eve", DisplayName: "eve", RealName: "Eve Novák", Email: work("eve"), Title: "Data Engineer",
			Main: true,
		}.in(berlin),
		Person{
			ID: Ivy, Handle: "ivy", DisplayName: "ivy", RealName: "Ivy Tanaka", Email: work("ivy"), Title: "Accountant",
			Main: true, Membership: Membership{Standing: Invited, DaysAgo: 5, InvitedBy: Ana},
		}.in(tokyo),
		Person{
			ID: Gus, Handle: "gus", DisplayName: "gus", RealName: "Gus Lindqvist", Email: "gus@agency.example", Title: "Agency guest",
			Guest: true, Main: true,
		}.in(berlin),
		Person{
			ID: Sue, Handle: "sue", DisplayName: "sue", RealName: "Sue Marchetti", Email: "sue@agency.example", Title: "Single-channel guest",
			Guest: true, ChannelGuest: true, Main: true,
		}.in(berlin),
		Person{
			ID: Olga, Handle: "olga", DisplayName: "ops", RealName: "Olga Ops", Email: work("olga"), Title: "Workspace owner, operations",
			WorkspaceAdmin: true, Owner: true, PrimaryOwner: true, Main: true,
		}.in(berlin),
		Person{
			ID: Pat, TeamID: PartnerTeamID, Handle: "pat", DisplayName: "pat", RealName: "Pat Partner", Email: "pat@partners.example",
			Title: "From another workspace", Main: true,
		}.in(ny),
		Person{
			ID: Dan, Handle: "dan", DisplayName: "dan", RealName: "Dan Former", Email: work("dan"), Title: "Left in May",
			Deactivated: true, Main: true, Membership: member(Employee, "dan@home.example", 400),
		}.in(london),
	}
}

func bots() []Person {
	utc := zones()[4]
	return []Person{
		Person{ID: Bot, Handle: "standup", RealName: "Stand-up <Bot> & Friends", Bot: true}.in(utc),
		Person{ID: "U00000CAL", Handle: "calendar", RealName: "Calendar", Bot: true}.in(utc),
	}
}

type awkward struct {
	real, display, handle string
}

// awkwardNames are names that people really have, or really type, and that break code which trusts them.
func awkwardNames() []awkward {
	return []awkward{
		{"*Stella Stars*", "*stella*", "stella"},
		{"_under_ ~strike~ `code`", "_under_", "under"},
		{"<!channel>", "<!channel>", "shouty"},
		{"<@U0>", "", "mention"},
		{"<https://evil.example|Click me>", "", "linky"},
		{"&amp; Sons &lt;Ltd&gt;", "&amp;", "ampersand"},
		{`<script>alert("hi")</script>`, "", "bobby"},
		{`Robert'); DROP TABLE members;--`, "bobby tables", "tables"},
		{`"Quote" O'Brien 'n' Sons\`, "", "quotes"},
		{":tada: Party :no_such_emoji:", ":tada:", "party"},
		{"@everyone", "@here", "everyone"},
		{"> quoted person", "", "quoted"},
		{"{{.Name}} ${name} %s %d", "", "template"},
		{"=HYPERLINK(\"https://evil.example\",\"x\")", "", "formula"},
		{"Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschafers Hubert Blaine Sr.", "", "hubert"},
		{"Pablo Diego José Francisco de Paula Juan Nepomuceno María de los Remedios Cipriano de la Santísima Trinidad Ruiz y Picasso", "", "pablo"},
		{"محمد عبد الرحمن بن خالد آل سعود", "محمد", "mohammed.saud"},
		{"فاطمة الزهراء", "", "fatima"},
		{"נועה בן־דוד", "נועה", "noa"},
		{"Left \u202eright-to-left override\u202c", "", "bidi"},
		{"🦊 Foxy 🦊", "🦊", "foxy"},
		{"👩‍👩‍👧‍👦 The Family", "", "family"},
		{"🏳️‍🌈 Alex 👍🏽", "", "alex"},
		{"Zoe\u0308 Mu\u0308ller", "", "zoe.combining"}, // decomposed: the accents are separate code points
		{"Zoë Müller", "", "zoe.composed"},              // the same name, composed
		{"Z̸͎̎a̵̗͝l̶̫̾g̷̻̈́o̵͚̓", "", "zalgo"},
		{"Jo\u200dhn Zero\u200bWidth", "", "zerowidth"},
		{"José García-López", "", "jose.garcia"},
		{"María José García", "", "mj.garcia"},
		{"Siobhán O’Connor", "", "siobhan"},
		{"D'Angelo N'Diaye", "", "dangelo"},
		{"Ng", "", "ng"},
		{"X", "X", "x"},
		{"O", "", "o"},
		{"ŁUKASZ ŻÓŁĆ", "", "lukasz"},
		{"İpek Işık", "", "ipek"},
		{"Straße Groß", "", "strasse"},
		{"김민준", "", "minjun.kim"},
		{"김민준", "", "minjun.kim"}, // two people of one name
		{"王伟", "", "wei.wang"},
		{"王伟", "", "wei.wang"},
		{"John Smith", "", "john.smith"},
		{"John Smith", "", "john.smith"},
		{"John Smith", "", "john.smith"},
		{"สมชาย ใจดี", "", "somchai"},
		{"தமிழ்செல்வன் கிருஷ்ணன்", "", "tamil"},
		{"null", "", "null"},
		{"Test User 000", "", "test"},
	}
}
