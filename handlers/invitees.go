package handlers

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"herald/handlers/view"
	"herald/store"
)

// nameLimit is how much of a name is kept, in characters: Slack's own are shorter.
const nameLimit = 80

// pastedInvitees reads addresses that somebody typed or pasted: between commas, semicolons and line ends, each alone or as
// "Ann Lee <ann@home.example>". With a problem there are no invitees.
func pastedInvitees(text string, as store.MemberType) ([]store.Invitee, []view.ListProblem) {
	var list []store.Invitee
	var problems []view.ListProblem
	line := 1
	for entry := range entries(text) {
		line += strings.Count(entry.before, "\n")
		if strings.TrimSpace(entry.text) == "" {
			continue
		}
		name, address := nameAndAddress(entry.text)
		if problem := addressProblem(address); problem != "" {
			problems = append(problems, view.ListProblem{Line: line, What: problem, Text: strings.TrimSpace(entry.text)})
			continue
		}
		list = append(list, store.Invitee{Email: address, Name: name, As: as})
	}
	return checkLength(list, problems)
}

// checkLength adds what is wrong with a list as a whole.
func checkLength(list []store.Invitee, problems []view.ListProblem) ([]store.Invitee, []view.ListProblem) {
	switch {
	case len(problems) > 0:
		return nil, problems
	case len(list) == 0:
		return nil, []view.ListProblem{{What: "there is no address in it"}}
	case len(list) > store.EmailLimit:
		return nil, []view.ListProblem{{What: fmt.Sprintf("it has %d addresses; please invite at most %d at once", len(list), store.EmailLimit)}}
	}
	return list, nil
}

// An entry of a pasted list, and what stands between it and the one before.
type entry struct{ before, text string }

// entries cuts a pasted list at commas, semicolons and line ends, unless they are within quotes of the same line.
func entries(text string) func(yield func(entry) bool) {
	return func(yield func(entry) bool) {
		text := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
		start, before, quoted := 0, "", false
		for i, r := range text {
			switch {
			case r == '"' && (quoted || closes(text[i+1:])):
				quoted = !quoted
			case r == '\n', !quoted && (r == ',' || r == ';'):
				if !yield(entry{before, text[start:i]}) {
					return
				}
				start, before, quoted = i+1, string(r), false
			}
		}
		yield(entry{before, text[start:]})
	}
}

// closes tells whether a quote that was opened is closed on the same line.
func closes(rest string) bool {
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Contains(line, `"`)
}

// nameAndAddress splits "Ann Lee <ann@home.example>".
func nameAndAddress(text string) (name, address string) {
	text = strings.TrimSpace(text)
	i := strings.LastIndexByte(text, '<')
	if i < 0 || !strings.HasSuffix(text, ">") {
		return "", strings.TrimPrefix(text, "mailto:")
	}
	return cleanName(text[:i]), strings.TrimPrefix(strings.TrimSpace(text[i+1:len(text)-1]), "mailto:")
}

// cleanName makes one line of a name, without quotes around it and without characters that nobody sees. It resembles what mail does to names
// before they get into a header, and nothing there relies on it: names come from Slack and from former versions, too, so mail trusts none.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.TrimSpace(strings.Trim(strings.Join(strings.Fields(name), " "), `"'`))
	if runes := []rune(name); len(runes) > nameLimit {
		name = string(runes[:nameLimit])
	}
	return name
}

// addressProblem says what is wrong with an address; "" if nothing.
func addressProblem(address string) string {
	switch err := store.CheckAddress(address); {
	case errors.Is(err, store.ErrAddressTooLong):
		return "the address is longer than 254 characters"
	case err != nil:
		return "this is no email address"
	}
	return ""
}

// csvLimit is the largest file in bytes: a thousand lines are much shorter.
const csvLimit = 1 << 20

// csvInvitees reads a CSV file with the columns email and role, in any order and case, of which role may be missing or empty: then it is
// as. Files of spreadsheets are taken as they come: with a byte order mark, with semicolons or tabs, with quotes, with either kind of line
// end. Nothing is taken from a file with a problem: with one there are no invitees.
func csvInvitees(content []byte, as store.MemberType) ([]store.Invitee, []view.ListProblem) {
	refused := func(what string) ([]store.Invitee, []view.ListProblem) { return nil, []view.ListProblem{{What: what}} }
	switch {
	case len(content) > csvLimit:
		return refused("it is larger than 1 MB")
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}), bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		return refused("it is UTF-16; please save it as “CSV UTF-8”")
	case bytes.IndexByte(content, 0) >= 0, !utf8.Valid(content):
		return refused("it is no text; please save it as “CSV UTF-8”")
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	content = bytes.ReplaceAll(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	lines := csv.NewReader(bytes.NewReader(content))
	lines.Comma, lines.FieldsPerRecord = separator(content), -1
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return refused("it is empty")
	}
	if err != nil {
		return nil, []view.ListProblem{csvProblem(err)}
	}
	line, _ := lines.FieldPos(0)
	columns, problem := columnsOf(header)
	if problem != "" {
		return nil, []view.ListProblem{{Line: line, What: problem}}
	}

	var list []store.Invitee
	var problems []view.ListProblem
	for {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return checkLength(list, problems)
		}
		if err != nil { // where the next line begins is not known
			return nil, append(problems, csvProblem(err))
		}
		line, _ := lines.FieldPos(0)
		invitee, problem := columns.invitee(record, as)
		switch {
		case !slices.ContainsFunc(record, func(cell string) bool { return strings.TrimSpace(cell) != "" }): // spreadsheets leave such lines
		case problem != "":
			problems = append(problems, view.ListProblem{Line: line, What: problem, Text: strings.Join(record, string(lines.Comma))})
		default:
			list = append(list, invitee)
		}
	}
}

// separator guesses what the header is separated with.
func separator(content []byte) rune {
	header, _, _ := bytes.Cut(content, []byte("\n"))
	for _, s := range []rune{';', '\t'} {
		if bytes.ContainsRune(header, s) {
			return s
		}
	}
	return ','
}

// csvColumns is where the columns are; -1 where one is missing.
type csvColumns struct{ email, role, width int }

func columnsOf(header []string) (csvColumns, string) {
	found := csvColumns{email: -1, role: -1, width: len(header)}
	for i, cell := range header {
		name := strings.ToLower(strings.TrimSpace(cell))
		at := map[string]*int{"email": &found.email, "role": &found.role}[name]
		switch {
		case at == nil && strings.Contains(name, "@"):
			return found, "the first line must name the columns: email, role"
		case at == nil:
			return found, "there is a column that is neither email nor role: “" + cleanName(cell) + "”"
		case *at >= 0:
			return found, "the column " + name + " is there twice"
		}
		*at = i
	}
	if found.email < 0 {
		return found, "the column email is missing in the first line"
	}
	return found, ""
}

// invitee reads a line; as is the role where it names none.
func (c csvColumns) invitee(record []string, as store.MemberType) (store.Invitee, string) {
	if len(record) != c.width {
		return store.Invitee{}, fmt.Sprintf("this line has %d columns, the first line has %d", len(record), c.width)
	}
	v := store.Invitee{Email: strings.TrimSpace(record[c.email]), As: as}
	if problem := addressProblem(v.Email); problem != "" {
		return v, problem
	}
	if c.role < 0 {
		return v, ""
	}
	switch role := strings.ToLower(strings.TrimSpace(record[c.role])); role {
	case "":
	case string(store.Employee), string(store.Recruiter):
		v.As = store.MemberType(role)
	default:
		return v, "the role is neither employee nor recruiter"
	}
	return v, ""
}

// csvProblem explains why a file cannot be read on.
func csvProblem(err error) view.ListProblem {
	if broken, ok := errors.AsType[*csv.ParseError](err); ok {
		return view.ListProblem{Line: broken.StartLine, What: "the quotes in this line do not match"}
	}
	return view.ListProblem{What: "it cannot be read"}
}
