package facebook

import (
	"net/http"
	"slices"
	"strings"
)

// appsAndWebsites is where people see which apps they let in, and throw them out again.
func (s *Server) appsAndWebsites(w http.ResponseWriter, r *http.Request) {
	s.showApps(w, r, "", nil)
}

func (s *Server) showApps(w http.ResponseWriter, r *http.Request, notice string, deletion *Deletion) {
	type connected struct {
		App     App
		Account Account
		Scopes  string
	}
	var list []connected
	s.mu.Lock()
	for _, a := range s.accounts {
		for id, app := range s.apps {
			var granted []string
			for scope, yes := range s.consents[connection{id, a.ID}] {
				if yes {
					granted = append(granted, scope)
				}
			}
			if granted == nil {
				continue
			}
			slices.Sort(granted)
			list = append(list, connected{app, a, strings.Join(granted, ", ")})
		}
	}
	s.mu.Unlock()
	slices.SortStableFunc(list, func(a, b connected) int { return strings.Compare(a.App.Name, b.App.Name) })
	s.page(w, r, http.StatusOK, "apps.html", "'self'", map[string]any{"Apps": list, "Notice": notice, "Deletion": deletion})
}

// removeApp tells the app, if it wants to be told, and the person how that went.
func (s *Server) removeApp(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	app, known := s.apps[r.PostFormValue("app")]
	account := r.PostFormValue("account")
	if !known {
		s.refuse(w, r, refusal{"Something is missing", "There is no such app."})
		return
	}
	if r.PostFormValue("do") == "delete" && app.DeletionURL != "" {
		deletion, err := s.RequestDeletion(r.Context(), app.ClientID, account, app.DeletionURL)
		if err != nil {
			s.showApps(w, r, app.Name+" was removed, but did not take the request: "+err.Error(), nil)
			return
		}
		s.showApps(w, r, app.Name+" was removed.", &deletion)
		return
	}
	if app.DeauthorizeURL == "" {
		s.Revoke(s.UserID(app.ClientID, account))
		s.showApps(w, r, app.Name+" was removed.", nil)
		return
	}
	if err := s.Deauthorize(r.Context(), app.ClientID, account, app.DeauthorizeURL); err != nil {
		s.showApps(w, r, app.Name+" was removed, but could not be told: "+err.Error(), nil)
		return
	}
	s.showApps(w, r, app.Name+" was removed, and knows it.", nil)
}
