package page

import "html/template"

// homePane is the app's Home tab.
type homePane struct {
	frame
	Home homeView
}

type homeView struct {
	Base, Vals string
	Published  bool
	App        string
	Body       template.HTML
}

// homePage opens the Home tab, which the app hears, and shows what it published last; the rest follows live.
func (s *Server) homePage(v visit) {
	if err := v.person.OpenHome(v.Context()); err != nil {
		s.log.DebugContext(v.Context(), "open the Home tab", "error", err)
	}
	s.show(v, "home-page", homePane{s.frame(v, "home", s.slack.App().Name), s.home(v)})
}

func (s *Server) homeView(v visit) { s.show(v, "home-view", s.home(v)) }

func (s *Server) home(v visit) homeView {
	shown := homeView{Base: v.base(), App: s.slack.App().Name}
	view, ok := v.person.Home()
	if !ok {
		return shown
	}
	shown.Published = true
	shown.Vals = vals("view", view.ID)
	shown.Body = s.blocks.Blocks(s.surface(v, "home", view.State, nil), view.Blocks)
	return shown
}
