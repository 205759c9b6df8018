package linkedin

import (
	"net/http"
	"slices"
	"strings"
)

// permittedServices is where members see which apps they let in, and throw them out again.
func (s *Server) permittedServices(w http.ResponseWriter, r *http.Request) {
	type service struct{ Sub, Account, App, Scopes string }
	var services []service
	s.mu.Lock()
	for _, t := range s.tokens {
		known := slices.ContainsFunc(services, func(v service) bool { return v.Sub == t.Sub })
		if known || !s.valid(t) {
			continue
		}
		a, _ := s.account(t.AccountID)
		services = append(services, service{t.Sub, a.Name, s.apps[t.ClientID].Name, strings.Join(t.Scopes, ", ")})
	}
	s.mu.Unlock()
	s.page(w, r, http.StatusOK, "permitted.html", "'self'", map[string]any{"Services": services})
}

func (s *Server) removeService(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	s.Revoke(r.PostFormValue("sub"))
	http.Redirect(w, r, "/psettings/permitted-services", http.StatusSeeOther)
}
