package store_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"herald/store"
	"herald/store/storetest"
)

// notExported says of every column that a person's data do not show, why not.
func notExported() map[string]string {
	const (
		company  = "about the company"
		placing  = "says whose the row is"
		derived  = "follows from what is shown"
		key      = "a key, not a fact"
		nobody   = "names nobody"
		fleeting = "repeats what is shown, in what somebody confirms or ordered; gone within a day"
		sealed   = "shown, though not as a column: see addressesOf, signupsAsking, screensOf"
	)
	why := map[string]string{}
	for reason, columns := range map[string]string{
		company: `companies.* retired_keys.* settings.* counts.* paces.* reminders.* reminder_holidays.* reminder_holds.* nudge_effects.* reminder_previews.*`,
		nobody:  `directory_syncs.* envelopes.* replicas.* turns.* deletions.* deletion_removals.* network_clients.* network_client_keys.* revocations.* revocation_counts.* erasures.* farewells.* receipts.* forgotten.* forgotten_emails.*`,
		derived: `words.* invites.list_key people.email_folded people.standing people.facets people.haystack people.sort_key people.deactivation_told
			members.disconnected members.sort_key members.recent_key connections.sort_key audit.sequence_key nudges.position nudges.signed_up`,
		key: `connections.token_sealed invites.seed invites.token_hash authorizations.state_hash
			authorizations.browser_hash authorizations.payload_sealed signups.account_hash signups.email_hash invites.email_hash former_accounts.account_hash`,
		placing: `people.company_id people.subject_hash members.id members.company_id connections.member_id connections.company_id connections.consent_id
			invites.id invites.company_id invites.subject_hash invites.person_id authorizations.company_id authorizations.subject_hash
			signups.id signups.company_id signups.person_id cases.id cases.company_id cases.member_id cases.requested_by cases.decided_by
			removals.id removals.company_id removals.by_slack removals.by_cli removals.screen_id audit.id audit.company_id audit.actor_hash
			audit.subject_hash former_accounts.company_id former_accounts.member_id runs.id runs.company_id runs.started_by nudges.id nudges.company_id nudges.run_id nudges.person_id reminded.company_id
			reminded.person_id opt_outs.company_id opt_outs.subject_hash reminder_runs.id reminder_runs.company_id reminder_runs.asked_by
			reminder_runs.manual reminder_runs.reason reminder_runs.after_id reminder_runs.ends_at messages.id messages.company_id messages.slack_id cards.company_id cards.ref cards.slack_id`,
		fleeting: `sends.* removal_members.* selections.* run_people.* email_drafts.* orders.*`,
		sealed:   `screens.* invites.email_sealed signups.payload_sealed signups.created_at signups.status signups.network`,
	} {
		for column := range strings.FieldsSeq(columns) {
			why[column] = reason
		}
	}
	return why
}

// TestEveryColumnIsDecidedUpon asks, of each new column, whether people's data show it, and if not, why. It also belongs into the purge
// then, if it is about a person.
func TestEveryColumnIsDecidedUpon(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		columns, err := store.Columns(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		shown, why := store.ExportedColumns(), notExported()
		used := map[string]bool{}
		for _, column := range columns {
			table, _, _ := strings.Cut(column, ".")
			switch {
			case slices.Contains(shown, column):
				if why[column] != "" {
					t.Errorf("%s is shown, and is not", column)
				}
			case why[column] != "":
				used[column] = true
			case why[table+".*"] != "":
				used[table+".*"] = true
			default:
				t.Errorf("does somebody's data show %s? Add it to dataSections, or say why not in notExported", column)
			}
		}
		for column := range maps.Keys(why) {
			if !used[column] {
				t.Errorf("there is no column %s any more", column)
			}
		}
	})
}

func TestDownloadingEverythingAboutAPerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Env) {
		w := newPurgeWorld(t, s)
		text, err := s.PersonalData(t.Context(), w.companyID, w.entry.SlackID)
		if err != nil {
			t.Fatal(err)
		}
		data := map[string]any{}
		if err := json.Unmarshal(text, &data); err != nil {
			t.Fatal(err)
		}
		hidden := []string{"folded name", "word", "invite", "operator's card"}
		for what, trace := range w.traces {
			secret := strings.HasPrefix(what, "secret")
			if slices.Contains(hidden, what) {
				continue
			}
			if has := strings.Contains(string(text), trace); has == secret {
				t.Errorf("the %s %q is there: %v", what, trace, has)
			}
		}
		// She is registered, never changed her account, and started no bulk invitation.
		none := []string{"sign_ups_that_ask_you", "addresses_you_were_invited_at", "former_accounts", "bulk_invitations_by_you"}
		for name, value := range data {
			if list, ok := value.([]any); ok && len(list) == 0 && !slices.Contains(none, name) {
				t.Errorf("%s is empty: either the test stores nothing of the kind, or it is not found", name)
			}
		}
		for _, name := range []string{"directory", "account"} {
			if _, ok := data[name].(map[string]any); !ok {
				t.Errorf("%s is %v", name, data[name])
			}
		}

		if directory := data["directory"].(map[string]any); directory["bot"] != false || directory["mirrored_at"] != "2026-11-20T09:30:00Z" {
			t.Errorf("the directory entry is %v", directory)
		}

		// Somebody who is not registered, and somebody whom Herald does not know.
		p := storetest.Mirror(t, s, w.companyID, "Nia New")[0]
		again := storetest.LinkedIn("Nia at LinkedIn")
		if _, err := s.Register(t.Context(), store.Authorization{CompanyID: w.companyID, Email: p.Email}, again, nil); err != nil {
			t.Fatal(err)
		}
		text, err = s.PersonalData(t.Context(), w.companyID, p.SlackID)
		if err != nil || !strings.Contains(string(text), `"status": "confirm"`) || !strings.Contains(string(text), p.Email) || strings.Contains(string(text), `"account"`) {
			t.Errorf("somebody not registered: %v\n%s", err, text)
		}
		if _, err := s.PersonalData(t.Context(), w.companyID, "U0NOBODY"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a stranger: %v, want ErrNotFound", err)
		}
		storetest.Remove(t, s, w.companyID, w.ana, w.victim.ID)
		if _, err := s.PersonalData(t.Context(), w.companyID, w.entry.SlackID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("somebody who was removed: %v, want ErrNotFound", err)
		}
	})
}

func TestTheDataShowWhatOthersEnteredAboutAPerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, env *storetest.Env) {
		ctx := t.Context()
		w := newMailWorld(t, s, env)
		w.invite(t, w.ana, store.Employee, strings.ToUpper(w.bo.Email), "dee@acme.example", "stranger@else.example")
		w.check(t, w.s.Tidy(ctx))
		storetest.Mirror(t, s, w.companyID, "Dee") // who got a Slack account after the mail
		_, err := s.Register(ctx, store.Authorization{CompanyID: w.companyID, Email: w.bo.Email}, storetest.LinkedIn("Bo of LinkedIn"), nil)
		w.check(t, err)

		var data struct {
			Addresses []struct{ Email, Name string } `json:"addresses_you_were_invited_at"`
			Signups   []struct{ Email, Name string } `json:"sign_ups_that_ask_you"`
		}
		text, err := s.PersonalData(ctx, w.companyID, w.bo.SlackID)
		w.check(t, err)
		w.check(t, json.Unmarshal(text, &data))
		if len(data.Addresses) != 1 || data.Addresses[0].Email != strings.ToUpper(w.bo.Email) || data.Addresses[0].Name != "Somebody" {
			t.Errorf("Bo was invited at %+v", data.Addresses)
		}
		if len(data.Signups) != 1 || data.Signups[0].Email != w.bo.Email || data.Signups[0].Name != "Bo of LinkedIn" {
			t.Errorf("Bo is asked about %+v", data.Signups)
		}
		text, err = s.PersonalData(ctx, w.companyID, storetest.SlackID("Dee"))
		w.check(t, err)
		if !strings.Contains(string(text), `"name": "Somebody"`) || strings.Contains(string(text), "stranger@else.example") {
			t.Errorf("the data of Dee are\n%s", text)
		}
	})
}
