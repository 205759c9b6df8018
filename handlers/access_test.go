package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"herald/handlers"
	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

const carl = "U0CARL" // was a company admin until he was removed

// A target is what somebody without the right to it lays hands on: things that exist.
type target struct {
	screen, home             string // User Management screens, in a message and in the Home tab
	member, person           string
	invite, signup, question string
	request, removal, draft  string
	preview                  string
}

// value is what a control would send for the target.
func (x target) value(actionID string) string {
	switch actionID {
	case view.ActionInvitePerson:
		return x.person
	case view.ActionInviteResend, view.ActionInviteNow, view.ActionResendAnyway, view.ActionInviteCancel:
		return x.invite
	case view.ActionEmailAnyway:
		return x.draft + " 0 " + x.screen
	case view.ActionInviteAnyway:
		return string(store.Employee) + ":" + x.person
	case view.ActionInviteDecline:
		return string(store.DeclinedOther)
	case view.ActionSignupApprove, view.ActionSignupDecline:
		return x.signup
	case view.ActionConfirmYes, view.ActionConfirmNo:
		return x.question
	case view.ActionCaseApprove, view.ActionCaseDecline:
		return x.request
	case view.ActionType:
		return "employee:recruiter"
	case view.ActionFilter:
		return string(store.Admins)
	case view.ActionInvitationsFilter:
		return string(store.StateFailed)
	case view.ActionPrev, view.ActionNext, view.ActionInvitationsPrev, view.ActionInvitationsNext:
		return "2"
	case view.ActionURLMenu:
		return view.OptionRotate
	case view.ActionRemindersPause:
		return view.RemindersPause
	case view.ActionRemindersSkip, view.ActionRemindersHalt:
		return x.preview
	case view.ActionRemindersWho:
		return ":" + x.person
	}
	return x.member
}

// metadata is what a form would hold for the target.
func (x target) metadata(callbackID string) string {
	switch callbackID {
	case view.FormRemoval:
		return x.removal
	case view.FormEmailConfirm:
		return x.draft + " " + x.screen
	case view.FormCaseDecline:
		return x.request
	case view.FormRemindersSave:
		return `{"schedule":"0 11 * * WED","zone":"UTC","cap":1,"spacing":1,"from":540,"to":1020}`
	case view.FormResendOld:
		return fmt.Sprintf(`{"screen":%q,"days":3,"n":1}`, x.screen)
	case view.FormCaseRequest:
		return fmt.Sprintf(`{"screen":%q,"member":%q,"to":"admin"}`, x.screen, x.member)
	}
	return x.screen
}

// intruder tries every entry as somebody.
type intruder struct {
	t     *testing.T
	w     *world
	id    string
	homed bool // Slack shows them a Home tab

	before string // the database, after what they did last
}

// TestNobodyDoesWhatTheyMayNot tries every command, control, form and event as everybody who may not use it, with ids that exist
// and ids that do not, and compares the database before and after.
func TestNobodyDoesWhatTheyMayNot(t *testing.T) {
	t.Parallel()
	people := []slackd.User{{ID: carl, Name: "carl", RealName: "Carl Coe", Email: "carl@acme.example"}, {ID: invitee, Name: "ivy", RealName: "Ivy Ito"}}
	each(t, options{people: people, noBot: true, noJobs: true}, func(t *testing.T, w *world) {
		ours, theirs := w.things(ana), w.otherCompany()
		old := w.removesCarl()
		w.must(w.store.SaveSettings(w.ctx(), w.company.ID, store.Actor{SlackID: ana}, store.Settings{Inviters: store.InvitersRecruiters, LinkDays: 30}))
		w.must(w.store.Tidy(w.ctx()))

		may := map[string][]int{ // the audiences they are in; what they may, they try on things of another company
			pat: nil, robo: nil, gus: nil, dan: nil,
			eve: {int(handlers.Everyone)}, carl: {int(handlers.Everyone)},
			olga: {int(handlers.Everyone), int(handlers.Operators)},
			ann:  {int(handlers.Everyone), int(handlers.Members)}, ray: {int(handlers.Everyone), int(handlers.Members), int(handlers.Inviters)},
			ben: {int(handlers.Everyone), int(handlers.Members), int(handlers.Inviters), int(handlers.Admins), int(handlers.Admitters)},
		}
		for id, audiences := range may {
			i := &intruder{t: t, w: w, id: id, homed: !slices.Contains([]string{pat, robo, dan}, id), before: w.rows(id)}
			things := []target{theirs, {screen: "no.such.screen", member: strings.Repeat("x", 2000), removal: "'; DROP TABLE members; --"}}
			if id == carl {
				things = append(things, old)
			}
			i.tries(handlers.Commands(), audiences, ours, things, i.command)
			i.tries(handlers.Actions(), audiences, ours, things, i.action)
			i.tries(handlers.Forms(), audiences, ours, things, i.form)
			if id != robo { // a bot opens no tabs
				i.unharmed("opening the Home tab", func(ctx context.Context) error {
					return w.h.Event(ctx, slackevents.EventsAPIEvent{TeamID: i.team(), InnerEvent: slackevents.EventsAPIInnerEvent{
						Type: "app_home_opened", Data: &slackevents.AppHomeOpenedEvent{User: id, Tab: "home"},
					}})
				})
			}
			i.unharmed("asking for options", func(ctx context.Context) error {
				options, err := w.h.Suggest(ctx, slack.InteractionCallback{Type: slack.InteractionTypeBlockSuggestion, User: slack.User{ID: id, TeamID: i.team()}})
				if len(options) > 0 {
					t.Errorf("%s was offered %d options", id, len(options))
				}
				_ = err // Slack's person sees no options; the bot logs why
				return nil
			})
		}
		for _, screen := range []string{ours.screen, ours.home} {
			sc, err := w.store.Screen(w.ctx(), w.company.ID, ana, screen)
			if err != nil || sc.Revision != 1 || sc.Selected != 0 || sc.Group != store.All {
				t.Errorf("Ana's screen was changed by somebody else: %+v, %v", sc, err)
			}
		}
	})
}

// invitee is somebody whose invitation is nobody else's: one's own ends with Don't remind me.
const invitee = "U7INVITEE"

// things makes one of everything, with Ana's screens.
func (w *world) things(admin string) target {
	w.t.Helper()
	ctx, actor := w.ctx(), store.Actor{SlackID: admin}
	var x target
	open := func(surface store.Surface) string {
		sc, err := w.store.OpenScreen(ctx, store.Screen{CompanyID: w.company.ID, Viewer: admin, Surface: surface, Group: store.All, Page: 1})
		w.must(err)
		return sc.ID
	}
	x.screen, x.home, x.member = open(store.OnMessage), open(store.OnHome), w.member(ann).ID

	invited, err := w.store.PersonBySlackID(ctx, w.company.ID, invitee)
	w.must(err)
	outcomes, err := w.store.Invite(ctx, w.company.ID, actor, []string{invited.ID}, store.InviteOptions{})
	w.must(err)
	x.person, x.invite = invited.ID, outcomes[0].Invite.ID
	x.signup, x.question = w.signsUp("Out Sider", "out@sider.example").ID, w.signsUp("Eve A.", "eve@acme.example").ID

	c, err := w.store.OpenCase(ctx, w.company.ID, actor, x.member, store.Admin, "Please.")
	w.must(err)
	removal, err := w.store.ProposeRemoval(ctx, w.company.ID, actor, x.screen, []string{w.member(bo).ID})
	w.must(err)
	draft, err := w.store.DraftEmails(ctx, w.company.ID, actor, []store.Invitee{{Email: "cy@home.example"}}, time.Time{}, "")
	w.must(err)
	x.request, x.removal, x.draft = c.ID, removal.ID, draft.ID
	w.remindsEverybody()
	x.preview = w.previews(w.company.ID)
	return x
}

// previews tells a company's admins of Tuesday's run.
func (w *world) previews(companyID string) string {
	w.t.Helper()
	id := "preview-of-" + companyID
	_, err := w.db.ExecContext(w.ctx(), `INSERT INTO reminder_previews (id, company_id, due_at) VALUES ($1, $2, $3)`, id, companyID, tuesday.UnixMicro())
	w.must(err)
	return id
}

// otherCompany makes another company in the same database, and one of everything in it.
func (w *world) otherCompany() target {
	w.t.Helper()
	ctx := w.ctx()
	other := &world{t: w.t, store: w.store}
	var err error
	other.company, err = w.store.InstallCompany(ctx, store.Workspace{TeamID: "T0RIVAL", Name: "Rival", Domain: "rival"})
	w.must(err)
	var entries []store.Person
	for _, id := range []string{"U7A", "U7B", "U7C"} {
		entries = append(entries, store.Person{SlackID: id, Name: id, Handle: id, Email: id + "@rival.example"})
	}
	w.must(w.store.MirrorPeople(ctx, other.company.ID, entries))
	for _, id := range []string{"U7A", "U7B"} {
		_, err := w.store.GrantAdmin(ctx, other.company.ID, store.Actor{CLI: true}, id)
		w.must(err)
	}
	actor := store.Actor{SlackID: "U7A"}
	sc, err := w.store.OpenScreen(ctx, store.Screen{CompanyID: other.company.ID, Viewer: "U7A", Surface: store.OnMessage, Group: store.All, Page: 1})
	w.must(err)
	person, err := w.store.PersonBySlackID(ctx, other.company.ID, "U7C")
	w.must(err)
	outcomes, err := w.store.Invite(ctx, other.company.ID, actor, []string{person.ID}, store.InviteOptions{})
	w.must(err)
	x := target{screen: sc.ID, home: sc.ID, member: other.member("U7B").ID, person: person.ID, invite: outcomes[0].Invite.ID}
	x.signup, x.question = other.signsUp("Out Sider", "out@sider.example").ID, other.signsUp("U7C", "U7C@rival.example").ID
	c, err := w.store.OpenCase(ctx, other.company.ID, actor, x.member, store.Employee, "Please.")
	w.must(err)
	removal, err := w.store.ProposeRemoval(ctx, other.company.ID, actor, "", []string{x.member})
	w.must(err)
	draft, err := w.store.DraftEmails(ctx, other.company.ID, actor, []store.Invitee{{Email: "cy@home.example"}}, time.Time{}, "")
	w.must(err)
	x.request, x.removal, x.draft = c.ID, removal.ID, draft.ID
	x.preview = w.previews(other.company.ID)
	return x
}

// removesCarl makes Carl a company admin, opens his screens, removes him, and returns what he had.
func (w *world) removesCarl() target {
	w.t.Helper()
	ctx := w.ctx()
	w.register(carl)
	_, err := w.store.GrantAdmin(ctx, w.company.ID, store.Actor{CLI: true}, carl)
	w.must(err)
	x := target{member: w.member(ray).ID}
	for _, surface := range []store.Surface{store.OnMessage, store.OnHome} {
		sc, err := w.store.OpenScreen(ctx, store.Screen{CompanyID: w.company.ID, Viewer: carl, Surface: surface, Group: store.All, Page: 1})
		w.must(err)
		x.screen, x.home = sc.ID, sc.ID
	}
	proposed, err := w.store.ProposeRemoval(ctx, w.company.ID, store.Actor{SlackID: carl}, x.screen, []string{x.member})
	w.must(err)
	x.removal = proposed.ID
	removal, err := w.store.ProposeRemoval(ctx, w.company.ID, store.Actor{SlackID: ana}, "", []string{w.member(carl).ID})
	w.must(err)
	_, err = w.store.ConfirmRemoval(ctx, w.company.ID, store.Actor{SlackID: ana}, removal.ID)
	w.must(err)
	_, err = w.store.ExecuteRemoval(ctx, w.company.ID, removal.ID)
	w.must(err)
	return x
}

func anyButton() slack.Block {
	return slack.NewActionBlock("any", slack.NewButtonBlockElement("any", "", slack.NewTextBlockObject(slack.PlainTextType, "Any", false, false)))
}

// tries goes through a table. What they may not do, they try on things of their own company, too.
func (i *intruder) tries(table []handlers.Entry, audiences []int, ours target, things []target, do func(handlers.Entry, target)) {
	i.t.Helper()
	for _, e := range table {
		if !slices.Contains(audiences, int(e.Who)) || e.Who == handlers.Operators && i.id != olga || e.Who == handlers.Everyone && i.id != eve {
			do(e, ours)
		}
		for _, x := range things {
			do(e, x)
		}
	}
}

// team is the workspace that Slack says they are of.
func (i *intruder) team() string {
	if i.id == pat {
		return "T0OTHER"
	}
	return teamID
}

// unharmed does something and compares the database.
func (i *intruder) unharmed(what string, do func(context.Context) error) {
	i.t.Helper()
	broken := len(i.w.log.broken())
	if err := do(i.w.ctx()); err != nil {
		i.t.Errorf("%s, %s: %v", i.id, what, err)
	}
	if after := i.w.rows(i.id); after != i.before {
		i.t.Errorf("%s, %s, changed the database:\n%s", i.id, what, difference(i.before, after))
		i.before = after
	}
	if now := i.w.log.broken(); len(now) > broken {
		i.t.Errorf("%s, %s, broke something: %s", i.id, what, now[len(now)-1])
	}
}

func (i *intruder) command(e handlers.Entry, on target) {
	i.t.Helper()
	args := " <@" + ann + "|ann> recruiter"
	if e.Who != handlers.Admins && e.Who != handlers.Inviters || i.id == ben || i.id == ray && e.Who == handlers.Inviters {
		args = " <@U0NOBODY> recruiter"
	}
	if on.person == "" {
		args = " " + on.member + on.removal
	}
	cmd := slack.SlashCommand{TeamID: i.team(), UserID: i.id, ChannelID: general, Command: "/social", Text: e.Name + args}
	payload := i.payload(func(p *slackd.Person) { _, _ = p.Command(i.w.ctx(), general, "/social "+e.Name) })
	var from slack.SlashCommand
	if payload != nil && json.Unmarshal(payload, &from) == nil {
		cmd.ResponseURL, cmd.TriggerID, cmd.TeamID = from.ResponseURL, from.TriggerID, from.TeamID
	}
	i.unharmed("/social "+cmd.Text[:min(60, len(cmd.Text))], func(ctx context.Context) error { return i.w.h.Command(ctx, cmd) })
}

func (i *intruder) action(e handlers.Entry, on target) {
	i.t.Helper()
	for _, home := range []bool{false, true} {
		if home && !i.homed {
			continue
		}
		screen := on.screen
		if home {
			screen = on.home
		}
		// Row actions on one's own screen must not reach members of others.
		screens := []string{screen}
		if i.id == ben && slices.Contains([]string{view.ActionSelect, view.ActionType, view.ActionRemove}, e.Name) {
			screens = append(screens, i.ownScreen())
		}
		for _, screen := range screens {
			value := on.value(e.Name)
			if i.id == ben && e.Name == view.ActionURLMenu {
				value = "burn" // a new company URL is his to make
			}
			if i.id == ben && e.Name == view.ActionRemindersPause {
				value = "burn" // so is a pause
			}
			if i.id == ben && e.Name == view.ActionRemindersRun {
				continue // and a run
			}
			option := slack.OptionBlockObject{Value: value}
			cb := i.pressed(home)
			cb.ActionCallback.BlockActions = []*slack.BlockAction{{
				ActionID: e.Name, BlockID: view.BlockID(screen, 1, "member", on.member), Value: value,
				SelectedOption: option, SelectedOptions: []slack.OptionBlockObject{option},
			}}
			i.unharmed(fmt.Sprintf("%s (home %v) with %.20q on %.20q", e.Name, home, value, screen), func(ctx context.Context) error { return i.w.h.Action(ctx, cb) })
			i.closesModals(e)
		}
	}
}

// ownScreen is a screen of the intruder's own.
func (i *intruder) ownScreen() string {
	sc, err := i.w.store.OpenScreen(i.w.ctx(), store.Screen{CompanyID: i.w.company.ID, Viewer: i.id, Surface: store.OnMessage, Group: store.All, Page: 1})
	i.w.must(err)
	return sc.ID
}

func (i *intruder) form(e handlers.Entry, on target) {
	i.t.Helper()
	cb := i.pressed(false)
	cb.Type, cb.ResponseURL, cb.Channel, cb.ActionCallback = slack.InteractionTypeViewSubmission, "", slack.Channel{}, slack.ActionCallbacks{}
	users := []string{eve}
	if i.id == ben || i.id == ray && e.Who == handlers.Inviters {
		users = []string{"U0NOBODY"}
	}
	input := map[string]slack.BlockAction{view.InputValue: {Value: "2", SelectedConversation: "C0NOWHERE", SelectedUsers: users}, view.ActionCount: {Value: "1"}}
	metadata := on.metadata(e.Name)
	if i.id == ben && e.Name == view.FormRemindersSave {
		metadata = on.screen // the reminders of his company are his to change
	}
	cb.View = slack.View{
		ID: "V0", Type: slack.VTModal, CallbackID: e.Name, PrivateMetadata: metadata, AppInstalledTeamID: teamID,
		State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{
			view.BlockChannel: input, view.BlockText: input, view.BlockPeople: input, view.BlockReason: input, view.BlockCount: input,
			view.BlockHolidays:    input,
			view.BlockDays:        {view.InputValue: {SelectedOption: slack.OptionBlockObject{Value: "3"}}},
			view.BlockInviters:    {view.InputValue: {SelectedOption: slack.OptionBlockObject{Value: string(store.InvitersEveryone)}}},
			view.BlockLinkDays:    {view.InputValue: {SelectedOption: slack.OptionBlockObject{Value: i.linkDays()}}},
			view.BlockJoinerDays:  {view.InputValue: {SelectedOption: slack.OptionBlockObject{Value: "7"}}},
			view.BlockRemovalDays: {view.InputValue: {SelectedOption: slack.OptionBlockObject{Value: "30"}}},
		}},
	}
	i.unharmed("submitting "+e.Name, func(ctx context.Context) error {
		response, after, err := i.w.h.Submit(ctx, cb)
		if err == nil && after != nil {
			err = after(ctx)
		}
		if response != nil && response.View != nil && response.View.CallbackID != "" {
			i.t.Errorf("%s got the form %s", i.id, response.View.CallbackID)
		}
		return err
	})
	cb.Type = slack.InteractionTypeViewClosed
	i.unharmed("closing "+e.Name, func(ctx context.Context) error { return i.w.h.Closed(ctx, cb) })
	i.closesModals(e)
}

// linkDays is what they enter in the settings: what company admins may choose, unless they are one.
func (i *intruder) linkDays() string {
	if i.id == ben {
		return "1"
	}
	return "7"
}

// pressed is what Slack sends when they press the button for everybody.
func (i *intruder) pressed(home bool) slack.InteractionCallback {
	i.t.Helper()
	at := slackd.Target{Channel: general, BlockID: "any", ActionID: "any"}
	if !home {
		var err error // a new one each time: an answer may take its place
		_, at.TS, err = i.w.api.PostMessageContext(i.w.ctx(), general, slack.MsgOptionText("For everybody", false), slack.MsgOptionBlocks(anyButton()))
		i.w.must(err)
	} else {
		v, err := i.w.api.PublishViewContext(i.w.ctx(), slack.PublishViewContextRequest{
			UserID: i.id, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{anyButton()}}},
		})
		i.w.must(err)
		at = slackd.Target{ViewID: v.ID, BlockID: "any", ActionID: "any"}
	}
	payload := i.payload(func(p *slackd.Person) { _, _ = p.Click(i.w.ctx(), at) })
	if payload == nil {
		i.t.Fatalf("%s cannot press anything", i.id)
	}
	var cb slack.InteractionCallback
	i.w.must(json.Unmarshal(payload, &cb))
	return cb
}

// payload is what Slack would deliver, if anybody heard it; nil if it would deliver nothing.
func (i *intruder) payload(act func(*slackd.Person)) []byte {
	i.t.Helper()
	var payload []byte
	act(i.w.slack.Person(i.id).Tampering(func(p map[string]any) {
		var err error
		payload, err = json.Marshal(p)
		i.w.must(err)
	}))
	return payload
}

// closesModals closes what was opened. Only whoever may use an entry sees a form.
func (i *intruder) closesModals(e handlers.Entry) {
	i.t.Helper()
	p := i.w.slack.Person(i.id)
	for v, open := p.Modal(); open; v, open = p.Modal() {
		if v.CallbackID != "" && (e.Who == handlers.Admins && i.id != ben || e.Who == handlers.Inviters && i.id != ben && i.id != ray) {
			i.t.Errorf("%s opened the form %s with %s", i.id, v.CallbackID, e.Name)
		}
		_ = p.CloseModal(i.w.ctx(), v.ID, true) // nobody hears it
	}
}

// rows is everything in the database that somebody else's hands must stay off: all but what an intruder leaves of their own accord,
// which are their registration link, a removal that they propose of themselves, and, if they may invite, an order to look whoever they
// named up in their own company.
func (w *world) rows(intruder string) string {
	w.t.Helper()
	mine, placed := "'"+intruder+"'", "FALSE"
	if intruder == ben || intruder == ray {
		placed = "by_slack = " + mine
	}
	var selects []string
	for _, table := range []struct{ name, columns, where string }{
		{"companies", "id, name, key", "TRUE"},
		{"settings", "company_id, inviters, link_days, joiner_days, removal_days", "TRUE"},
		{"reminders", "company_id, schedule, paused, message", "TRUE"},
		{"reminder_holidays", "company_id, day", "TRUE"},
		{"reminder_runs", "id, status", "TRUE"},
		{"members", "id, unpreviewed", "id NOT IN (SELECT id FROM people WHERE slack_id = " + mine + ")"},
		{"reminded", "person_id, reminders, snooze_ends_at", "person_id NOT IN (SELECT id FROM people WHERE slack_id = " + mine + ")"},
		// Whoever says no for themselves, may; of who was removed there is only the hash.
		{"opt_outs", "subject_hash", "subject_hash NOT IN (SELECT subject_hash FROM people WHERE slack_id = " + mine + ") AND subject_hash NOT IN (SELECT subject_hash FROM forgotten)"},
		{"members", "id, email, type", "TRUE"},
		{"connections", "member_id, network, state, subject", "TRUE"},
		{"invites", "id, kind, invited_by, expires_at, sent_at, closed, state, reason, as_type", "kind <> 'self'"},
		{"email_drafts", "id, by_slack", "by_slack <> " + mine},
		{"orders", "id, by_slack", "NOT (" + placed + ")"},
		{"signups", "id, status", "TRUE"},
		{"selections", "screen_id, member_id", "TRUE"},
		{"cases", "id, status, decided_by, decision", "TRUE"},
		{"removals", "id, status, proposed, file_id", "by_slack <> " + mine},
		{"removal_members", "removal_id, member_id, type", "removal_id IN (SELECT id FROM removals WHERE by_slack <> " + mine + ")"},
		{"audit", "id, action", "action <> 'downloaded'"}, // whoever asks gets their own data
		{"river_job", "id, kind, args ->> 'ref'", "NOT (kind = 'invite_people' AND args ->> 'ref' IN (SELECT id FROM orders WHERE " + placed + "))"},
		{"forgotten", "subject_hash", "TRUE"},
	} {
		columns := strings.ReplaceAll(table.columns, ", ", " AS TEXT) || ' ' || CAST(")
		selects = append(selects, "SELECT '"+table.name+": ' || CAST("+columns+" AS TEXT) FROM "+table.name+" WHERE "+table.where)
	}
	found, err := w.db.QueryContext(w.ctx(), strings.Join(selects, " UNION ALL "))
	w.must(err)
	defer found.Close()
	var list []string
	for found.Next() {
		var row string
		w.must(found.Scan(&row))
		list = append(list, row)
	}
	w.must(found.Err())
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// difference is what was lost and what is new.
func difference(before, after string) string {
	b, a := strings.Split(before, "\n"), strings.Split(after, "\n")
	var out strings.Builder
	for _, line := range b {
		if !slices.Contains(a, line) {
			out.WriteString("- " + line + "\n")
		}
	}
	for _, line := range a {
		if !slices.Contains(b, line) {
			out.WriteString("+ " + line + "\n")
		}
	}
	return out.String()
}
