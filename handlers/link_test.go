package handlers_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"herald/handlers/view"
	"herald/sandbox/slackd"
	"herald/store"
)

func TestAnAdminPostsTheCompanyURLInAChannel(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		url := "https://jobs.acme.example/register/" + w.company.Key
		link := w.as(ana).types("/social link")
		w.wants(link, "`"+url+"`")
		w.as(ana).presses(w.as(ana).in(link, view.ActionPostURL))
		form := w.as(ana).seesModal("Post company URL")
		w.as(ana).submits(form, map[string][]string{view.BlockChannel: {general}, view.BlockText: {"<!channel> *Join* us\n& win"}})
		link = w.as(ana).becomes(link, "Posted in <#"+general+">")

		post := w.as(bo).hears("the post", func(m slackd.Message) bool { return strings.Contains(says(m), "Posted by <@"+ana+">") })
		w.wants(post, "<!channel> *Join* us\n& win", "`"+url+"`") // in a plain text object, which mentions nobody
		if strings.Contains(post.Text, "<!channel>") {
			t.Errorf("the notification would call everybody: %q", post.Text)
		}
		if post.UnfurlLinks || post.UnfurlMedia {
			t.Error("Slack would fetch the link to show what is behind it")
		}
		if got := w.as(bo).in(post, view.ActionSignupLink).URL; got != url {
			t.Errorf("the button leads to %q", got)
		}

		w.settles()
		for _, code := range []string{"not_in_channel", "channel_not_found"} {
			w.slack.Inject(slackd.Fault{Kind: slackd.APIError, Method: "chat.postMessage", Error: code, Count: 1})
			w.as(ana).presses(w.as(ana).in(link, view.ActionPostURL))
			w.as(ana).submits(w.as(ana).seesModal("Post company URL"), map[string][]string{view.BlockChannel: {general}})
			w.as(ana).becomes(link, "/invite @Herald")
			link = w.as(ana).types("/social link")
		}
	})
}

func TestTheCompanyURLIsPostedFromTheHomeTab(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		home := w.as(ana).opensHome()
		w.as(ana).presses(w.as(ana).at(home, view.ActionMembers))
		home = w.as(ana).seesHome("User Management", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Company URL") })
		w.as(ana).presses(w.as(ana).at(home, view.ActionPostURL))
		w.as(ana).submits(w.as(ana).seesModal("Post company URL"), map[string][]string{view.BlockChannel: {general}})
		w.as(ana).seesHome("that it was posted", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Posted in <#"+general+">") })
		w.as(bo).hears("the post", func(m slackd.Message) bool { return strings.Contains(says(m), "Posted by <@"+ana+">") })

		home, _ = w.as(ana).Home()
		w.as(ana).presses(w.as(ana).at(home, view.ActionDMPeople))
		w.as(ana).submits(w.as(ana).seesModal("Invite people"), map[string][]string{view.BlockPeople: {eve}})
		w.as(ana).seesHome("that she is invited", func(v slackd.View) bool { return strings.Contains(words(v.Blocks), "Invited <@"+eve+">") })
	})
}

func TestRotatingKillsTheOldCompanyURL(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		link := w.as(ana).types("/social link")
		menu := w.as(ana).in(link, view.ActionURLMenu)
		if !strings.Contains(string(menu.Confirm), "stops working at once") {
			t.Errorf("nobody is warned: %s", menu.Confirm)
		}
		w.as(ana).presses(menu, view.OptionRotate)
		link = w.as(ana).becomes(link, "The company URL is new")
		if _, err := w.store.CompanyByKey(w.ctx(), w.company.Key); !errors.Is(err, store.ErrReplaced) {
			t.Errorf("the old key: %v, want %v", err, store.ErrReplaced)
		}
		now, err := w.store.Company(w.ctx(), w.company.ID)
		w.must(err)
		w.wants(link, now.Key)
		w.wants(w.as(ana).types("/social audit"), "*Ana Alves* made a new company URL")
	})
}

func TestTheAuditLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	each(t, options{}, func(t *testing.T, w *world) {
		w.passed.Add(int64(time.Minute))
		w.as(ana).types("/social invite @eve")
		w.passed.Add(int64(time.Minute))
		log := w.as(ana).types("/social audit")
		w.wants(log, "*Ana Alves* invited *Eve Adams*", "*Ray Rios* from employee to recruiter", "The command line made *Ben Bloom* a company admin", "*Ann Lee* registered")
		for range view.AuditPage {
			w.must(w.store.Record(w.ctx(), w.company.ID, store.Actor{SlackID: ben}, store.AuditExported, 12))
		}
		log = w.as(ana).types("/social audit")
		w.wants(log, "*Ben Bloom* exported 12 rows")
		if strings.Contains(says(log), "Eve Adams") {
			t.Error("a page has no end")
		}
		log = w.as(ana).clicks(log, w.as(ana).in(log, view.ActionAuditOlder))
		w.wants(log, "*Ana Alves* invited *Eve Adams*")
		log = w.as(ana).clicks(log, w.as(ana).in(log, view.ActionAuditNewer))
		w.wants(log, "*Ben Bloom* exported 12 rows")
		w.wants(w.as(ann).types("/social audit"), "Only company admins")
	})
}
