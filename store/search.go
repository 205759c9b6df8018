package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

const (
	// countCap bounds how far the people that one word finds are counted in order to choose how to search.
	countCap = 20_000
	// sampleSize is how many people show how common the words are that find more than countCap.
	sampleSize = 400
	// walkBound is how many rows of a list are tried for a page of matches before the words are read instead.
	walkBound = 4_000
	// walkCost is what a row of a list costs, in rows of words: it is looked up in the table people.
	walkCost = 8
)

// A search looks for the people of a group who have all the words.
//
// The rows of the table words that one word selects lie side by side in an index, and repeat all that the other words and the group ask
// for. So a search reads the rows of its rarest word, or, where the group is rarer, the rows of the group's list.
type search struct {
	s         *Store
	companyID string
	group     Group
	listing   listing
	words     []searchWord
	driver    int // index of the word to begin with, or -1 for the list of the group
}

// matches are what a search found.
type matches struct {
	places []place // at most SelectionLimit; in the order of the list unless more
	more   bool
	read   reader
}

func (s *Store) search(ctx context.Context, companyID string, g Group, words []searchWord) (matches, error) {
	q := search{s: s, companyID: companyID, group: g, listing: g.listing(s.time()), words: words}
	if err := q.plan(ctx); err != nil {
		return matches{}, err
	}
	var (
		m   matches
		err error
	)
	if q.driver < 0 {
		m.places, err = q.walk(ctx, page{key: []byte{}, limit: SelectionLimit + 1}, 0)
	} else {
		m.places, err = q.scan(ctx, page{limit: SelectionLimit + 1}, false)
	}
	if err != nil {
		return matches{}, err
	}
	if len(m.places) > SelectionLimit {
		m.places, m.more, m.read = m.places[:SelectionLimit], true, q.read
		return m, nil
	}
	slices.SortFunc(m.places, comparePlaces)
	m.read = func(_ context.Context, p page) ([]place, error) { return beyond(m.places, p), nil }
	return m, nil
}

func comparePlaces(a, b place) int { return strings.Compare(string(a.Key), string(b.Key)) }

// beyond is a reader of places in memory.
func beyond(places []place, p page) []place {
	i, at := slices.BinarySearchFunc(places, place{Key: p.key}, comparePlaces)
	if p.backward {
		list := slices.Clone(places[max(0, i-p.limit):i])
		slices.Reverse(list)
		return list
	}
	if at {
		i++
	}
	return slices.Clone(places[i:min(len(places), i+p.limit)])
}

// read reads a page of very many matches. Where matches stand close together in the list, its next rows hold a page; where they stand
// far apart, as people of one uncommon first name do, reading all rows of the word and sorting them is faster.
func (q search) read(ctx context.Context, p page) ([]place, error) {
	if q.driver < 0 || q.group == Recent {
		return q.walk(ctx, p, 0)
	}
	places, err := q.walk(ctx, p, walkBound)
	if err != nil || len(places) == p.limit {
		return places, err
	}
	return q.scan(ctx, p, true)
}

// filters returns the conditions on a haystack: the group and the words, but for the one that selects the rows.
func (q search) filters(column string, args []any) (string, []any) {
	f, ok := facetOf(q.group)
	if !ok {
		f = facetMember
	}
	patterns := []string{f.pattern()}
	for i, w := range q.words {
		if i != q.driver || w.long {
			patterns = append(patterns, w.pattern)
		}
	}
	var b strings.Builder
	for _, p := range patterns {
		args = append(args, p)
		fmt.Fprintf(&b, ` AND %s LIKE $%d ESCAPE '!'`, column, len(args))
	}
	return b.String(), args
}

// scan reads the rows of the driving word: a page in the order of the list, or any if not ordered.
func (q search) scan(ctx context.Context, p page, ordered bool) ([]place, error) {
	w := q.words[q.driver]
	filters, args := q.filters("haystack", []any{q.companyID, w.from, w.to})
	// A person's words that begin alike lie one after the other: the first of them has its previous word before the stretch.
	query := `
		SELECT sort_key, registered_at
		FROM words
		WHERE company_id = $1 AND word >= $2 AND word < $3 AND previous < $2` + filters
	if q.group == Recent {
		args = append(args, recentSince(q.s.time()))
		query += fmt.Sprintf(` AND registered_at >= $%d`, len(args))
	}
	if ordered {
		direction, order := ">", "ASC"
		if p.backward {
			direction, order = "<", "DESC"
		}
		args = append(args, p.key)
		query += fmt.Sprintf(` AND sort_key %s $%d
		ORDER BY sort_key %s`, direction, len(args), order)
	}
	args = append(args, p.limit)
	query += fmt.Sprintf(`
		LIMIT $%d`, len(args))
	var rows []struct {
		SortKey      []byte `db:"sort_key"`
		RegisteredAt int64  `db:"registered_at"`
	}
	if err := q.s.read.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("scan words: %w", err)
	}
	places := make([]place, len(rows))
	for i, r := range rows {
		places[i] = place{ID: idOf(r.SortKey), Key: r.SortKey}
		if q.group == Recent {
			places[i].Key = newestFirst(r.RegisteredAt, places[i].ID)
		}
	}
	return places, nil
}

// walk reads a page of the group's list, but at most bound rows of it (0: all of it).
func (q search) walk(ctx context.Context, p page, bound int) ([]place, error) {
	rows := p
	rows.limit = bound
	if bound == 0 {
		rows.limit = 1 << 40
	}
	list, args := q.listing.placesQuery(q.companyID, rows)
	q.driver = -1 // no word is checked yet
	filters, args := q.filters("p.haystack", args)
	order := "ASC"
	if p.backward {
		order = "DESC"
	}
	args = append(args, p.limit)
	var places []place
	err := q.s.read.SelectContext(ctx, &places, `
		SELECT r.id, r.key
		FROM (`+list+`) r
		JOIN people p ON p.id = r.id
		WHERE TRUE`+filters+`
		ORDER BY r.key `+order+fmt.Sprintf(`
		LIMIT $%d`, len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("walk list: %w", err)
	}
	return places, nil
}

// plan chooses what to begin with: what promises to reach SelectionLimit matches, or the end, with the fewest rows.
func (q *search) plan(ctx context.Context) error {
	if len(q.words) == 1 && q.group == All {
		return nil
	}
	counts, err := q.s.Counts(ctx, q.companyID)
	if err != nil {
		return err
	}
	people := float64(max(counts[All]+counts[Unregistered], 1))
	found := make([]float64, len(q.words))
	common := false
	for i, w := range q.words {
		if found[i], err = q.countWord(ctx, w); err != nil {
			return err
		}
		common = common || found[i] >= countCap
	}
	if common {
		if err := q.sample(ctx, people, found); err != nil {
			return err
		}
	}

	inGroup := float64(counts[q.group])
	share := inGroup / people // of people in the group with all words, if words and groups were independent
	for _, n := range found {
		share *= n / people
	}
	// Of the rows that the driver selects, which are n people, share*people match.
	rows := func(n float64) float64 {
		if share == 0 {
			return n
		}
		return min(n, SelectionLimit*n/(share*people))
	}
	q.driver = -1
	best := walkCost * rows(inGroup)
	for i, n := range found {
		if r := rows(n); r <= best {
			q.driver, best = i, r
		}
	}
	return nil
}

// countWord counts the people that a word finds, up to countCap.
func (q *search) countWord(ctx context.Context, w searchWord) (float64, error) {
	var n int
	err := q.s.read.GetContext(ctx, &n, `
		SELECT count(*)
		FROM (
			SELECT 1
			FROM words
			WHERE company_id = $1 AND word >= $2 AND word < $3 AND previous < $2
			LIMIT $4) found`, q.companyID, w.from, w.to, countCap)
	if err != nil {
		return 0, fmt.Errorf("count word: %w", err)
	}
	return float64(n), nil
}

// sample estimates how many people the words find that find countCap or more. Ids are random, so people whose ids follow each other are
// a fair sample.
func (q *search) sample(ctx context.Context, people float64, found []float64) error {
	var haystacks []string
	err := q.s.read.SelectContext(ctx, &haystacks, `
		SELECT haystack
		FROM (
			SELECT company_id, haystack
			FROM people
			WHERE id >= $1
			ORDER BY id
			LIMIT $2) sample
		WHERE company_id = $3`, rand.Text()[:2], sampleSize, q.companyID)
	if err != nil {
		return fmt.Errorf("sample people: %w", err)
	}
	for i, w := range q.words {
		if found[i] < countCap {
			continue
		}
		matching := 0
		for _, h := range haystacks {
			if strings.Contains(h, w.piece) {
				matching++
			}
		}
		if len(haystacks) > 0 {
			found[i] = max(found[i], people*float64(matching)/float64(len(haystacks)))
		}
	}
	return nil
}
