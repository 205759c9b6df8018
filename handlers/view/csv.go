package view

import (
	"encoding/csv"
	"strings"
	"time"

	"herald/store"
)

// CSV is an export of the member list, for spreadsheets.
type CSV struct {
	text strings.Builder
	out  *csv.Writer
	rows int
}

// NewCSV returns an export with its heading.
func NewCSV() *CSV {
	c := &CSV{}
	c.text.WriteRune('\ufeff') // Excel takes a file for UTF-8 only if it begins with this mark
	c.out = csv.NewWriter(&c.text)
	c.write("Name", "Handle", "Email", "User type", "Registered", "LinkedIn", "Facebook", "Company Facebook page", "Invited")
	return c
}

// Add adds a row of the list.
func (c *CSV) Add(row store.RosterRow) {
	c.rows++
	if row.Member == nil {
		invited := ""
		if row.Invite != nil {
			invited = row.Invite.InvitedAt.UTC().Format(time.DateOnly)
		}
		c.write(row.Person.Name, row.Person.Handle, row.Person.Email, "not registered", "", "", "", "", invited)
		return
	}
	m := row.Member
	states := map[string]string{}
	page := ""
	for _, conn := range m.Connections {
		states[conn.Network] = "connected"
		if conn.State != store.Connected {
			states[conn.Network] = "reconnect"
		}
		if conn.CompanyPage != "" {
			page = conn.CompanyPage
		}
	}
	c.write(m.Name, m.Handle, m.Email, TypeName(m.Type), m.RegisteredAt.UTC().Format(time.DateOnly), states["linkedin"], states["facebook"], page, "")
}

// Rows is how many people were added.
func (c *CSV) Rows() int { return c.rows }

// String is the file.
func (c *CSV) String() string {
	c.out.Flush()
	return c.text.String()
}

// write adds a line. A cell that begins like a formula would be run by the spreadsheet, so it begins with an apostrophe
// (https://owasp.org/www-community/attacks/CSV_Injection).
func (c *CSV) write(cells ...string) {
	for i, cell := range cells {
		if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			cells[i] = "'" + cell
		}
	}
	// A strings.Builder takes everything: there is no error to see.
	_ = c.out.Write(cells)
}
