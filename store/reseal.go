package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// A sealedColumn holds sealed values. Every column named *_sealed is one; a test looks for those that are missing here.
type sealedColumn struct {
	table, column string
	key           []string // the table's primary key, in its order
	what          string   // the first part of what the value is bound to
	bound         []string // the columns that hold the other parts; a binary one counts in hexadecimal
}

func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"companies", "secret_sealed", []string{"id"}, "company secret", []string{"id"}},
		{"connections", "token_sealed", []string{"member_id", "network"}, "access token", []string{"company_id", "member_id", "network"}},
		{"authorizations", "payload_sealed", []string{"state_hash"}, "authorization", []string{"company_id", "network", "state_hash"}},
		{"signups", "payload_sealed", []string{"id"}, "signup", []string{"company_id", "id"}},
		{"screens", "state_sealed", []string{"id"}, "screen", []string{"company_id", "id"}},
		{"invites", "email_sealed", []string{"id"}, "invited address", []string{"company_id", "id"}},
		{"email_drafts", "payload_sealed", []string{"id"}, "email draft", []string{"company_id", "id"}},
		{"orders", "payload_sealed", []string{"id"}, "order", []string{"company_id", "id"}},
		{"revocations", "payload_sealed", []string{"id"}, "revocation", []string{"company_id", "id"}},
		{"farewells", "payload_sealed", []string{"id"}, "farewell", []string{"company_id", "id"}},
		{"erasures", "send_sealed", []string{"id"}, "open send", []string{"company_id", "id"}},
		{"directory_syncs", "cursor_sealed", []string{"company_id"}, "directory cursor", []string{"company_id"}},
		{"network_client_keys", "key_sealed", []string{"id"}, "network client key", []string{"id"}},
		{"network_clients", "client_sealed", []string{"name_hash"}, "network client", []string{"name_hash"}},
	}
}

// A KeyUse says how many values of the database a key seals.
type KeyUse struct {
	ID     string // as Keys.IDs
	Values int
	Known  bool // the store has the key; else the values cannot be read
}

// IDs names the keys, the sealing one first: eight hexadecimal digits, from which no key can be found.
func (k Keys) IDs() []string {
	ids := make([]string, len(k.ring))
	for i, key := range k.ring {
		ids[i] = hex.EncodeToString(key.id[:])
	}
	return ids
}

// KeyUse returns how many values each of the store's keys seals, in their order, and then the keys that the store lacks.
func (s *Store) KeyUse(ctx context.Context) ([]KeyUse, error) {
	var uses []KeyUse
	at := map[string]int{}
	for _, id := range s.keys.IDs() {
		if _, twice := at[id]; !twice {
			at[id] = len(uses)
			uses = append(uses, KeyUse{ID: id, Known: true})
		}
	}
	for _, c := range sealedColumns() {
		var rows []struct {
			Key []byte `db:"key_id"`
			N   int    `db:"n"`
		}
		err := s.read.SelectContext(ctx, &rows, fmt.Sprintf(`
			SELECT substr(%[1]s, 1, %[2]d) AS key_id, count(*) AS n
			FROM %[3]s
			WHERE %[1]s IS NOT NULL
			GROUP BY 1
			ORDER BY 1`, c.column, keyIDSize, c.table))
		if err != nil {
			return nil, fmt.Errorf("count sealed values: %w", err)
		}
		for _, r := range rows {
			id := hex.EncodeToString(r.Key)
			if _, known := at[id]; !known {
				at[id] = len(uses)
				uses = append(uses, KeyUse{ID: id})
			}
			uses[at[id]].Values += r.N
		}
	}
	return uses, nil
}

// resealBatch is how many values one transaction of Reseal seals anew: a server that writes meanwhile does not wait long.
const resealBatch = 200

// Reseal seals every value with the first key that another one sealed, and returns how many. Servers may run meanwhile, if they have the
// key: a value that one of them changes at the same moment is left as it is. What was done stays done if it ends early, and calling it
// again does the rest. ErrKey if there are values that no key of the store opens; they stay as they are.
func (s *Store) Reseal(ctx context.Context) (int, error) {
	total, lost := 0, 0
	for _, c := range sealedColumns() {
		var after []any
		for {
			last, n, failed, err := s.resealBatch(ctx, c, after)
			total += n
			lost += failed
			if err != nil {
				return total, fmt.Errorf("seal %s anew: %w", c.table, err)
			}
			if last == nil {
				break
			}
			after = last
		}
	}
	if lost > 0 {
		return total, fmt.Errorf("seal anew: %d values: %w", lost, ErrKey)
	}
	return total, nil
}

// resealBatch seals the next values after a key of the table, and returns the key of the last one, nil if there was none.
func (s *Store) resealBatch(ctx context.Context, c sealedColumn, after []any) (last []any, n, lost int, err error) {
	err = s.update(ctx, func(t *tx) error {
		last, n, lost = nil, 0, 0
		rows, err := t.sealedRows(ctx, c, after)
		if err != nil {
			return err
		}
		for _, row := range rows {
			last = row.key
			plain, err := s.keys.open(row.sealed, append([]string{c.what}, row.bound...)...)
			if err != nil {
				lost++ // the others can be saved
				continue
			}
			again := s.keys.seal(plain, append([]string{c.what}, row.bound...)...)
			changed, err := t.exec(ctx, fmt.Sprintf(`
				UPDATE %s
				SET %[2]s = $1
				WHERE %[2]s = $2 AND %s = %s`, c.table, c.column, tuple(c.key), arguments(3, len(c.key))),
				append([]any{again, row.sealed}, row.key...)...)
			if err != nil {
				return err
			}
			n += changed
		}
		return nil
	})
	return last, n, lost, err
}

// A sealedRow is a value that another key than the first one sealed.
type sealedRow struct {
	key    []any
	bound  []string
	sealed []byte
}

// sealedRows returns the next of them, in the order of the table's key.
func (t *tx) sealedRows(ctx context.Context, c sealedColumn, after []any) ([]sealedRow, error) {
	args := []any{t.s.keys.ring[0].id[:]}
	beyond := ""
	if after != nil {
		beyond = fmt.Sprintf("AND %s > %s", tuple(c.key), arguments(2, len(c.key)))
		args = append(args, after...)
	}
	rows, err := t.QueryxContext(ctx, fmt.Sprintf(`
		SELECT %s, %s, %s
		FROM %s
		WHERE substr(%[3]s, 1, %[5]d) <> $1 %[6]s
		ORDER BY %[1]s
		LIMIT %[7]d`, strings.Join(c.key, ", "), strings.Join(c.bound, ", "), c.column, c.table, keyIDSize, beyond, resealBatch), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []sealedRow
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return nil, err
		}
		row := sealedRow{key: values[:len(c.key)]}
		for _, v := range values[len(c.key) : len(values)-1] {
			part, ok := v.(string)
			if raw, binary := v.([]byte); binary {
				part, ok = hex.EncodeToString(raw), true
			}
			if !ok {
				return nil, fmt.Errorf("%s is bound to a %T", c.column, v)
			}
			row.bound = append(row.bound, part)
		}
		sealed, ok := values[len(values)-1].([]byte)
		if !ok {
			return nil, errors.New("a sealed value is not binary")
		}
		row.sealed = sealed
		list = append(list, row)
	}
	return list, rows.Err()
}

// tuple is "(a, b)".
func tuple(columns []string) string { return "(" + strings.Join(columns, ", ") + ")" }

// arguments is "($3, $4)" for two from the third on.
func arguments(from, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", from+i)
	}
	return tuple(list)
}
