package view

import (
	"strconv"
	"strings"
)

// Action ids of the menu, /social me and the Home tab.
const (
	ActionSignup   = "signup"           // asks for the sign-up screen with a personal link
	ActionStored   = "stored"           // What is stored?
	ActionMe       = "me"               // My data
	ActionDownload = "me_download"      // Download my data
	ActionLeave    = "leave"            // opens the confirmation
	ActionMembers  = "members_open"     // User Management
	ActionAudit    = "audit_open"       // Audit
	ActionHomeMenu = "home_menu"        // back to the menu alone
	ActionFilter   = "members_filter"   // the Filter members menu
	ActionSearch   = "members_search"   // a search was typed
	ActionClear    = "members_clear"    // all members again
	ActionSelect   = "members_select"   // the checkbox of a row
	ActionAll      = "members_all"      // Select all N matching
	ActionNone     = "members_none"     // Clear selection
	ActionPrev     = "members_prev"     // value: the page wanted
	ActionNext     = "members_next"     // value: the page wanted
	ActionExport   = "members_export"   // Export CSV
	ActionType     = "member_type"      // the user type of a row
	ActionRemove   = "member_remove"    // Remove of a row
	ActionRemoveN  = "members_remove"   // Remove Selected
	FormRemoval    = "removal"          // the confirmation; private metadata: the removal's id
	BlockNever     = "removal_never"    // its input for who leaves: Don't invite me again
	BlockCount     = "removal_count"    // its input: the number of accounts, typed
	ActionCount    = "removal_count_in" // the element of BlockCount
)

// BlockID names a block of a User Management screen. Slack keeps what people chose in a block as long as the block's id stays
// (https://docs.slack.dev/reference/block-kit/blocks), so the revision makes it draw what the server remembers.
// Part and rowID may be empty; none of them contains a dot.
func BlockID(screenID string, revision int, part, rowID string) string {
	return strings.Join([]string{screenID, strconv.Itoa(revision), part, rowID}, ".")
}

// ParseBlockID is the way back from BlockID. Nothing in it can be trusted: it comes from the client.
func ParseBlockID(id string) (screenID string, revision int, part, rowID string, ok bool) {
	fields := strings.Split(id, ".")
	if len(fields) != 4 {
		return "", 0, "", "", false
	}
	revision, err := strconv.Atoi(fields[1])
	if err != nil {
		return "", 0, "", "", false
	}
	return fields[0], revision, fields[2], fields[3], true
}
