package view

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"herald/nudge"
	"herald/store"
)

// ActionRemindersWho lists the people of a number in the dry run; value: the reason, and after whom to go on.
const ActionRemindersWho = "reminders_who"

// dryRunWho is the value of ActionRemindersWho.
func dryRunWho(reason nudge.Reason, afterID string) string { return string(reason) + ":" + afterID }

// ParseDryRunWho is the way back. Nothing in it can be trusted: it comes from the client.
func ParseDryRunWho(value string) (reason nudge.Reason, afterID string) {
	word, afterID, _ := strings.Cut(value, ":")
	return nudge.Reason(word), afterID
}

// reasonWord goes after a number of people who are not reminded.
func reasonWord(r nudge.Reason) string {
	switch r {
	case nudge.Registered:
		return "registered"
	case nudge.Bot:
		return "bots"
	case nudge.Deactivated:
		return "deactivated in Slack"
	case nudge.OptedOut:
		return "asked for no reminders"
	case nudge.Removed:
		return "removed or left"
	case nudge.Declined:
		return "said no"
	case nudge.Guest:
		return "guests"
	case nudge.Pending:
		return "waiting for a confirmation"
	case nudge.NotInvited:
		return "never invited"
	case nudge.AtCap:
		return "at cap"
	case nudge.Unreachable:
		return "not reachable"
	case nudge.Snoozed:
		return "snoozed"
	case nudge.TooSoon:
		return "too soon"
	case nudge.Away:
		return "away"
	case nudge.DayOff:
		return "on a day off"
	case nudge.OutsideHours:
		return "out of hours"
	case store.HeldTooLate:
		return "not reached in time"
	case store.HeldPaused:
		return "stopped by the pause"
	}
	return escape(string(r))
}

// DryRunCounting stands where DryRun will be.
func DryRunCounting() slack.ModalViewRequest { return SentenceModal("Counting… Nothing is sent.") }

// A Forecast is what a run would do.
type Forecast struct {
	At         time.Time // when it begins
	Tally      nudge.Tally
	Unasked    int  // people whom it would remind, and of whom Slack did not tell whether they must not be disturbed
	Unfinished bool // the company is so large that not everybody was counted
}

// notes say what the numbers leave out.
func (f Forecast) notes() string {
	text := "As things stand. Whether somebody must not be disturbed in Slack is asked again when they are reminded."
	if f.Unasked > 0 {
		text = "As things stand. Slack was not asked for everybody whether they must not be disturbed: for " + number(f.Unasked) +
			" of these it is asked when they are reminded."
	}
	if f.Unfinished {
		text += " There are too many people to count all of them, so the real numbers are higher."
	}
	return text
}

// later says who is reminded later.
func (f Forecast) later() string {
	if f.Tally.Later == 0 {
		return ""
	}
	return ", " + number(f.Tally.Later) + " of them later, when it is a decent hour where they are"
}

// DryRun shows what the next run would do. Each number opens its people.
func DryRun(f Forecast, paused bool) slack.ModalViewRequest {
	t := &f.Tally
	when := "The next run, on " + date(f.At, "{date_long} {time}") + ", would remind *" + count(t.Sending(), "person", "people") + "*"
	if paused {
		when = "Reminders are paused. A run on " + date(f.At, "{date_long} {time}") + " would remind *" + count(t.Sending(), "person", "people") + "*"
	}
	when += f.later()
	blocks := []slack.Block{numberOf(when+".", t.Sending(), "")}
	if t.Held > 0 {
		blocks = append(blocks, section("It would hold back *"+number(t.Held)+"*:"))
	}
	for _, r := range t.Reasons() {
		blocks = append(blocks, numberOf(number(r.People)+" "+reasonWord(r.Reason), r.People, r.Reason))
	}
	blocks = append(blocks, quiet(f.notes()))
	return slack.ModalViewRequest{Type: slack.VTModal, Title: plain("Who is next?"), Close: plain("Close"), Blocks: slack.Blocks{BlockSet: blocks}}
}

func numberOf(text string, people int, reason nudge.Reason) slack.Block {
	if people == 0 {
		return section(text)
	}
	return slack.NewSectionBlock(mrkdwn(text), nil, slack.NewAccessory(button(ActionRemindersWho, dryRunWho(reason, ""), "See who")))
}

// DryRunShown is how many people one page of a list shows.
const DryRunShown = 40

// A Judged is somebody and what was judged about them.
type Judged struct {
	Candidate store.Candidate
	Verdict   nudge.Verdict
}

// A DryRunList shows the people of one number.
type DryRunList struct {
	Reason   nudge.Reason // "": those who would be reminded
	Settings store.Reminders
	At       time.Time
	People   []Judged
	More     string // the last one's id, if there are more
}

// Modal draws the list.
func (l DryRunList) Modal() slack.ModalViewRequest {
	title := "Would be reminded"
	if l.Reason != "" {
		title = initial(reasonWord(l.Reason))
	}
	var blocks []slack.Block
	var lines []string
	size := 0
	flush := func() {
		if len(lines) > 0 {
			blocks = append(blocks, section(strings.Join(lines, "\n")))
		}
		lines, size = nil, 0
	}
	for _, j := range l.People {
		line := "• *" + escape(clip(j.Candidate.Person.Name, nameShown)) + "*: " + j.words(l.Settings, l.At)
		if size += len([]rune(line)) + 1; size > maxSection {
			flush()
			size = len([]rune(line)) + 1
		}
		lines = append(lines, line)
	}
	flush()
	if len(blocks) == 0 {
		blocks = []slack.Block{section("Nobody any more.")}
	}
	if l.More != "" {
		blocks = append(blocks, slack.NewActionBlock("", button(ActionRemindersWho, dryRunWho(l.Reason, l.More), "Next ›")))
	}
	return slack.ModalViewRequest{Type: slack.VTModal, Title: plain(clip(title, 24)), Close: plain("Back"), Blocks: slack.Blocks{BlockSet: blocks}}
}

// words says of one person what was judged, and why.
func (j Judged) words(s store.Reminders, at time.Time) string {
	p, v := j.Candidate.Nudged, j.Verdict
	because := func() string { return why(j.Candidate, v, s, at) }
	when := func(t time.Time) string { return date(t, "{date_short} {time}") }
	switch v.Kind {
	case nudge.SendNow:
		return "gets reminder " + number(p.Reminders+1) + " of at most " + number(s.Cap)
	case nudge.SendLater:
		return "gets reminder " + number(p.Reminders+1) + " of at most " + number(s.Cap) + " at " + when(v.At) + ", since " + because()
	case nudge.Hold:
	}
	text := because()
	if !v.At.IsZero() && v.Reason != nudge.Snoozed {
		text += "; not before " + when(v.At)
	}
	return text
}

// why says the reason of a verdict with the facts behind it.
func why(c store.Candidate, v nudge.Verdict, s store.Reminders, at time.Time) string {
	p := c.Nudged
	on := func(t time.Time) string { return date(t, "{date_short}") }
	switch v.Reason {
	case nudge.Registered:
		return "they are registered"
	case nudge.Bot:
		return "it is an app"
	case nudge.Deactivated:
		return "their Slack account is deactivated"
	case nudge.OptedOut:
		return "they asked for no reminders, which is final"
	case nudge.Removed:
		return "their address belongs to somebody who was removed or left"
	case nudge.Declined:
		return "they said no to the invitation"
	case nudge.Guest:
		return "guests do not take part"
	case nudge.Pending:
		return "they signed up, and that waits for a confirmation"
	case nudge.NotInvited:
		return "nobody invited them, and only people who were invited are reminded"
	case nudge.AtCap:
		return "they got " + count(p.Reminders, "reminder", "reminders") + ", the most anybody gets"
	case nudge.Unreachable:
		return "Slack does not let Herald write to them"
	case nudge.Snoozed:
		return "they asked not to be reminded before " + on(p.Snoozed)
	case nudge.TooSoon:
		if p.Reminded.After(p.Invited) {
			return "they got the last reminder on " + on(p.Reminded) + ", and there are " + count(s.Spacing, "day", "days") + " between two"
		}
		return "they were invited on " + on(p.Invited) + ", and the first reminder comes " + count(s.FirstAfter, "day", "days") + " later"
	case nudge.Away:
		if !c.Person.Away {
			return "they are not to be disturbed in Slack"
		}
		return "their status in Slack says that they are away"
	case nudge.DayOff:
		return "it is a day off where they are"
	case nudge.OutsideHours:
		return "it is " + localTime(at, p.Zone, s.Zone) + " where they are, outside " + s.From.String() + "–" + s.To.String()
	}
	return reasonWord(v.Reason)
}

// localTime is the time of day in somebody's zone, or in the company's.
func localTime(t time.Time, zone, company string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		if loc, err = time.LoadLocation(company); err != nil {
			loc = time.UTC
		}
	}
	return t.In(loc).Format("15:04")
}

// Why answers for one person; last is what became of their latest reminder, nil if there was none.
func Why(j Judged, s store.Reminders, at time.Time, last *store.ReminderOutcome) Message {
	name := "*" + escape(clip(j.Candidate.Person.Name, nameShown)) + "*"
	text := name + " " + j.words(s, at) + "."
	if j.Verdict.Kind == nudge.Hold {
		text = name + " gets no reminder in the run of " + date(at, "{date_short} {time}") + ": " + j.words(s, at) + "."
	}
	facts := []string{remindedSoFar(j.Candidate.Nudged)}
	if t := j.Candidate.Nudged.Invited; !t.IsZero() {
		facts = append(facts, "invited "+date(t, "{date_short}"))
	}
	if last != nil {
		facts = append(facts, lastReminder(*last))
	}
	if s.Paused {
		facts = append(facts, "reminders are paused")
	}
	return Message{Text: text, Blocks: []slack.Block{section(text), quiet(strings.Join(facts, " · "))}}
}

// remindedSoFar says how many reminders count towards the most that somebody gets.
func remindedSoFar(p nudge.Person) string {
	text := count(p.Reminders, "reminder", "reminders") + " so far"
	if !p.Snoozed.IsZero() {
		text += " (those put off do not count)"
	}
	return text
}

// WhyUnknown answers for a Slack user whom Herald does not know.
func WhyUnknown(slackID string, d store.Departure, gone bool) Message {
	text := "Herald does not know " + mention(slackID) + ", so they get no reminder."
	if gone {
		text = mention(slackID) + whyGone(d) + " They get no reminder."
	}
	return Sentence(text)
}

// NobodyCalled is what somebody reads who named nobody.
func NobodyCalled(word string) string {
	return "Nobody here is called " + quoted([]string{word}) + ". Type @ and choose the person from Slack's list."
}
