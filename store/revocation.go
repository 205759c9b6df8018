package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// RevocationLife is how long Herald tries to end its access at a network, and at most keeps the token for that.
const RevocationLife = 7 * 24 * time.Hour

// A Revocation is access at a network that nobody wants any more. It knows the account there, and not whose it was here.
type Revocation struct {
	ID        string
	CompanyID string
	Network   string
	Subject   string // the network's id of the account; "" until NameRevocation
	Token     string
	CreatedAt time.Time
}

// RevocationOutcome is what became of one.
type RevocationOutcome string

// The outcomes.
const (
	RevocationPending RevocationOutcome = "pending"  // Herald still tries
	Revoked           RevocationOutcome = "revoked"  // the network confirms that the token does not work any more
	Standing          RevocationOutcome = "standing" // the network offers no way, or did not follow it: only the person can end it there
	GivenUp           RevocationOutcome = "given_up" // the network did not answer within RevocationLife
)

// RevocationCount is how many accounts at a network came to the same outcome.
type RevocationCount struct {
	Network string            `db:"network"`
	Outcome RevocationOutcome `db:"outcome"`
	N       int               `db:"n"`
}

// revocationPayload is what is sealed at rest.
type revocationPayload struct {
	Subject, Token string
}

// An access is a network account with its token.
type access struct {
	network, subject, token string
}

// accesses opens the tokens of connections. One whose token cannot be opened is an access without a token: a removal must not fail
// because of it.
func (t *tx) accesses(ctx context.Context, condition string, args ...any) ([]access, error) {
	var rows []struct {
		CompanyID string `db:"company_id"`
		MemberID  string `db:"member_id"`
		Network   string `db:"network"`
		Subject   string `db:"subject"`
		Token     []byte `db:"token_sealed"`
	}
	err := t.SelectContext(ctx, &rows, `
		SELECT company_id, member_id, network, subject, token_sealed
		FROM connections
		WHERE `+condition+`
		ORDER BY member_id, network`, args...)
	if err != nil {
		return nil, fmt.Errorf("load connections: %w", err)
	}
	list := make([]access, len(rows))
	for i, r := range rows {
		list[i] = access{network: r.Network, subject: r.Subject}
		if token, err := t.s.keys.open(r.Token, "access token", r.CompanyID, r.MemberID, r.Network); err == nil {
			list[i].token = string(token)
		}
	}
	return list, nil
}

// endAccess lets Herald's access to the accounts be ended at their networks, by JobRevocation. removalID is what they belong to, or "".
func (t *tx) endAccess(ctx context.Context, companyID, removalID string, list []access) error {
	columns := []string{"id", "company_id", "removal_id", "network", "payload_sealed", "created_at"}
	var rows [][]any
	var jobs []Job
	for _, a := range list {
		if a.token == "" {
			if err := t.countRevocation(ctx, companyID, removalID, a.network, GivenUp); err != nil {
				return err
			}
			continue
		}
		payload, err := json.Marshal(revocationPayload{Subject: a.subject, Token: a.token})
		if err != nil {
			return fmt.Errorf("seal revocation: %w", err)
		}
		id := newID()
		rows = append(rows, []any{
			id, companyID, removalID, a.network, t.s.keys.seal(payload, "revocation", companyID, id), stamp(t.now),
		})
		jobs = append(jobs, Job{Kind: JobRevocation, Ref: id})
	}
	if err := t.insert(ctx, "revocations", columns, rows); err != nil {
		return fmt.Errorf("store revocations: %w", err)
	}
	return t.leave(ctx, companyID, jobs...)
}

// DropAccess lets Herald's access to an account be ended at its network, by JobRevocation, because what it was for was refused: nobody
// holds the token any more. It may be of somebody who uses the account all the same, here or at another company: a colleague whose account
// is taken, or a member who came again with the link of another one. Whether to end it is decided when the job runs (TakeRevocation), by
// what the network makes of it:
//   - LinkedIn documents no revocation. If it follows the one that is tried, that may be the member's consent to the whole app, so no
//     token of an account that is connected, or waits for a decision, is ever revoked.
//   - Facebook takes the app off the account, with all of its tokens: the same.
//   - Mastodon revokes the one token, so it is done even where the account is connected, unless the server gave the very same token again.
//
// A token that is left for this reason is held by nobody, and ends with the access of whoever has the account. An account without a Subject
// is one that the network did not name before the exchange broke off; it has to be named (NameRevocation) before its access is ended.
func (s *Store) DropAccess(ctx context.Context, companyID string, acc Account) error {
	err := s.update(ctx, func(t *tx) error {
		return t.endAccess(ctx, companyID, "", []access{{network: acc.Network, subject: acc.Subject, token: acc.Token}})
	})
	if err != nil {
		return fmt.Errorf("drop access: %w", err)
	}
	return nil
}

func (t *tx) countRevocation(ctx context.Context, companyID, removalID, network string, outcome RevocationOutcome) error {
	_, err := t.ExecContext(ctx, `
		INSERT INTO revocation_counts (company_id, removal_id, network, outcome, n)
		VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (company_id, removal_id, network, outcome) DO UPDATE
		SET n = revocation_counts.n + 1`, companyID, removalID, network, outcome)
	if err != nil {
		return fmt.Errorf("count revocation: %w", err)
	}
	return nil
}

// TakeRevocation returns what JobRevocation is about. ErrNotFound if it is settled, or has just become pointless: an account that is
// connected again, or about to be, in any company, keeps its access. Where the network ends all of Herald's access to an account at once,
// as endsAll tells, it needs all of that, else only the token that it has.
func (s *Store) TakeRevocation(ctx context.Context, companyID, revocationID string, endsAll func(network string) bool) (Revocation, error) {
	var r Revocation
	var wanted bool
	err := s.update(ctx, func(t *tx) error {
		var row struct {
			Network   string `db:"network"`
			Payload   []byte `db:"payload_sealed"`
			CreatedAt int64  `db:"created_at"`
		}
		err := t.GetContext(ctx, &row, `
			SELECT network, payload_sealed, created_at
			FROM revocations
			WHERE company_id = $1 AND id = $2`, companyID, revocationID)
		if err != nil {
			return found(err)
		}
		payload, err := s.openRevocation(companyID, revocationID, row.Payload)
		if err != nil {
			return err
		}
		r = Revocation{
			ID: revocationID, CompanyID: companyID, Network: row.Network, Subject: payload.Subject, Token: payload.Token,
			CreatedAt: unstamp(row.CreatedAt),
		}
		holders, err := t.holders(ctx, r.Network, r.Subject)
		if err != nil {
			return err
		}
		wanted = slices.ContainsFunc(holders, func(a access) bool { return endsAll(r.Network) || a.token == r.Token })
		if !wanted {
			return err
		}
		_, err = t.ExecContext(ctx, `
			DELETE FROM revocations
			WHERE id = $1`, revocationID)
		return err
	})
	if err == nil && wanted {
		err = ErrNotFound
	}
	if err != nil {
		return Revocation{}, fmt.Errorf("take revocation: %w", err)
	}
	return r, nil
}

// NameRevocation tells which account it is about, if that was not known when it was left; TakeRevocation decides with that. ErrNotFound if
// it is settled.
func (s *Store) NameRevocation(ctx context.Context, companyID, revocationID, subject string) error {
	err := s.update(ctx, func(t *tx) error {
		var sealed []byte
		err := t.GetContext(ctx, &sealed, `
			SELECT payload_sealed
			FROM revocations
			WHERE company_id = $1 AND id = $2`, companyID, revocationID)
		if err != nil {
			return found(err)
		}
		payload, err := s.openRevocation(companyID, revocationID, sealed)
		if err != nil {
			return err
		}
		payload.Subject = subject
		plain, err := json.Marshal(payload)
		if err != nil {
			return fmt.Errorf("seal revocation: %w", err)
		}
		_, err = t.ExecContext(ctx, `
			UPDATE revocations
			SET payload_sealed = $2
			WHERE id = $1`, revocationID, s.keys.seal(plain, "revocation", companyID, revocationID))
		return err
	})
	if err != nil {
		return fmt.Errorf("name revocation: %w", err)
	}
	return nil
}

// holders are the accesses to the account that somebody has or waits for. They are looked for in all companies: the network knows one
// Herald. Signups know the account by a hash, which every company makes with a key of its own.
func (t *tx) holders(ctx context.Context, network, subject string) ([]access, error) {
	list, err := t.accesses(ctx, `network = $1 AND subject = $2`, network, subject)
	if err != nil {
		return nil, err
	}
	var companyIDs []string
	err = t.SelectContext(ctx, &companyIDs, `
		SELECT DISTINCT company_id
		FROM signups
		WHERE network = $1`, network)
	if err != nil {
		return nil, fmt.Errorf("list companies with signups: %w", err)
	}
	for _, companyID := range companyIDs {
		keys, err := t.s.secret(ctx, companyID)
		if err != nil {
			return nil, err
		}
		var waiting []signupRow
		err = t.SelectContext(ctx, &waiting, `
			SELECT `+signupColumns+`
			FROM signups
			WHERE company_id = $1 AND network = $2 AND account_hash = $3`, companyID, network, keys.accountHash(network, subject))
		if err != nil {
			return nil, fmt.Errorf("look for signups: %w", err)
		}
		for _, row := range waiting {
			a := access{network: network, subject: subject}
			if payload, err := t.s.openSignup(row); err == nil {
				a.token = payload.Account.Token
			}
			list = append(list, a)
		}
	}
	return list, nil
}

func (s *Store) openRevocation(companyID, revocationID string, sealed []byte) (revocationPayload, error) {
	plain, err := s.keys.open(sealed, "revocation", companyID, revocationID)
	if err != nil {
		return revocationPayload{}, err
	}
	var payload revocationPayload
	if err := json.Unmarshal(plain, &payload); err != nil {
		return revocationPayload{}, fmt.Errorf("read revocation: %w", err)
	}
	return payload, nil
}

// SettleRevocation erases the token and counts the outcome. One that is settled already stays as it is.
func (s *Store) SettleRevocation(ctx context.Context, companyID, revocationID string, outcome RevocationOutcome) error {
	err := s.update(ctx, func(t *tx) error {
		return t.settleRevocations(ctx, outcome, `company_id = $1 AND id = $2`, companyID, revocationID)
	})
	if err != nil {
		return fmt.Errorf("settle revocation: %w", err)
	}
	return nil
}

func (t *tx) settleRevocations(ctx context.Context, outcome RevocationOutcome, condition string, args ...any) error {
	var settled []struct {
		CompanyID string `db:"company_id"`
		RemovalID string `db:"removal_id"`
		Network   string `db:"network"`
	}
	err := t.SelectContext(ctx, &settled, `
		DELETE FROM revocations
		WHERE `+condition+`
		RETURNING company_id, removal_id, network`, args...)
	if err != nil {
		return fmt.Errorf("delete revocation: %w", err)
	}
	for _, r := range settled {
		if err := t.countRevocation(ctx, r.CompanyID, r.RemovalID, r.Network, outcome); err != nil {
			return err
		}
	}
	return nil
}

// RevocationCounts returns what became of the access at the networks that a removal ended, by network and outcome; pending ones
// included. The removal "" stands for everything else: disconnected networks and sign-ups that came to nothing.
func (s *Store) RevocationCounts(ctx context.Context, companyID, removalID string) ([]RevocationCount, error) {
	var counts []RevocationCount
	err := s.read.SelectContext(ctx, &counts, `
		SELECT network, outcome, n
		FROM revocation_counts
		WHERE company_id = $1 AND removal_id = $2
		UNION ALL
		SELECT network, 'pending' AS outcome, count(*) AS n
		FROM revocations
		WHERE company_id = $1 AND removal_id = $2
		GROUP BY network
		ORDER BY network, outcome`, companyID, removalID)
	if err != nil {
		return nil, fmt.Errorf("count revocations: %w", err)
	}
	return counts, nil
}
