package slackd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// slackbotID is the account every workspace has; the directory lists it as if it were a person.
const slackbotID = "USLACKBOT"

// directory is who is in the workspace.
type directory struct {
	byID    map[string]*account
	byName  map[string]*account // by handle
	byEmail map[string]*account // by email in lower case; deactivated accounts are left out
	order   []*account          // in the order they joined; nobody ever leaves it
	groups  []UserGroup
}

// account is a user and where they stand in the directory's order.
type account struct {
	User
	place   int
	updated int64 // unix seconds
}

func newDirectory(size int) directory {
	return directory{
		byID:    make(map[string]*account, size),
		byName:  make(map[string]*account, size),
		byEmail: make(map[string]*account, size),
		order:   make([]*account, 0, size),
	}
}

// add lets somebody in.
func (d *directory) add(u User) error {
	if u.ID == "" || u.Name == "" {
		return fmt.Errorf("user %q %q needs an id and a handle", u.ID, u.Name)
	}
	if d.byID[u.ID] != nil {
		return fmt.Errorf("user id %s is taken", u.ID)
	}
	if d.byName[u.Name] != nil {
		return fmt.Errorf("handle @%s is taken", u.Name)
	}
	a := &account{User: u, place: len(d.order)}
	d.byID[u.ID] = a
	d.order = append(d.order, a)
	d.index(a)
	return nil
}

// index makes an account findable by handle and email.
func (d *directory) index(a *account) {
	d.byName[a.Name] = a
	if a.Email != "" && !a.Deleted {
		d.byEmail[strings.ToLower(a.Email)] = a
	}
}

// update replaces an account.
func (d *directory) update(u User) error {
	a := d.byID[u.ID]
	if a == nil {
		return fmt.Errorf("there is no user %s", u.ID)
	}
	if other := d.byName[u.Name]; u.Name == "" || other != nil && other != a {
		return fmt.Errorf("handle @%s is taken", u.Name)
	}
	delete(d.byName, a.Name)
	if email := strings.ToLower(a.Email); d.byEmail[email] == a {
		delete(d.byEmail, email)
	}
	a.User = u
	d.index(a)
	return nil
}

// addGroup adds a user group.
func (d *directory) addGroup(g UserGroup) error {
	for _, other := range d.groups {
		if other.ID == g.ID || other.Handle == g.Handle {
			return fmt.Errorf("user group %s @%s is taken", g.ID, g.Handle)
		}
	}
	d.groups = append(d.groups, g)
	return nil
}

// group returns the group with this id.
func (d *directory) group(id string) (UserGroup, bool) {
	i := slices.IndexFunc(d.groups, func(g UserGroup) bool { return g.ID == id })
	if i < 0 {
		return UserGroup{}, false
	}
	return d.groups[i], true
}

// completed fills what an account cannot lack.
func (s *Server) completed(u User) User {
	u.TeamID = cmp.Or(u.TeamID, s.team.ID)
	u.RealName = cmp.Or(u.RealName, u.Name)
	return u
}

// Team returns the workspace.
func (s *Server) Team() Team { return s.team }

// App returns the installed app.
func (s *Server) App() App { return s.app }

// User returns the user with this id.
func (s *Server) User(id string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.directory.byID[id]; a != nil {
		return a.User, true
	}
	return User{}, false
}

// UserByName returns the user with this handle.
func (s *Server) UserByName(handle string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.directory.byName[handle]; a != nil {
		return a.User, true
	}
	return User{}, false
}

// Users returns up to limit users from offset, in the order they joined, Slackbot and the app first; limit 0 means all.
func (s *Server) Users(offset, limit int) []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := s.directory.order[min(offset, len(s.directory.order)):]
	if limit > 0 {
		order = order[:min(limit, len(order))]
	}
	users := make([]User, len(order))
	for i, a := range order {
		users[i] = a.User
	}
	return users
}

// UserGroups returns the workspace's groups.
func (s *Server) UserGroups() []UserGroup {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.directory.groups)
}

// AddUser lets somebody join; a subscribed app hears team_join. It fails if the id or handle is taken.
func (s *Server) AddUser(u User) error {
	s.mu.Lock()
	if err := s.directory.add(s.completed(u)); err != nil {
		s.mu.Unlock()
		return err
	}
	s.directoryChanged(u.ID, "team_join")
	return nil
}

// UpdateUser replaces the account with u.ID; a subscribed app hears user_change. It fails if there is none, or if
// somebody else has the handle.
func (s *Server) UpdateUser(u User) error {
	s.mu.Lock()
	if err := s.directory.update(s.completed(u)); err != nil {
		s.mu.Unlock()
		return err
	}
	s.directoryChanged(u.ID, "user_change")
	return nil
}

// Deactivate marks an account as deleted; a subscribed app hears user_change. It fails if there is none.
func (s *Server) Deactivate(id string) error {
	u, ok := s.User(id)
	if !ok {
		return fmt.Errorf("there is no user %s", id)
	}
	u.Deleted = true
	return s.UpdateUser(u)
}

// directoryChanged tells the page and the app about an account. Callers hold mu, which it unlocks.
func (s *Server) directoryChanged(id, event string) {
	a := s.directory.byID[id]
	a.updated = s.now().Unix()
	user := s.userObject(a)
	s.changed(Change{Kind: "directory"})
	s.mu.Unlock()
	s.publish(event, object{"user": user, "cache_ts": a.updated})
}

// Uninstall revokes the app's tokens; a subscribed app hears tokens_revoked and app_uninstalled first.
func (s *Server) Uninstall() {
	s.publish("tokens_revoked", object{"tokens": object{"oauth": []string{}, "bot": []string{s.app.BotUserID}}})
	s.publish("app_uninstalled", object{})
	s.mu.Lock()
	s.revoked = true
	s.mu.Unlock()
}

// userObject is the account as users.info shows it to an app with users:read; the email needs users:read.email.
// Callers hold mu. See https://docs.slack.dev/reference/objects/user-object.
func (s *Server) userObject(a *account) object {
	profile := object{
		"real_name":               a.RealName,
		"real_name_normalized":    a.RealName,
		"display_name":            a.DisplayName,
		"display_name_normalized": a.DisplayName,
		"title":                   a.Title,
		"phone":                   "",
		"skype":                   "",
		"status_text":             a.StatusText,
		"status_emoji":            a.StatusEmoji,
		"status_expiration":       0,
		"avatar_hash":             "g" + a.ID,
		"team":                    a.TeamID,
	}
	if a.Email != "" && s.granted("users:read.email") {
		profile["email"] = a.Email
	}
	if a.IsBot {
		profile["api_app_id"], profile["bot_id"] = s.app.ID, s.app.BotID
	}
	user := object{
		"id":          a.ID,
		"team_id":     a.TeamID,
		"name":        a.Name,
		"deleted":     a.Deleted,
		"profile":     profile,
		"is_bot":      a.IsBot,
		"is_app_user": false,
		"updated":     a.updated,
	}
	if a.IsStranger {
		user["is_stranger"] = true
	}
	if a.Deleted { // Slack shows little more of a deactivated account
		return user
	}
	maps.Copy(user, object{
		"color":               "9f69e7",
		"real_name":           a.RealName,
		"tz_label":            a.TZLabel,
		"tz_offset":           a.TZOffset,
		"is_admin":            a.IsAdmin,
		"is_owner":            a.IsOwner,
		"is_primary_owner":    a.IsPrimaryOwner,
		"is_restricted":       a.IsRestricted,
		"is_ultra_restricted": a.IsUltraRestricted,
		"is_email_confirmed":  a.Email != "",
	})
	if a.TZ != "" {
		user["tz"] = a.TZ
	}
	if s.team.EnterpriseID != "" && !a.IsStranger {
		user["enterprise_user"] = object{
			"id": a.ID, "enterprise_id": s.team.EnterpriseID, "enterprise_name": s.team.Name, "teams": []string{s.team.ID},
			"is_admin": a.IsAdmin, "is_owner": a.IsOwner, "is_primary_owner": a.IsPrimaryOwner,
		}
	}
	return user
}
