package view

import (
	"cmp"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"herald/store"
)

// A sheet is a file for spreadsheets.
type sheet struct {
	text strings.Builder
	out  *csv.Writer
	rows int
}

// begin writes the heading.
func (s *sheet) begin(heading ...string) {
	s.text.WriteRune('\ufeff') // Excel takes a file for UTF-8 only if it begins with this mark
	s.out = csv.NewWriter(&s.text)
	s.write(heading...)
}

// CSV is an export of the member list.
type CSV struct {
	sheet
	offered Offered
}

// NewCSV returns an export with its heading, which has a column for each of the networks.
func NewCSV(offered Offered) *CSV {
	c := &CSV{offered: offered}
	heading := []string{"Name", "Handle", "Email", "User type", "Registered"}
	for _, network := range offered {
		heading = append(heading, network.Title)
	}
	c.begin(append(heading, "Company Facebook page", "Invited")...)
	return c
}

// Add adds a row of the list.
func (c *CSV) Add(row store.RosterRow) {
	c.rows++
	networks := make([]string, len(c.offered))
	page := ""
	if row.Member == nil {
		invited := ""
		if row.Invite != nil {
			invited = row.Invite.InvitedAt.UTC().Format(time.DateOnly)
		}
		cells := append([]string{row.Person.Name, row.Person.Handle, row.Person.Email, "not registered", ""}, networks...)
		c.write(append(cells, page, invited)...)
		return
	}
	m := row.Member
	for i, network := range c.offered {
		conn, connected := m.Connection(network.Name)
		switch {
		case connected && conn.State == store.Connected:
			networks[i] = "connected"
		case connected:
			networks[i] = "reconnect"
		}
	}
	for _, conn := range m.Connections {
		page = cmp.Or(page, conn.CompanyPage)
	}
	cells := append([]string{m.Name, m.Handle, m.Email, TypeName(m.Type), m.RegisteredAt.UTC().Format(time.DateOnly)}, networks...)
	c.write(append(cells, page, "")...)
}

// InvitationsCSV is an export of the invitations.
type InvitationsCSV struct{ sheet }

// NewInvitationsCSV returns an export with its heading.
func NewInvitationsCSV() *InvitationsCSV {
	c := &InvitationsCSV{}
	c.begin("Name", "Handle", "Email", "State", "Invited as", "Invited", "Invited by", "Reminded", "Ended", "Not delivered because")
	return c
}

// Add adds an invitation; inviter is the name of who invited, "" if they were removed.
func (c *InvitationsCSV) Add(row store.Invitation, inviter string) {
	c.rows++
	var name, handle, email string
	switch {
	case row.Member != nil:
		name, handle, email = row.Member.Name, row.Member.Handle, row.Member.Email
	case row.Person != nil:
		name, handle, email = row.Person.Name, row.Person.Handle, row.Person.Email
	default:
		name, email = row.Name, row.Email
	}
	ended, failure := "", ""
	if !row.EndedAt.IsZero() {
		ended = row.EndedAt.UTC().Format(time.DateOnly)
	}
	if row.State == store.StateFailed {
		failure = undelivered(row.Failure)
	}
	c.write(name, handle, email, strings.ToLower(stateName(row.State)), TypeName(row.As), row.InvitedAt.UTC().Format(time.DateOnly), inviter,
		strconv.Itoa(row.Reminded), ended, failure)
}

// Rows is how many rows were added.
func (s *sheet) Rows() int { return s.rows }

// String is the file.
func (s *sheet) String() string {
	s.out.Flush()
	return s.text.String()
}

// write adds a line. A cell that begins like a formula would be run by the spreadsheet, so it begins with an apostrophe
// (https://owasp.org/www-community/attacks/CSV_Injection).
func (s *sheet) write(cells ...string) {
	for i, cell := range cells {
		if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			cells[i] = "'" + cell
		}
	}
	// A strings.Builder takes everything: there is no error to see.
	_ = s.out.Write(cells)
}
