package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/store"
)

// PageSize is how many people one page of User Management shows: few enough that with two blocks for each of them the page stays
// below the 50 blocks of a message (https://docs.slack.dev/reference/block-kit/blocks) and can be scanned without scrolling far.
const PageSize = 10

// SearchLimit is how many characters a search may have.
const SearchLimit = 100

// Members is a page of User Management, ready to be drawn.
type Members struct {
	Screen   store.Screen
	Company  store.Company
	Offered  Offered
	URL      string // the company URL
	Counts   map[store.Group]int
	Roster   store.Roster
	Selected map[string]bool // of the members on this page, by id
	Now      time.Time
}

// Message draws the page. It is the same in an ephemeral message and in the Home tab.
func (m Members) Message() Message {
	sc := m.Screen
	total := count(m.Counts[store.All], "member", "members")
	blocks := []slack.Block{
		slack.NewHeaderBlock(plain("User Management")),
		quiet(fmt.Sprintf("%s of %s · %s invited", total, number(m.Counts[store.All]+m.Counts[store.Unregistered]), number(m.Counts[store.Invited]))),
	}
	blocks = append(blocks, CompanyURL(m.Company, m.URL, sc.ID, sc.Revision)...)
	blocks = append(blocks, m.filter()...)
	if selection := m.selection(); selection != nil {
		blocks = append(blocks, selection)
	}
	blocks = append(blocks, slack.NewDividerBlock())
	for _, row := range m.Roster.Rows {
		blocks = append(blocks, m.row(row)...)
	}
	if len(m.Roster.Rows) == 0 {
		blocks = append(blocks, section(m.nobody()))
	}
	blocks = append(blocks, m.pages()...)
	return Message{Text: "User Management: " + total + ". " + m.spoken(), Blocks: blocks}
}

// id is the id of a block of this page.
func (m Members) id(part, rowID string) string {
	return BlockID(m.Screen.ID, m.Screen.Revision, part, rowID)
}

func (m Members) filter() []slack.Block {
	var options []*slack.OptionBlockObject
	var chosen *slack.OptionBlockObject
	for _, g := range store.Groups(m.Offered.Names()...) {
		o := slack.NewOptionBlockObject(string(g), plain(fmt.Sprintf("%s (%s)", m.Offered.GroupName(g), number(m.Counts[g]))), nil)
		options = append(options, o)
		if g == m.Screen.Group {
			chosen = o
		}
	}
	groups := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Filter members"), ActionFilter, options...)
	groups.InitialOption = chosen
	search := slack.NewPlainTextInputBlockElement(plain("The beginning of a name or an email, then Enter"), ActionSearch).
		WithInitialValue(m.Screen.Search).WithMaxLength(SearchLimit).
		WithDispatchActionConfig(&slack.DispatchActionConfig{TriggerActionsOn: []string{"on_enter_pressed"}})
	blocks := []slack.Block{
		slack.NewSectionBlock(mrkdwn("*Filter members*"), nil, slack.NewAccessory(groups), slack.SectionBlockOptionBlockID(m.id("filter", ""))),
		slack.NewInputBlock(m.id("search", ""), plain("Search"), nil, search).WithOptional(true).WithDispatchAction(true),
	}
	if m.Screen.Search != "" || m.Screen.Group != store.All {
		blocks = append(blocks, slack.NewActionBlock(m.id("clear", ""), button(ActionClear, "", "Clear")))
	}
	return blocks
}

// selection holds the controls above the list; nil when there is nothing to select.
func (m Members) selection() slack.Block {
	var controls []slack.BlockElement
	if m.Screen.Group.OfMembers() && len(m.Roster.Rows) > 0 {
		label := "Select all " + number(m.Roster.Matching) + " matching"
		if m.Roster.More || m.Roster.Matching > store.SelectionLimit {
			label = "Select the first " + number(store.SelectionLimit) + " matching"
		}
		controls = append(controls, button(ActionAll, "", label))
	}
	if n := m.Screen.Selected; n > 0 {
		controls = append(controls,
			button(ActionNone, "", "Clear selection"),
			button(ActionRemoveN, "", "Remove Selected ("+number(n)+")").WithStyle(slack.StyleDanger))
	}
	if controls == nil {
		return nil
	}
	return slack.NewActionBlock(m.id("selection", ""), controls...)
}

func (m Members) row(row store.RosterRow) []slack.Block {
	if row.Member != nil {
		return []slack.Block{m.member(*row.Member)}
	}
	id := m.id("person", row.Person.ID)
	name := slack.NewSectionBlock(literal(label(row.Person.Name, row.Person.Handle, row.Person.Email, maxSection)), nil, nil)
	if row.Invite == nil {
		name.BlockID = id
		name.Accessory = slack.NewAccessory(button(ActionInvitePerson, row.Person.ID, "Invite"))
		return []slack.Block{name}
	}
	invited := invitedBy(row.Invite.InvitedAt, row.Invite.InvitedBy, row.Invite.Reminded, m.Now)
	if row.Invite.NoReminders {
		invited += noReminders
	}
	if row.Invite.SendAt.After(m.Now) {
		invited += " · goes out on " + date(row.Invite.SendAt, "{date_short_pretty} at {time}")
	}
	switch row.Invite.Failure {
	case "":
	case store.FailureUnverified:
		invited += " · :grey_question: unverified: " + undelivered(row.Invite.Failure)
	default:
		invited += " · :warning: not delivered: " + undelivered(row.Invite.Failure)
	}
	return []slack.Block{
		slack.NewSectionBlock(nil, []*slack.TextBlockObject{
			literal(label(row.Person.Name, row.Person.Handle, row.Person.Email, maxField)), mrkdwn(invited),
		}, nil),
		slack.NewActionBlock(id, resend(row.Invite.ID, row.Invite.SendAt, m.Now), button(ActionInviteCancel, row.Invite.ID, "Cancel")),
	}
}

// member is one block: Slack draws the elements in one line where there is room.
func (m Members) member(member store.Member) slack.Block {
	person := slack.NewOptionBlockObject(member.ID,
		literal(label(member.Name, member.Handle, member.Email, maxOption)),
		literal(clip(m.connections(member)+" · since "+since(member.RegisteredAt, m.Now), maxOption)))
	box := slack.NewCheckboxGroupsBlockElement(ActionSelect, person)
	if m.Selected[member.ID] {
		box.InitialOptions = []*slack.OptionBlockObject{person}
	}
	return slack.NewActionBlock(m.id("member", member.ID),
		box,
		typeMenu(member.Type),
		button(ActionRemove, member.ID, "Remove"))
}

// typeMenu shows the user type and offers the others. An option's value names the type shown, too: a choice made on old information
// can be told from one made on what is true.
func typeMenu(now store.MemberType) *slack.SelectBlockElement {
	var options []*slack.OptionBlockObject
	var chosen *slack.OptionBlockObject
	for _, t := range []store.MemberType{store.Employee, store.Recruiter, store.Admin} {
		name := initial(TypeName(t))
		if (t == store.Admin) != (now == store.Admin) {
			name += "…" // a request follows
		}
		o := slack.NewOptionBlockObject(TypeChange{now, t}.value(), plain(name), nil)
		options = append(options, o)
		if t == now {
			chosen = o
		}
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("User type"), ActionType, options...)
	menu.InitialOption = chosen
	return menu
}

// A TypeChange is what the user type menu of a row asks for.
type TypeChange struct {
	From store.MemberType // the type the menu showed
	To   store.MemberType
}

func (c TypeChange) value() string { return string(c.From) + ":" + string(c.To) }

// ParseTypeChange reads an option's value. It reports false for anything that typeMenu does not offer.
func ParseTypeChange(value string) (TypeChange, bool) {
	for _, from := range []store.MemberType{store.Employee, store.Recruiter, store.Admin} {
		for _, to := range []store.MemberType{store.Employee, store.Recruiter, store.Admin} {
			if c := (TypeChange{from, to}); c.value() == value {
				return c, true
			}
		}
	}
	return TypeChange{}, false
}

// nobody says what was looked for and not found.
func (m Members) nobody() string {
	g := m.Screen.Group
	if m.Screen.Search == "" {
		switch g {
		case store.Disconnected:
			return "Every member is connected to a network."
		case store.Deactivated:
			return "No member is deactivated in Slack."
		case store.Invited:
			return "Nobody has an open invitation."
		case store.Unregistered:
			return "Everybody is registered."
		default: // no other needs words of its own
		}
		return "Nobody is in *" + m.Offered.GroupName(g) + "* yet."
	}
	text := "Nobody matches " + code(clip(m.Screen.Search, SearchLimit))
	if g != store.All {
		text += " in *" + m.Offered.GroupName(g) + "*"
	}
	return text + ". The search finds the beginnings of names and emails. *Clear* shows everybody."
}

func (m Members) pages() []slack.Block {
	all := max(1, (m.Roster.Matching+PageSize-1)/PageSize)
	page := min(max(1, m.Screen.Page), all)
	where := fmt.Sprintf("Page %s of %s", number(page), number(all))
	if m.Roster.More {
		page = max(1, m.Screen.Page)
		where = fmt.Sprintf("Page %s of more than %s", number(page), number(all))
	}
	var controls []slack.BlockElement
	if m.Roster.Prev != "" {
		controls = append(controls, button(ActionPrev, strconv.Itoa(m.Screen.Page-1), "‹ Back"))
	}
	if m.Roster.Next != "" {
		controls = append(controls, button(ActionNext, strconv.Itoa(m.Screen.Page+1), "Next ›"))
	}
	if len(m.Roster.Rows) > 0 {
		controls = append(controls, button(ActionExport, "", "Export CSV"))
	}
	blocks := []slack.Block{slack.NewDividerBlock(), quiet(where)}
	if len(controls) > 0 {
		blocks = append(blocks, slack.NewActionBlock(m.id("pages", ""), controls...))
	}
	return blocks
}

// spoken is the page for a screen reader: what is shown, and who.
func (m Members) spoken() string {
	if len(m.Roster.Rows) == 0 {
		return m.nobody()
	}
	names := make([]string, len(m.Roster.Rows))
	for i, row := range m.Roster.Rows {
		names[i] = escape(clip(row.Person.Name, nameShown))
		if row.Member != nil {
			names[i] = escape(clip(row.Member.Name, nameShown)) + ", " + TypeName(row.Member.Type)
		}
	}
	shown := m.Offered.GroupName(m.Screen.Group)
	if m.Screen.Search != "" {
		shown += " matching " + escape(clip(m.Screen.Search, SearchLimit))
	}
	return shown + ": " + strings.Join(names, "; ") + "."
}

// GroupName is an entry of the Filter members menu in words.
func (o Offered) GroupName(g store.Group) string {
	switch g {
	case store.Employees:
		return "Employees"
	case store.Recruiters:
		return "Recruiters"
	case store.Admins:
		return "Company admins"
	case store.Disconnected:
		return "Not connected"
	case store.Deactivated:
		return "Deactivated in Slack"
	case store.Recent:
		return "Registered in the last 30 days"
	case store.Invited:
		return "Invited but not registered"
	case store.Unregistered:
		return "Not registered"
	case store.All:
		return "All"
	default:
		network, _ := g.Network()
		return "Connected to " + o.title(network)
	}
}

// label names a person in at most n characters: a handle or an email tells people of the same name apart, so a long name gives way.
func label(name, handle, email string, n int) string {
	name, tail := tidy(name), tidy(email)
	if handle != "" {
		tail = "@" + tidy(handle)
	}
	switch {
	case name == "" && tail == "":
		return "Somebody without a name"
	case name == "":
		return clip(tail, n)
	case tail == "":
		return clip(name, n)
	}
	tail = clip(tail, n/2)
	return clip(name, n-len([]rune(tail))-3) + " · " + tail
}

// connections lists a member's networks, briefly.
func (m Members) connections(member store.Member) string {
	if len(member.Connections) == 0 {
		return "Not connected"
	}
	names := m.Offered.connectedAt(member.Connections)
	for i, c := range member.Connections {
		if c.State != store.Connected {
			names[i] += " (reconnect)"
		}
	}
	return strings.Join(names, ", ")
}

// initial begins a label with a capital.
func initial(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// What people read when a screen and the truth have parted.
const (
	StaleScreen = "That screen was too old to act on, so nothing happened. This is how things are now."
	GoneMember  = "That member is not there any more; somebody removed them meanwhile."
	BackMember  = "Nobody you chose is deactivated in Slack any more, so nobody is removed. This is how things are now."
)

// ChangedType says that a choice was made on old information.
func ChangedType(m store.Member) string {
	return "Nothing happened: " + escape(clip(m.Name, nameShown)) + " is " + article(m.Type) + " " + TypeName(m.Type) + " since somebody changed it meanwhile."
}

// TypeIs says what a member is now.
func TypeIs(m store.Member) *Notice {
	return &Notice{Good: true, Text: "*" + escape(clip(m.Name, nameShown)) + "* is " + article(m.Type) + " " + TypeName(m.Type) + " now."}
}

// NotRegistered says that Slack users are no members.
func NotRegistered(slackIDs []string) string {
	return mentions(slackIDs) + " " + is(slackIDs) + " not registered, so there is nothing to change. Try `/social invite`."
}

// NoSuchPerson says that words name nobody.
func NoSuchPerson(words []string) string {
	return "Nobody here is called " + quoted(words) + ". Type @ and choose the person from Slack's list."
}

// Exported says where an export is.
func Exported(rows int) *Notice {
	return &Notice{Good: true, Text: "The list of " + count(rows, "person", "people") + " is in your direct messages with Herald."}
}
