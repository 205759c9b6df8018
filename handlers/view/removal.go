package view

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"herald/store"
)

// A modal holds 100 blocks and 250 KB (https://docs.slack.dev/surfaces/modals): the list of a removal leaves room for what else stands
// there, and for JSON's way to write characters.
const (
	removalSections = 80
	removalBytes    = 160_000
)

// Removal is the confirmation of a removal.
type Removal struct {
	Removal store.Removal
	// Changed: it shows a new list, because the one that was confirmed no longer held.
	Changed bool
	// Leaving: it is the person's own account, and they are no company admin.
	Leaving bool
	// Filed: the complete list was sent as a file. Only of use if the list does not fit.
	Filed bool
}

// RemovalFits tells whether the confirmation can name everybody.
func RemovalFits(r store.Removal) bool {
	_, shown := removalList(r)
	return shown == len(r.Members)
}

// Modal draws the confirmation. If the list does not fit, the number of accounts must be typed, and until the file is sent there is no
// Confirm.
func (v Removal) Modal() slack.ModalViewRequest {
	r := v.Removal
	modal := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormRemoval, PrivateMetadata: r.ID, NotifyOnClose: true,
		Title: plain("Confirm Remove Users"), Submit: plain("Confirm"), Close: plain("Cancel"),
	}
	head := "These " + number(len(r.Members)) + " accounts and everything Herald stores about them will be erased for good:"
	if len(r.Members) == 1 {
		head = "This account and everything Herald stores about it will be erased for good:"
	}
	if v.Leaving {
		modal.Title = plain("Leave")
		head = "Your account and everything Herald stores about you will be erased for good:"
	}
	var blocks []slack.Block
	if v.Changed {
		changed := Notice{Text: "Something changed meanwhile, so nobody was removed. Please read the list again: this is how things are now."}
		blocks = append(blocks, changed.blocks()...)
	}
	list, shown := removalList(r)
	blocks = append(append(blocks, section(head)), list...)
	if missing := len(r.Members) - shown; missing > 0 {
		where := "The complete list is on its way to you as a file…"
		if v.Filed {
			where = "The complete list is in the file that Herald just sent you as a direct message."
		}
		blocks = append(blocks, section("…and *"+number(missing)+" more*. "+where))
	}
	blocks = append(blocks, warnings(r, v.Leaving)...)
	if len(r.Members) == 1 && r.Members[0].Self {
		blocks = append(blocks, never(r.Never))
	}
	if v.Leaving {
		blocks = append(blocks, quiet("To come back you need a new registration link and a new profile."))
	} else {
		blocks = append(blocks, quiet("To come back they need a new registration link and a new profile."))
	}
	switch {
	case shown == len(r.Members):
	case v.Filed:
		blocks = append(blocks, slack.NewInputBlock(BlockCount, plain("How many accounts will be removed?"),
			plain("Type the number, so that nobody is removed by a slip of the hand."),
			slack.NewPlainTextInputBlockElement(nil, ActionCount).WithMaxLength(10)))
	default:
		modal.Submit = nil
	}
	modal.Blocks = slack.Blocks{BlockSet: blocks}
	return modal
}

// never asks who leaves whether they want to be left alone from then on.
func never(chosen bool) slack.Block {
	option := slack.NewOptionBlockObject(neverValue, plain("Don't invite me again"),
		plain("Herald keeps a code for that, which leads back to nobody."))
	boxes := slack.NewCheckboxGroupsBlockElement(InputValue, option)
	if chosen {
		boxes.InitialOptions = []*slack.OptionBlockObject{option}
	}
	return slack.NewInputBlock(BlockNever, plain("Afterwards"), nil, boxes).WithOptional(true)
}

// neverValue is the value of the checkbox.
const neverValue = "never"

// RemovalUnfiled takes the place of a confirmation whose complete list could not be sent.
func RemovalUnfiled() slack.ModalViewRequest {
	m := SentenceModal("The list is too long for this window, and Slack did not take it as a file, so nobody can be removed like this. " +
		"Nothing was changed. Select fewer members, for example with a filter or a search, and try again.")
	m.Title = plain("Confirm Remove Users")
	return m
}

// removalList names the members, as many as fit, and tells how many those are.
func removalList(r store.Removal) (blocks []slack.Block, shown int) {
	var text strings.Builder
	size := 0
	flush := func() {
		if text.Len() > 0 {
			blocks = append(blocks, slack.NewSectionBlock(literal(strings.TrimSuffix(text.String(), "\n")), nil, nil))
			text.Reset()
		}
	}
	length := 0
	for _, m := range r.Members {
		line := "• " + RemovalLine(m) + "\n"
		n := utf8.RuneCountInString(line)
		if length+n > maxSection {
			flush()
			length = 0
		}
		// Characters beyond the basic plane count double in some of Slack's limits, and <, > and & take six bytes in JSON.
		size += len(line) + 5*strings.Count(line, "<") + 5*strings.Count(line, ">") + 5*strings.Count(line, "&")
		if len(blocks) >= removalSections || size > removalBytes {
			break
		}
		text.WriteString(line)
		length += n
		shown++
	}
	flush()
	return blocks, shown
}

// RemovalLine names a member as the confirmation and its file do.
func RemovalLine(m store.RemovalMember) string {
	line := clip(tidy(m.Name), nameShown) + " — " + initial(TypeName(m.Type))
	if m.Email != "" {
		line += " — " + clip(tidy(m.Email), 254)
	}
	if m.CompanyPage != "" {
		line += " — company Facebook page “" + clip(tidy(m.CompanyPage), nameShown) + "”"
	}
	return line
}

// pagesNamed is how many accounts with a company Facebook page the warning names one by one; the list names all of them.
const pagesNamed = 5

func warnings(r store.Removal, leaving bool) []slack.Block {
	var blocks []slack.Block
	warn := func(text string) { blocks = append(blocks, section(":warning: "+text)) }
	var paged []store.RemovalMember
	for _, m := range r.Members {
		if m.Self && !leaving {
			warn("*You are removing your own account.* You will be signed out at once.")
		}
		if m.CompanyPage != "" {
			paged = append(paged, m)
		}
	}
	for i, m := range paged {
		if i == pagesNamed {
			warn(fmt.Sprintf("*%s more accounts are connected to a company Facebook page.* Their pages will be disconnected.", number(len(paged)-i)))
			break
		}
		whose := escape(clip(m.Name, nameShown)) + "'s account is"
		if m.Self {
			whose = "Your account is"
		}
		warn("*" + whose + " connected to the company Facebook page “" + escape(clip(m.CompanyPage, nameShown)) + "”.* The page will be disconnected.")
	}
	return blocks
}

// RemovalFile is the complete list as a text file.
func RemovalFile(c store.Company, r store.Removal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "To be removed from %s: %s\n\n", tidy(c.Name), count(len(r.Members), "account", "accounts"))
	for i, m := range r.Members {
		fmt.Fprintf(&b, "%d. %s\n", i+1, RemovalLine(m))
	}
	return b.String()
}

// Wait is what a modal shows while something too big for an acknowledgement is on its way.
func Wait(id string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: FormRemoval, PrivateMetadata: id, NotifyOnClose: true,
		Title: plain("Confirm Remove Users"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{section("Something changed meanwhile, so nobody was removed. The new list is on its way…")}},
	}
}

// Removed says how many accounts are gone.
func Removed(n int) Notice {
	return Notice{Good: true, Text: count(n, "user was", "users were") + " removed."}
}

// Goodbye is Removed for somebody whose own account is among them; networks are those that the accounts were connected
// to.
func Goodbye(offered Offered, n int, networks []string) Notice {
	text := "You left. Everything Herald stored about you is erased."
	if n > 1 {
		text = Removed(n).Text + " You are one of them, so you are signed out."
	}
	return Notice{Good: true, Text: text + offered.endItYourself(networks) + " Type `/social` if you ever want to come back."}
}

// Farewell is the last message to somebody whom an admin removed; networks are those that did not confirm that Herald's access ended. It
// stays in Slack, so it names nobody.
func Farewell(c store.Company, offered Offered, networks []string) Message {
	return Sentence("You were removed from " + escape(clip(c.Name, nameShown)) + "'s social recruiting, and everything Herald stored about you is erased. " +
		"Thank you for having been part of it." + offered.endItYourself(networks) + " Type `/social` if you would like to come back.")
}

// Erased takes the place of a message to somebody who was removed, where Slack does not let it be deleted.
func Erased() Message {
	return Sentence("_This message was erased together with the account it was sent to._")
}
