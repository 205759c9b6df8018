package slackd

import "context"

// OpenHome opens the app's Home tab; a subscribed app hears app_home_opened. It does not wait for the app to publish:
// see AwaitHome.
func (p *Person) OpenHome(context.Context) error { return p.openTab("home") }

// OpenMessages opens the app's Messages tab; a subscribed app hears app_home_opened with the tab "messages".
func (p *Person) OpenMessages(context.Context) error { return p.openTab("messages") }

// openTab tells the app which tab of its home the person opened.
func (p *Person) openTab(tab string) error {
	s := p.s
	s.mu.Lock()
	if _, err := p.account(); err != nil {
		s.mu.Unlock()
		return err
	}
	event := object{"user": p.id, "channel": dmID(p.id), "tab": tab}
	if home := s.desk(p.id).home; home != nil && tab == "home" {
		event["view"] = s.viewObject(home)
	}
	s.mu.Unlock()
	s.publish("app_home_opened", event)
	return nil
}

// Home returns the Home tab as last published to the person; ok is false if it never was.
func (p *Person) Home() (v View, ok bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	d := p.s.desks[p.id]
	if d == nil || d.home == nil {
		return View{}, false
	}
	return d.home.export(), true
}
