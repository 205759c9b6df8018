package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxSortName bounds the folded name in a sort key, and maxWord a word, in bytes: PostgreSQL's B-tree rows end at 2,704 bytes
	// (https://www.postgresql.org/docs/current/btree.html), and all of a person's keys share one row.
	maxSortName = 120
	maxWord     = 48
	maxHaystack = 1500
	// maxSearchWords and maxSearchRunes bound what a search may ask for.
	maxSearchWords = 8
	maxSearchRunes = 200
)

// fold lowers and strips text to what people type when they look for it: «García» and «garcia» give the same, and so do full-width and
// plain letters. It keeps all scripts.
func fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r) && accent(r), unicode.Is(unicode.Cf, r):
			// Dropped: accents, and the invisible marks of writing direction.
		default:
			b.WriteString(plain(unicode.ToLower(r)))
		}
	}
	return norm.NFC.String(b.String())
}

// accent reports whether a mark is an accent that people leave out. The vowel signs of Indic scripts are no accents, and neither are the
// voiced marks of Japanese.
func accent(r rune) bool {
	return r != '\u3099' && r != '\u309a' && unicode.In(r, unicode.Inherited, unicode.Hebrew, unicode.Arabic)
}

// plain spells the lower case letters that Unicode does not decompose as people type them on a keyboard without them.
func plain(r rune) string {
	switch r {
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'ħ':
		return "h"
	case 'ŧ':
		return "t"
	case 'ı':
		return "i"
	case 'ŋ':
		return "n"
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'þ':
		return "th"
	case 'ς':
		return "σ"
	case '’', '‘', 'ʼ', 'ʻ', '`', '´':
		return "'"
	default:
		return string(r)
	}
}

// inner reports whether a character joins the pieces of a word: «o'brien», «smith-jones», «ann.lee@acme.example».
func inner(r rune) bool { return strings.ContainsRune("'-._@+", r) }

// tokens cuts folded text into words that begin and end with a letter or digit.
func tokens(folded string) []string {
	fields := strings.FieldsFunc(folded, func(r rune) bool { return !letter(r) && !inner(r) })
	words := fields[:0]
	for _, f := range fields {
		if f = strings.TrimFunc(f, inner); f != "" {
			words = append(words, f)
		}
	}
	return words
}

func letter(r rune) bool { return unicode.In(r, unicode.Letter, unicode.Number, unicode.Mark) }

// pieces cuts a token where a search may begin: after each inner character, and at each Chinese or Japanese character, as those names
// are written without spaces. Joined, the pieces are the token.
func pieces(token string) []string {
	var list []string
	start, before := 0, rune(0)
	for i, r := range token {
		if i > 0 && letter(r) && (inner(before) || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)) {
			list = append(list, token[start:i])
			start = i
		}
		before = r
	}
	return append(list, token[start:])
}

// spaced writes a token as it stands in a haystack: a space before each piece, so that LIKE '% piece%' finds where a piece begins.
func spaced(token string) string { return " " + strings.Join(pieces(token), " ") }

// searchable returns what a search finds the texts by: the words, sorted, and the haystack of them.
// A word that begins another one is left out, since whatever begins it begins the other one too.
func searchable(texts ...string) (words []string, haystack string) {
	var all []string
	for _, text := range texts {
		for _, token := range tokens(fold(text)) {
			all = append(all, token)
			if joined := strings.ReplaceAll(token, "'", ""); joined != token {
				all = append(all, joined) // people type «obrien»
			}
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	var b strings.Builder
	for _, token := range all {
		s := spaced(token)
		if strings.Contains(b.String(), s) || b.Len()+len(s) > maxHaystack {
			continue
		}
		b.WriteString(s)
		parts := pieces(token)
		for i := range parts {
			words = append(words, truncate(strings.Join(parts[i:], ""), maxWord))
		}
	}
	slices.Sort(words)
	words = slices.Compact(words)
	// Sorted, a word is followed at once by those that it begins.
	kept := words[:0]
	for i, w := range words {
		if i+1 == len(words) || !strings.HasPrefix(words[i+1], w) {
			kept = append(kept, w)
		}
	}
	return kept, b.String()
}

// A searchWord is one word that a search asks for.
type searchWord struct {
	from, to []byte // the words it begins are from from up to, not including, to
	piece    string // what a haystack that has it contains
	pattern  string // what a haystack that has it is LIKE, with '!' as the escape character
	long     bool   // longer than words are stored: from and to find too much
}

// searchWords cuts what somebody typed. Pieces that hold no letter or digit are ignored.
func searchWords(search string) []searchWord {
	if runes := []rune(search); len(runes) > maxSearchRunes {
		search = string(runes[:maxSearchRunes])
	}
	list := tokens(fold(search))
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	var words []searchWord
	for i, token := range list {
		begins := func(longer string) bool { return strings.HasPrefix(longer, token) }
		if slices.ContainsFunc(list[:i], begins) || len(words) == maxSearchWords {
			continue
		}
		from := []byte(truncate(token, maxWord))
		to := slices.Clone(from)
		to[len(to)-1]++ // no byte of UTF-8 is 0xff
		words = append(words, searchWord{
			from: from, to: to, long: len(token) > maxWord,
			piece: spaced(token), pattern: "%" + likeEscape(spaced(token)) + "%",
		})
	}
	return words
}

// asksNothing reports whether something was typed that holds nothing a name could begin with, as «!?»: it finds nobody.
func asksNothing(search string) bool {
	return strings.TrimSpace(search) != "" && len(searchWords(search)) == 0
}

func likeEscape(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// sortKey returns the place of a name in the list.
func sortKey(name, id string) []byte {
	folded := strings.TrimLeftFunc(fold(name), func(r rune) bool { return !letter(r) }) // «*stars*» stands among the letters
	if folded == "" {
		folded = fold(name)
	}
	folded = strings.ReplaceAll(truncate(folded, maxSortName), "\x00", "")
	return []byte(folded + "\x00" + id)
}

// idOf returns the id in a sort key.
func idOf(sortKey []byte) string {
	_, id, _ := strings.Cut(string(sortKey), "\x00")
	return id
}

// truncate cuts text to at most n bytes, between characters.
func truncate(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
