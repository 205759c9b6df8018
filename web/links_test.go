package web_test

import (
	"testing"

	"herald/web"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"https://jobs.acme.example", "https://jobs.acme.example/"} {
		l := web.Links{PublicURL: public}
		for got, want := range map[string]string{
			l.Company("acme-7qf2"):         "https://jobs.acme.example/register/acme-7qf2",
			l.Personal("acme-7qf2", "TOK"): "https://jobs.acme.example/register/acme-7qf2/TOK",
			l.Company("../x?y#z"):          "https://jobs.acme.example/register/..%2Fx%3Fy%23z",
			l.Callback("linkedin"):         "https://jobs.acme.example/oauth/linkedin/callback",
			l.Deauthorize("facebook"):      "https://jobs.acme.example/oauth/facebook/deauthorize",
			l.Delete("facebook"):           "https://jobs.acme.example/oauth/facebook/delete",
			l.Deletion("A/B"):              "https://jobs.acme.example/deletion/A%2FB",
		} {
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}
