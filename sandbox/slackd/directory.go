package slackd

// Team returns the workspace.
func (s *Server) Team() Team { return s.team }

// App returns the installed app.
func (s *Server) App() App { return s.app }

// User returns the user with this id.
func (s *Server) User(id string) (User, bool) { return s.user(id) }

// UserByName returns the user with this handle.
func (s *Server) UserByName(handle string) (User, bool) { return s.userByName(handle) }

// Users returns up to limit users from offset, in the order they joined; limit 0 means all.
func (s *Server) Users(offset, limit int) []User { return s.users(offset, limit) }

// Channel returns the channel with this id.
func (s *Server) Channel(id string) (Channel, bool) { return s.channel(id) }

// ChannelByName returns the channel with this name, without the #.
func (s *Server) ChannelByName(name string) (Channel, bool) { return s.channelByName(name) }

// Channels returns the public and private channels, in the order they were created, without DMs.
func (s *Server) Channels() []Channel { return s.channelList() }

// UserGroups returns the workspace's groups.
func (s *Server) UserGroups() []UserGroup { return s.groupList() }

// File returns an uploaded file.
func (s *Server) File(id string) (File, bool) { return s.file(id) }

// AddUser lets somebody join; a subscribed app hears team_join. It fails if the id or handle is taken.
func (s *Server) AddUser(u User) error { return s.addUser(u) }

// UpdateUser replaces the account with u.ID; a subscribed app hears user_change. It fails if there is none.
func (s *Server) UpdateUser(u User) error { return s.updateUser(u) }

// Deactivate marks an account as deleted; a subscribed app hears user_change.
func (s *Server) Deactivate(id string) error { return s.deactivate(id) }

// Uninstall revokes the app's tokens; the app hears app_uninstalled and tokens_revoked if subscribed.
func (s *Server) Uninstall() { s.uninstall() }

// Message returns any message, ephemeral ones too, as the server has it.
func (s *Server) Message(channel, ts string) (Message, bool) { return s.message(channel, ts) }
