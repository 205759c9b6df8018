package handlers

// The tables, for tests that try every entry.

// Everyone and the others name the audiences.
const (
	Everyone  = everyone
	Members   = members
	Inviters  = inviters
	Admins    = admins
	Operators = operators
	Admitters = admitters
)

// An Entry is a line of a table.
type Entry struct {
	Name string
	Who  audience
}

// Commands lists the subcommands.
func Commands() []Entry {
	var list []Entry
	for _, c := range commands() {
		list = append(list, Entry{c.name, c.who})
	}
	return list
}

// Actions lists the action ids.
func Actions() []Entry {
	var list []Entry
	for _, a := range actions() {
		list = append(list, Entry{a.id, a.who})
	}
	return list
}

// Forms lists the callback ids.
func Forms() []Entry {
	var list []Entry
	for _, f := range forms() {
		list = append(list, Entry{f.id, f.who})
	}
	return list
}
