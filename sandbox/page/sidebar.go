package page

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"herald/sandbox/slackd"
)

// frame is what surrounds every page: the sidebar and the person.
type frame struct {
	Base    string // the person's addresses begin so
	User    face
	Team    slackd.Team
	App     slackd.App
	At      string // "home", "messages" or a channel id
	Nav     nav
	People  people
	Title   string
	Mailbox string // where mail is shown, or ""
	Barred  string // why the person cannot act, e.g. because they left
}

// face is how a person looks.
type face struct {
	ID, Handle, Name, Title string
	Initial, Hue            string
	Tags                    []string // "owner", "guest", …
	Unread                  int
}

func (s *Server) frame(v visit, at, title string) frame {
	f := frame{
		Base: v.base(), User: faceOf(v.user), Team: s.slack.Team(), App: s.slack.App(), At: at, Title: title, Mailbox: s.mailbox,
		Nav: s.nav(v, at), People: s.people(v, "", at),
	}
	if v.user.Deleted {
		f.Barred = "This account is deactivated. Choose somebody else to act as."
	}
	return f
}

func faceOf(u slackd.User) face {
	f := face{ID: u.ID, Handle: u.Name, Name: u.RealName, Title: u.Title, Initial: initial(called(u)), Hue: hue(u.ID)}
	for _, tag := range []struct {
		is   bool
		name string
	}{
		{u.IsPrimaryOwner, "primary owner"},
		{u.IsAdmin && !u.IsPrimaryOwner, "workspace admin"},
		{u.IsUltraRestricted, "single-channel guest"},
		{u.IsRestricted && !u.IsUltraRestricted, "guest"},
		{u.Deleted, "deactivated"},
		{u.IsBot, "app"},
	} {
		if tag.is {
			f.Tags = append(f.Tags, tag.name)
		}
	}
	return f
}

// initial is the first letter, with the marks that belong to it.
func initial(name string) string {
	it := norm.Iter{}
	it.InitString(norm.NFC, name)
	for !it.Done() {
		segment := string(it.Next())
		if r, _ := utf8.DecodeRuneInString(segment); !strings.ContainsRune("*_~<>@&`'\"=:{", r) {
			return strings.ToUpper(segment)
		}
	}
	return "?"
}

// hue picks one of the stylesheet's colours, always the same for an id.
func hue(id string) string {
	sum := 0
	for _, r := range id {
		sum = (sum*31 + int(r)) % 997
	}
	return "hue-" + string(rune('a'+sum%8))
}

type nav struct {
	Base     string
	At       string
	App      slackd.App
	Channels []navItem
	DM       navItem
}

type navItem struct {
	ID, Name string
	Private  bool
	Unread   int
	Member   bool
}

func (s *Server) nav(v visit, at string) nav {
	n := nav{Base: v.base(), At: at, App: s.slack.App()}
	for _, c := range v.person.Channels() {
		item := navItem{ID: c.ID, Name: c.Name, Private: c.IsPrivate, Member: slices.Contains(c.Members, v.user.ID)}
		if c.ID != at {
			item.Unread = s.unread(v.person, c.ID)
		}
		if c.IsIM {
			if at != "messages" {
				n.DM = item
			}
			continue
		}
		n.Channels = append(n.Channels, item)
	}
	return n
}

func (s *Server) navFragment(v visit) {
	s.show(v, "nav", s.nav(v, v.FormValue("at")))
}

// unread counts what others wrote since the person last looked.
func (s *Server) unread(p *slackd.Person, channel string) int {
	s.mu.Lock()
	read := s.read[conversation{p.ID(), channel}]
	s.mu.Unlock()
	n := 0
	for _, m := range slices.Backward(p.Messages(channel)) {
		if m.TS <= read {
			break
		}
		if m.User != p.ID() {
			n++
		}
	}
	return n
}

// markRead remembers that the person has seen everything up to ts.
func (s *Server) markRead(user, channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := conversation{user, channel}
	if ts > s.read[key] {
		s.read[key] = ts
	}
}

// shownPeople is how many people the picker lists at once.
const shownPeople = 40

type people struct {
	Base, At string
	Typed    string
	Faces    []face
	More     int // how many matched beyond those listed
}

// people lists those whom the browser may act as: the main characters first, or all who match what was typed.
func (s *Server) people(v visit, typed, at string) people {
	p := people{Base: v.base(), Typed: typed, At: at}
	if at != "home" && at != "messages" {
		p.At = "home"
	}
	wanted := fold(typed)
	for _, u := range s.slack.Users(0, 0) {
		main := slices.Contains(s.first, u.ID)
		if u.IsBot || u.ID == "USLACKBOT" || (wanted == "" && !main) || !matches(u, wanted) {
			continue
		}
		if len(p.Faces) == shownPeople {
			p.More++
			continue
		}
		f := faceOf(u)
		if main && u.ID != v.user.ID {
			f.Unread = s.unread(s.slack.Person(u.ID), s.slack.Person(u.ID).DM())
		}
		p.Faces = append(p.Faces, f)
	}
	slices.SortStableFunc(p.Faces, func(a, b face) int { return s.rank(a.ID) - s.rank(b.ID) })
	return p
}

// rank sorts the main characters first.
func (s *Server) rank(id string) int {
	if i := slices.Index(s.first, id); i >= 0 {
		return i
	}
	return len(s.first)
}

func (s *Server) peopleFragment(v visit) {
	s.show(v, "people", s.people(v, v.FormValue("q"), v.FormValue("at")))
}

// matches reports whether any part of the user's names begins as typed; folded is what fold made of it.
func matches(u slackd.User, folded string) bool {
	if folded == "" {
		return true
	}
	for _, name := range []string{u.RealName, u.DisplayName, u.Name} {
		name = fold(name)
		if strings.HasPrefix(name, folded) || strings.Contains(name, " "+folded) || strings.Contains(name, "."+folded) {
			return true
		}
	}
	return false
}

// fold drops case and accents, so that "garcia" finds García.
func fold(s string) string {
	var out strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(strings.TrimSpace(s))) {
		if r < 0x300 || r > 0x36f {
			out.WriteRune(r)
		}
	}
	return out.String()
}
