package slackd

import (
	"context"
	"errors"
)

var errUnbuilt = errors.New("not built yet")

func newServer(Options) (*Server, error)                                    { return nil, errUnbuilt }
func (s *Server) setBaseURL(string)                                         {}
func (s *Server) getBaseURL() string                                        { return "" }
func (s *Server) start(context.Context) error                               { return errUnbuilt }
func (s *Server) close() error                                              { return nil }
func (s *Server) inject(Fault) int                                          { return 0 }
func (s *Server) clearFault(int)                                            {}
func (s *Server) clearFaults()                                              {}
func (s *Server) faultList() []Fault                                        { return nil }
func (s *Server) subscribe(string) (<-chan Change, func())                  { return nil, func() {} }
func (s *Server) deliver(context.Context, Envelope) (Ack, error)            { return Ack{}, errUnbuilt }
func (s *Server) deliverRaw([]byte) error                                   { return errUnbuilt }
func (s *Server) sendEvent(any) error                                       { return errUnbuilt }
func (s *Server) ackList() []Ack                                            { return nil }
func (s *Server) callList(string) []Call                                    { return nil }
func (s *Server) connections() int                                          { return 0 }
func (s *Server) awaitConnections(context.Context, int) error               { return errUnbuilt }
func (s *Server) disconnect(string)                                         {}
func (s *Server) dropSockets()                                              {}
func (s *Server) user(string) (User, bool)                                  { return User{}, false }
func (s *Server) userByName(string) (User, bool)                            { return User{}, false }
func (s *Server) users(int, int) []User                                     { return nil }
func (s *Server) channel(string) (Channel, bool)                            { return Channel{}, false }
func (s *Server) channelByName(string) (Channel, bool)                      { return Channel{}, false }
func (s *Server) channelList() []Channel                                    { return nil }
func (s *Server) groupList() []UserGroup                                    { return nil }
func (s *Server) file(string) (File, bool)                                  { return File{}, false }
func (s *Server) addUser(User) error                                        { return errUnbuilt }
func (s *Server) updateUser(User) error                                     { return errUnbuilt }
func (s *Server) deactivate(string) error                                   { return errUnbuilt }
func (s *Server) uninstall()                                                {}
func (s *Server) message(string, string) (Message, bool)                    { return Message{}, false }
func (p *Person) command(context.Context, string, string) (Ack, error)      { return Ack{}, errUnbuilt }
func (p *Person) say(context.Context, string, string) (Message, error)      { return Message{}, errUnbuilt }
func (p *Person) shortcut(context.Context, string) (Ack, error)             { return Ack{}, errUnbuilt }
func (p *Person) openHome(context.Context) error                            { return errUnbuilt }
func (p *Person) openMessages(context.Context) error                        { return errUnbuilt }
func (p *Person) home() (View, bool)                                        { return View{}, false }
func (p *Person) modals() []View                                            { return nil }
func (p *Person) dm() string                                                { return "" }
func (p *Person) channels() []Channel                                       { return nil }
func (p *Person) messages(string) []Message                                 { return nil }
func (p *Person) dismiss(string, string)                                    {}
func (p *Person) messageElements(string, string) []Element                  { return nil }
func (p *Person) viewElements(string) []Element                             { return nil }
func (p *Person) click(context.Context, Target, []string) (Ack, error)      { return Ack{}, errUnbuilt }
func (p *Person) fill(Target, []string) error                               { return errUnbuilt }
func (p *Person) state(Target) Values                                       { return nil }
func (p *Person) suggest(context.Context, Target, string) ([]Option, error) { return nil, errUnbuilt }
func (p *Person) submit(context.Context, string, map[string][]string) (Submission, error) {
	return Submission{}, errUnbuilt
}
func (p *Person) closeModal(context.Context, string, bool) error { return errUnbuilt }
func (p *Person) await(context.Context, func() bool) error       { return errUnbuilt }
func (p *Person) awaitMessage(context.Context, string, func(Message) bool) (Message, error) {
	return Message{}, errUnbuilt
}
func (p *Person) awaitModal(context.Context, func(View) bool) (View, error) {
	return View{}, errUnbuilt
}
func (p *Person) awaitHome(context.Context, func(View) bool) (View, error) { return View{}, errUnbuilt }
