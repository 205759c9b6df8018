package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

const (
	// countCap bounds how far the people that one word finds are counted in order to choose how to search.
	countCap = 10_000
	// sampleSize is how many people show how common the words are that find more than countCap.
	sampleSize = 400
	// minWalk and maxWalk bound how many rows of a list are tried for a page of very many matches before the words are read instead.
	minWalk, maxWalk = 500, 4_000
	// walkMargin is how many times the rows are tried that would hold a page if the matches were spread evenly.
	walkMargin = 3
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
	driver    int     // index of the word to begin with, or -1 for the list of the group
	density   float64 // estimated share of the group's people who match; 0: unknown
	expected  float64 // estimated number of matches; 0: unknown
}

// matches are what a search found.
type matches struct {
	n      int     // at most SelectionLimit
	more   bool    // there are more
	places []place // all of them in the order of the list, unless more
	read   reader
	some   func(context.Context) ([]place, error) // SelectionLimit of them, if more
}

// search finds the people of the group who have all the words; counts are of all groups.
func (s *Store) search(ctx context.Context, companyID string, g Group, words []searchWord, counts map[Group]int) (matches, error) {
	q := search{s: s, companyID: companyID, group: g, listing: g.listing(s.time()), words: words}
	if err := q.plan(ctx, counts); err != nil {
		return matches{}, err
	}
	many := matches{
		n: SelectionLimit, more: true, read: q.read,
		some: func(ctx context.Context) ([]place, error) { return q.some(ctx, SelectionLimit) },
	}
	if q.expected == 0 || q.expected > SelectionLimit {
		// Counting is cheaper than reading what may be too much.
		n, err := q.count(ctx)
		if err != nil {
			return matches{}, err
		}
		if n > SelectionLimit {
			return many, nil
		}
	}
	places, err := q.some(ctx, SelectionLimit+1)
	if err != nil {
		return matches{}, err
	}
	if len(places) > SelectionLimit {
		return many, nil
	}
	slices.SortFunc(places, comparePlaces)
	return matches{
		n: len(places), places: places,
		read: func(_ context.Context, p page) ([]place, error) { return beyond(places, p), nil },
	}, nil
}

func comparePlaces(a, b place) int { return bytes.Compare(a.Key, b.Key) }

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

// count counts the matches, up to one more than SelectionLimit.
func (q search) count(ctx context.Context) (int, error) {
	var query string
	var args []any
	if q.driver < 0 {
		query, args = q.listRows(page{key: []byte{}, limit: allRows}, `1`)
	} else {
		query, args = q.wordRows(`1`)
	}
	args = append(args, SelectionLimit+1)
	var n int
	err := q.s.read.GetContext(ctx, &n, `
		SELECT count(*)
		FROM (`+query+fmt.Sprintf(`
			LIMIT $%d) matching`, len(args)), args...)
	if err != nil {
		return 0, fmt.Errorf("count matches: %w", err)
	}
	return n, nil
}

// some returns n of the matches, in any order.
func (q search) some(ctx context.Context, n int) ([]place, error) {
	if q.driver < 0 {
		return q.walk(ctx, page{key: []byte{}, limit: n}, allRows)
	}
	return q.scan(ctx, "", nil, n)
}

// read reads a page of very many matches. Where matches are spread over the list, its next rows hold a page; where they stand together,
// as people of one first name do, reading all rows of the word and sorting them is faster.
func (q search) read(ctx context.Context, p page) ([]place, error) {
	if q.driver < 0 || q.group == Recent {
		return q.walk(ctx, p, allRows)
	}
	bound := minWalk
	if q.density > 0 {
		bound = min(max(minWalk, int(walkMargin*float64(p.limit)/q.density)), maxWalk)
	}
	places, err := q.walk(ctx, p, bound)
	if err != nil || len(places) == p.limit {
		return places, err
	}
	if p.backward {
		return q.scan(ctx, ` AND sort_key < $%d ORDER BY sort_key DESC`, p.key, p.limit)
	}
	return q.scan(ctx, ` AND sort_key > $%d ORDER BY sort_key`, p.key, p.limit)
}

// wordRows is the SQL that selects the given columns of the driving word's rows that match.
func (q search) wordRows(columns string) (string, []any) {
	w := q.words[q.driver]
	args := []any{q.companyID, w.from, w.to}
	// A person's words that begin alike lie one after the other: the first of them has its previous word before the stretch.
	query := `
			SELECT ` + columns + `
			FROM words
			WHERE company_id = $1 AND word >= $2 AND word < $3 AND previous < $2`
	// What is cheap to check comes first.
	if f, ok := facetOf(q.group); ok {
		args = append(args, f.pattern())
		query += fmt.Sprintf(` AND facets LIKE $%d`, len(args))
	} else {
		args = append(args, recentSince(q.s.time()))
		query += fmt.Sprintf(` AND registered_at >= $%d`, len(args))
	}
	others, args := q.likeWords("haystack", args)
	return query + others, args
}

// listRows is the SQL that selects the given columns of those rows on a page of the group's list that match.
func (q search) listRows(p page, columns string) (string, []any) {
	list, args := q.listing.placesQuery(q.companyID, p)
	q.driver = -1 // no word has been checked
	// A join would let PostgreSQL read the whole table people first, for the sake of the people behind the end of the page.
	words, args := q.likeWords(`(SELECT p.haystack FROM people p WHERE p.id = r.id)`, args)
	return `
			SELECT ` + columns + `
			FROM (` + list + `) r
			WHERE TRUE` + words, args
}

// likeWords returns the conditions that a haystack has the words, but for the one that selected the rows.
func (q search) likeWords(column string, args []any) (string, []any) {
	var b strings.Builder
	for i, w := range q.words {
		if i != q.driver || w.long {
			args = append(args, w.pattern)
			fmt.Fprintf(&b, ` AND %s LIKE $%d ESCAPE '!'`, column, len(args))
		}
	}
	return b.String(), args
}

// scan reads matching rows of the driving word: those beyond a key, in order, or any if order is "". Order has a %d for the key's number.
func (q search) scan(ctx context.Context, order string, key []byte, limit int) ([]place, error) {
	query, args := q.wordRows(`sort_key, registered_at`)
	if order != "" {
		args = append(args, key)
		query += fmt.Sprintf(order, len(args))
	}
	args = append(args, limit)
	var rows []struct {
		SortKey      []byte `db:"sort_key"`
		RegisteredAt int64  `db:"registered_at"`
	}
	err := q.s.read.SelectContext(ctx, &rows, query+fmt.Sprintf(`
			LIMIT $%d`, len(args)), args...)
	if err != nil {
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

// allRows is a bound that no list reaches.
const allRows = 1 << 40

// walk reads a page of matches from the group's list, but at most bound rows of it.
func (q search) walk(ctx context.Context, p page, bound int) ([]place, error) {
	rows := p
	rows.limit = bound
	query, args := q.listRows(rows, `r.id, r.key`)
	order := "ASC"
	if p.backward {
		order = "DESC"
	}
	args = append(args, p.limit)
	var places []place
	err := q.s.read.SelectContext(ctx, &places, query+fmt.Sprintf(`
			ORDER BY r.key %s
			LIMIT $%d`, order, len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("walk list: %w", err)
	}
	return places, nil
}

// plan chooses what to begin with: what promises to reach SelectionLimit matches, or the end, with the fewest rows.
func (q *search) plan(ctx context.Context, counts map[Group]int) error {
	if len(q.words) == 1 && q.group == All {
		return nil
	}
	people := float64(max(counts[All]+counts[Unregistered], 1))
	found := make([]float64, len(q.words))
	common := false
	for i, w := range q.words {
		n, err := q.countWord(ctx, w)
		if err != nil {
			return err
		}
		found[i] = n
		common = common || found[i] >= countCap
	}
	if common {
		if err := q.sample(ctx, people, found); err != nil {
			return err
		}
	}

	inGroup := float64(counts[q.group])
	q.density = 1 // if words and groups are independent of each other
	for _, n := range found {
		q.density *= n / people
	}
	q.expected = q.density * inGroup
	// Of the n rows that the driver selects, so many are read until SelectionLimit of them match.
	rows := func(n float64) float64 {
		if q.expected == 0 {
			return n
		}
		return min(n, SelectionLimit*n/q.expected)
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
