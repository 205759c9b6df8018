// Package blockkit checks Block Kit JSON against the limits Slack enforces, and words its findings as Slack does.
// The numbers are those of https://docs.slack.dev/reference/block-kit and of the official SDKs' types; where those
// leave room, the stricter reading counts.
package blockkit

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Surface is where blocks are shown; each allows other blocks and other counts.
type Surface string

// The surfaces.
const (
	Message    Surface = "message"    // at most 50 blocks
	Modal      Surface = "modal"      // at most 100 blocks; inputs need a submit text
	Home       Surface = "home"       // at most 100 blocks
	Attachment Surface = "attachment" // blocks within a message's attachment, at most 50
)

// The limits of blocks, in items or characters.
const (
	maxMessageBlocks   = 50
	maxViewBlocks      = 100
	maxText            = 3000
	maxFields          = 10
	maxFieldText       = 2000
	maxHeader          = 150
	maxContextElements = 10
	maxActions         = 25
	maxButtonText      = 75
	maxButtonValue     = 2000
	maxURL             = 3000
	maxID              = 255
	maxOptionText      = 75
	maxOptionValue     = 150
	maxOptions         = 100
	maxGroupLabel      = 75
	maxPlaceholder     = 150
	maxChecks          = 10
	maxOverflow        = 5
	maxConfirmTitle    = 100
	maxConfirmText     = 300
	maxConfirmButton   = 30
	maxInput           = 3000
	maxLabel           = 2000
	maxViewTitle       = 24
	maxPrivateMetadata = 3000
	maxMarkdown        = 12_000
	maxTableRows       = 100
	maxTableCells      = 20
)

// Problem is one thing Slack would refuse.
type Problem struct {
	Pointer string // JSON pointer, "/blocks/0/text/text"
	Text    string // "must be less than 3001 characters"
}

// String renders the problem as response_metadata.messages does.
func (p Problem) String() string {
	return "[ERROR] " + p.Text + " [json-pointer:" + p.Pointer + "]"
}

// Validate checks a JSON array of blocks for a surface. The pointers begin with /blocks. No problems: nil.
func Validate(surface Surface, blocks []byte) []Problem {
	var list []any
	if json.Unmarshal(blocks, &list) != nil {
		return []Problem{{"/blocks", "must provide an array"}}
	}
	return Check(surface, list)
}

// ValidateView checks a whole modal or Home view. The pointers begin with /view.
func ValidateView(view []byte) []Problem {
	var v object
	if json.Unmarshal(view, &v) != nil || v == nil {
		return []Problem{{"/view", "must provide an object"}}
	}
	return CheckView(v)
}

// ValidateAttachments checks a JSON array of message attachments. The pointers begin with /attachments.
func ValidateAttachments(attachments []byte) []Problem {
	var list []any
	if json.Unmarshal(attachments, &list) != nil {
		return []Problem{{"/attachments", "must provide an array"}}
	}
	return CheckAttachments(list)
}

// Check is Validate for decoded JSON.
func Check(surface Surface, blocks []any) []Problem {
	c := checker{surface: surface}
	c.blocks(blocks, "/blocks")
	return c.problems
}

// CheckOptions checks the answer to a block_suggestion, {"options":…} or {"option_groups":…}. No options are fine.
func CheckOptions(answer map[string]any) []Problem {
	c := checker{}
	if given(answer, "options") == given(answer, "option_groups") {
		c.add("", "must define either `options` or `option_groups`")
		return c.problems
	}
	for _, key := range []string{"options", "option_groups"} {
		if list, ok := answer[key].([]any); ok && len(list) == 0 {
			return nil
		}
	}
	c.choices(answer, "")
	return c.problems
}

// object is a decoded JSON object.
type object = map[string]any

// checker collects problems.
type checker struct {
	surface  Surface
	problems []Problem
	blockIDs map[string]bool
	focused  bool // an element has focus_on_load
	submit   bool // the modal has a submit text
	markdown int  // characters in markdown blocks so far
}

// add notes a problem.
func (c *checker) add(at, text string, args ...any) {
	if len(args) > 0 {
		text = fmt.Sprintf(text, args...)
	}
	c.problems = append(c.problems, Problem{at, text})
}

// given tells whether a field is there; null counts as missing.
func given(o object, key string) bool { return o[key] != nil }

// only finds fields that have no place in an object.
func (c *checker) only(o object, at string, keys ...string) {
	for key := range o {
		if !slices.Contains(keys, key) {
			c.add(at, "invalid additional property: %s", key)
		}
	}
}

// length checks how many characters a string has; least is 0 or 1, and blanks alone do not count.
func (c *checker) length(s, at string, least, most int) {
	// Counting bytes first spares counting characters nearly always.
	if len(s) > most && utf8.RuneCountInString(s) > most {
		c.add(at, "must be less than %d characters", most+1)
	}
	if least > 0 && strings.TrimSpace(s) == "" {
		c.add(at, "must be more than 0 characters")
	}
}

// str checks a string field; optional ones may be missing.
func (c *checker) str(o object, key, at string, least, most int, required bool) string {
	v := o[key]
	if v == nil {
		if required {
			c.add(at, "missing required field: %s", key)
		}
		return ""
	}
	s, ok := v.(string)
	if !ok {
		c.add(at+"/"+key, "must provide a string")
		return ""
	}
	c.length(s, at+"/"+key, least, most)
	return s
}

// oneOf checks an optional string field that takes few values.
func (c *checker) oneOf(o object, key, at string, values ...string) {
	if !given(o, key) {
		return
	}
	if s, ok := o[key].(string); !ok || !slices.Contains(values, s) {
		c.add(at+"/"+key, "must be one of: %s", strings.Join(values, ", "))
	}
}

// boolean checks an optional boolean field.
func (c *checker) boolean(o object, key, at string) bool {
	if !given(o, key) {
		return false
	}
	b, ok := o[key].(bool)
	if !ok {
		c.add(at+"/"+key, "must provide a boolean")
	}
	return b
}

// integer checks an optional whole number.
func (c *checker) integer(o object, key, at string, least, most int) (int, bool) {
	if !given(o, key) {
		return 0, false
	}
	n, ok := o[key].(float64)
	if !ok || n != float64(int(n)) {
		c.add(at+"/"+key, "must provide an integer")
		return 0, false
	}
	if int(n) < least || int(n) > most {
		c.add(at+"/"+key, "must be between %d and %d", least, most)
	}
	return int(n), true
}

// list checks an array field of objects and returns them with their pointers.
func (c *checker) list(o object, key, at string, least, most int, required bool) ([]object, []string) {
	if !given(o, key) {
		if required {
			c.add(at, "missing required field: %s", key)
		}
		return nil, nil
	}
	values, ok := o[key].([]any)
	if !ok {
		c.add(at+"/"+key, "must provide an array")
		return nil, nil
	}
	return c.items(values, at+"/"+key, least, most)
}

// items checks an array of objects and returns them with their pointers.
func (c *checker) items(values []any, at string, least, most int) (found []object, places []string) {
	if len(values) < least {
		c.add(at, "must provide at least %d items", least)
	}
	if len(values) > most {
		c.add(at, "no more than %d items allowed", most)
	}
	for i, v := range values {
		place := at + "/" + strconv.Itoa(i)
		if o, ok := v.(object); ok {
			found, places = append(found, o), append(places, place)
		} else {
			c.add(place, "must provide an object")
		}
	}
	return found, places
}

// child checks an object field; nil if there is none.
func (c *checker) child(o object, key, at string, required bool) object {
	if !given(o, key) {
		if required {
			c.add(at, "missing required field: %s", key)
		}
		return nil
	}
	v, ok := o[key].(object)
	if !ok {
		c.add(at+"/"+key, "must provide an object")
	}
	return v
}

// Whether a text object may be mrkdwn.
const (
	plain  = false
	either = true
)

// text checks a text object field.
func (c *checker) text(o object, key, at string, most int, mrkdwn, required bool) {
	if t := c.child(o, key, at, required); t != nil {
		c.textObject(t, at+"/"+key, most, mrkdwn)
	}
}

// textObject checks a text object: https://docs.slack.dev/reference/block-kit/composition-objects/text-object.
func (c *checker) textObject(t object, at string, most int, mrkdwn bool) {
	switch t["type"] {
	case "plain_text":
		c.only(t, at, "type", "text", "emoji")
		c.boolean(t, "emoji", at)
	case "mrkdwn":
		if !mrkdwn {
			c.add(at+"/type", "unsupported type: mrkdwn")
		}
		c.only(t, at, "type", "text", "verbatim")
		c.boolean(t, "verbatim", at)
	default:
		c.badType(t, at)
	}
	c.str(t, "text", at, 1, most, true)
}

// badType notes a missing or unknown type.
func (c *checker) badType(o object, at string) {
	if !given(o, "type") {
		c.add(at, "missing required field: type")
		return
	}
	c.add(at+"/type", "unsupported type: %v", o["type"])
}

// url checks a field that holds a URL; schemes empty means any.
func (c *checker) url(o object, key, at string, required bool, schemes ...string) {
	s := c.str(o, key, at, 0, maxURL, required)
	if s == "" {
		return
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" || len(schemes) > 0 && !slices.Contains(schemes, u.Scheme) {
		c.add(at+"/"+key, "must be a valid URL")
	}
}

// matches checks an optional string field against a pattern.
func (c *checker) matches(o object, key, at string, pattern *regexp.Regexp, wants string) {
	if s := c.str(o, key, at, 0, maxText, false); s != "" && !pattern.MatchString(s) {
		c.add(at+"/"+key, "must be %s", wants)
	}
}
