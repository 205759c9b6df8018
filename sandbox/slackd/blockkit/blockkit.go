// Package blockkit checks Block Kit JSON against the limits Slack enforces, and words its findings as Slack does.
// The numbers are those of https://docs.slack.dev/reference/block-kit and the official SDKs' types.
package blockkit

// Surface is where blocks are shown; each allows other blocks and other counts.
type Surface string

// The surfaces.
const (
	Message    Surface = "message"    // at most 50 blocks
	Modal      Surface = "modal"      // at most 100 blocks; inputs need a submit text
	Home       Surface = "home"       // at most 100 blocks
	Attachment Surface = "attachment" // blocks within a message's attachment
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
func Validate(surface Surface, blocks []byte) []Problem { return nil }

// ValidateView checks a whole modal or Home view.
func ValidateView(view []byte) []Problem { return nil }

// ValidateAttachments checks a JSON array of message attachments. The pointers begin with /attachments.
func ValidateAttachments(attachments []byte) []Problem { return nil }

// Check is Validate for decoded JSON.
func Check(surface Surface, blocks []any) []Problem { return nil }

// CheckAttachments is ValidateAttachments for decoded JSON.
func CheckAttachments(attachments []any) []Problem { return nil }

// CheckView is ValidateView for decoded JSON.
func CheckView(view map[string]any) []Problem { return nil }

// CheckOptions checks the answer to a block_suggestion, {"options":…} or {"option_groups":…}.
func CheckOptions(answer map[string]any) []Problem { return nil }
