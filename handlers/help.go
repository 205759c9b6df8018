package handlers

import (
	"context"
	"strings"

	"herald/handlers/view"
)

// help answers "/social help".
func (h *Handlers) help(_ context.Context, r *request) (reply, error) {
	var everybody, company []view.HelpLine
	for _, c := range commands() {
		line := view.HelpLine{Name: c.name, Usage: c.usage, Help: c.help}
		switch {
		case c.who == everyone || c.who == members, c.who == inviters && r.access.Inviter && !r.admin():
			everybody = append(everybody, line)
		case (c.who == admins || c.who == inviters) && r.admin():
			company = append(company, line)
		}
	}
	return fresh(view.Help(everybody, company)), nil
}

// unknown answers a word that is no subcommand.
func (h *Handlers) unknown(_ context.Context, r *request) (reply, error) {
	word, _, _ := strings.Cut(unescape(r.args), " ")
	return reply{}, &UserError{view.Unknown(word, closest(word, r))}
}

// closest returns the subcommand that somebody meant, perhaps: at most two letters off, not all of them, and one that they may use. Else "".
func closest(word string, r *request) string {
	best, found := min(3, len(word)), ""
	for _, c := range commands() {
		if r.allow(c.who) != nil {
			continue
		}
		if d := distance(strings.ToLower(word), c.name, best); d < best {
			best, found = d, c.name
		}
	}
	return found
}

// distance is how many letters must be added, dropped, changed or swapped with their neighbour to turn a into b; limit if it is at
// least that.
func distance(a, b string, limit int) int {
	from, to := []rune(a), []rune(b)
	if len(from)-len(to) >= limit || len(to)-len(from) >= limit {
		return limit
	}
	// rows[i][j] turns the first i letters of from into the first j of to.
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range to {
		rows[0][j+1] = j + 1
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			change := 1
			if from[i-1] == to[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return min(limit, rows[len(from)][len(to)])
}
