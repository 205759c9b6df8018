package store_test

import (
	"testing"
	"time"

	"herald/store"
	"herald/store/storetest"
)

func TestTheAuditLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		storetest.Admin(t, s, acme.ID, "Zoe Ek")
		for i := range 25 {
			env.Clock.Advance(time.Second)
			if err := s.Record(ctx, acme.ID, ana, store.AuditExported, i); err != nil {
				t.Fatal(err)
			}
		}
		var counts []int
		before := ""
		pages := 0
		for {
			events, next, err := s.Audit(ctx, acme.ID, before, 10)
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, e := range events {
				if e.Action == store.AuditExported {
					counts = append(counts, e.Count)
				}
			}
			if before = next; next == "" {
				break
			}
		}
		if pages != 3 || len(counts) != 25 || counts[0] != 24 || counts[24] != 0 {
			t.Errorf("%d pages with %v; want 3, newest first", pages, counts)
		}

		// Ana is removed: the log still says what happened, and not to whom.
		events, _, err := s.Audit(ctx, acme.ID, "", 1)
		if err != nil || events[0].Actor == nil || events[0].Actor.Name != "Ana Lima" || !events[0].At.Equal(env.Clock.Now()) {
			t.Fatalf("before %+v, %v", events, err)
		}
		storetest.Remove(t, s, acme.ID, store.Actor{CLI: true}, personID(t, s, acme.ID, ana.SlackID))
		env.Clock.Advance(time.Second)
		events, _, err = s.Audit(ctx, acme.ID, "", 30)
		if err != nil {
			t.Fatal(err)
		}
		var removed store.AuditEvent
		for _, e := range events {
			if e.Actor != nil && e.Actor.SlackID == ana.SlackID {
				t.Errorf("the log names her: %+v", e)
			}
			if e.Action == store.AuditRemoved {
				removed = e
			}
		}
		if !removed.CLI || removed.Subject != nil || removed.SubjectHash == "" || removed.From != store.Admin {
			t.Errorf("the removal %+v", removed)
		}
	})
}

func TestWhoComesBackFindsNothingOfTheirsInTheAuditLog(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		acme := storetest.Company(t, s)
		_, ana := storetest.Admin(t, s, acme.ID, "Ana Lima")
		_, zoe := storetest.Admin(t, s, acme.ID, "Zoe Ek")
		bo := storetest.Register(t, s, acme.ID, "Bo Ek")[0]
		if _, err := s.SetType(ctx, acme.ID, zoe, bo.ID, store.Recruiter); err != nil {
			t.Fatal(err)
		}
		storetest.Remove(t, s, acme.ID, ana, personID(t, s, acme.ID, zoe.SlackID), bo.ID)
		removed, _, err := s.Audit(ctx, acme.ID, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		env.Clock.Advance(time.Second)
		for _, name := range []string{"Zoe Ek", "Bo Ek"} {
			if _, err := s.Remember(ctx, acme.ID, store.Person{SlackID: storetest.SlackID(name), Name: name}); err != nil {
				t.Fatal(err)
			}
		}

		events, _, err := s.Audit(ctx, acme.ID, "", 100)
		if err != nil || len(events) != len(removed) {
			t.Fatalf("%d events, %v; want %d", len(events), err, len(removed))
		}
		codes := map[string]bool{}
		for i, e := range events {
			for _, p := range []*store.Person{e.Actor, e.Subject} {
				if p != nil && p.SlackID != ana.SlackID {
					t.Errorf("%s names %s, who came back", e.Action, p.Name)
				}
			}
			if e.SubjectHash != removed[i].SubjectHash {
				t.Errorf("%s is of %q, before it was of %q", e.Action, e.SubjectHash, removed[i].SubjectHash)
			}
			if e.Subject == nil && e.SubjectHash != "" {
				codes[e.SubjectHash] = true
			}
		}
		if len(codes) != 2 {
			t.Errorf("two removed people have the codes %v, want one each", codes)
		}
	})
}
