package store

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesAreFoundByWhatPeopleType(t *testing.T) {
	t.Parallel()
	const email = "Ann.Lee+jobs@Acme.Example"
	for _, tt := range []struct {
		text, search string
		found        bool
	}{
		{"Bo García", "garcia", true},
		{"Bo García", "GARCÍA", true},
		{"Bo García", "garc bo", true},
		{"Bo García", "arcia", false},
		{"Bo García", "bo garciax", false},
		{"Bo Garci\u0301a", "garcía", true}, // decomposed
		{"Łódź Ström", "lodz", true},
		{"Łódź Ström", "strom łód", true},
		{"Søren Ærø", "soren aero", true},
		{"Straße", "strasse", true},
		{"İbrahim", "ibrahim", true},
		{"Đorđe", "djordje", false},
		{"Đorđe", "dorde", true},
		{"王小明", "王", true},
		{"王小明", "小明", true},
		{"王小明", "明王", false},
		{"Ольга Йовович", "ольга йо", true},
		{"Ольга", "ОЛЬ", true},
		{"Νίκος", "νικοσ", true},
		{"محمد عَلي", "علي", true},
		{"משה", "מש", true},
		{"김철수", "김", true},
		{"がく", "かく", false},
		{"ａｎｎ", "ann", true},
		{"Conan O’Brien", "o'brien", true},
		{"Conan O’Brien", "obrien", true},
		{"Conan O’Brien", "brien", true},
		{"Smith-Jones", "jones", true},
		{"Smith-Jones", "smith-j", true},
		{"*stars*", "stars", true},
		{"<!channel>", "channel", true},
		{"🎉 Party 🎉", "party", true},
		{"\u202eevil", "evil", true}, // right-to-left override
		{email, "ann.lee", true},
		{email, "lee", true},
		{email, "jobs", true},
		{email, "acme", true},
		{email, "ann.lee+jobs@acme.example", true},
		{email, "lee+jobs@ac", true},
		{email, "@acme", true},
		{email, "example.", true},
		{email, "cme", false},
		{"100%_sure", "100%", true},
		{"100x", "100%_", true}, // not a wildcard: it asks for «100»
		{"snake_case", "snake_c", true},
		{"snakeXcase", "snake_c", false},
		{strings.Repeat("long", 40), strings.Repeat("long", 39), true},
		{strings.Repeat("long", 40), strings.Repeat("long", 39) + "x", false},
	} {
		words, haystack := searchable(tt.text)
		if got := finds(words, haystack, tt.search); got != tt.found {
			t.Errorf("%q finds %q: %v, want %v (words %q, haystack %q)", tt.search, tt.text, got, tt.found, words, haystack)
		}
	}
}

// finds decides as the database does, by the stretch of words and by the haystack, which must agree.
func finds(words []string, haystack, search string) bool {
	asked := searchWords(search)
	for _, w := range asked {
		first := slices.IndexFunc(words, func(word string) bool { return word >= string(w.from) && word < string(w.to) })
		contains := strings.Contains(haystack, w.piece)
		if first < 0 && contains || first >= 0 && !contains && !w.long {
			panic("words and haystack disagree about " + search)
		}
		if first < 0 || !contains {
			return false
		}
	}
	return len(asked) > 0
}

func TestASearchForNothingFindsNobody(t *testing.T) {
	t.Parallel()
	for search, nothing := range map[string]bool{"": false, "  \t": false, "!?": true, "@": true, "a": false, "* a": false} {
		if got := asksNothing(search); got != nothing {
			t.Errorf("asksNothing(%q) = %v, want %v", search, got, nothing)
		}
	}
	if got := len(searchWords(strings.Repeat("ab cd ef gh ij kl mn op qr st ", 100))); got > maxSearchWords {
		t.Errorf("a search asks for %d words, want at most %d", got, maxSearchWords)
	}
}

func TestWordsThatBeginOthersAreStoredOnce(t *testing.T) {
	t.Parallel()
	words, haystack := searchable("Ann Lee", "ann.lee", "ann.lee@acme.example", "ann.lee@acme.example")
	if want := []string{"acme.example", "ann.lee@acme.example", "example", "lee@acme.example"}; !slices.Equal(words, want) {
		t.Errorf("words %q, want %q", words, want)
	}
	if want := " ann. lee@ acme. example"; !strings.HasPrefix(haystack, want) {
		t.Errorf("haystack %q, want it to begin with %q", haystack, want)
	}
}

func TestKeysFitIntoAnIndexRow(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("漢字-w@", 3000)
	words, haystack := searchable(long, long+"x", long+"y")
	size := len(sortKey(long, "0123456789ABCDEF")) + 2*maxWord + len(haystack) + 64
	if size > 2700 {
		t.Errorf("the keys of a long name take %d bytes; PostgreSQL's rows end at 2,704", size)
	}
	for _, w := range words {
		if len(w) > maxWord {
			t.Errorf("word of %d bytes, want at most %d", len(w), maxWord)
		}
	}
}

func TestTheListIsInTheOrderOfFoldedNames(t *testing.T) {
	t.Parallel()
	names := []string{"*Aaron*", "Ábel", "adam", "Łukasz", "Zoë", "Олег", "🎉"}
	slices.Reverse(names)
	slices.SortFunc(names, func(a, b string) int { return slices.Compare(sortKey(a, "1"), sortKey(b, "1")) })
	want := []string{"*Aaron*", "Ábel", "adam", "Łukasz", "Zoë", "Олег", "🎉"}
	if !slices.Equal(names, want) {
		t.Errorf("order %q, want %q", names, want)
	}
	if slices.Compare(sortKey("Ann", "1"), sortKey("Ann Lee", "0")) >= 0 {
		t.Error("«Ann Lee» stands before «Ann»")
	}
}

func FuzzSearchNeverPanics(f *testing.F) {
	f.Add("García 王小明 o'brien a@b.c", "gar")
	f.Add("\xff\xfe", "\x00 %_!")
	f.Fuzz(func(t *testing.T, text, search string) {
		words, haystack := searchable(text)
		for _, w := range searchWords(search) {
			if slices.Compare(w.from, w.to) >= 0 {
				t.Errorf("empty range %q to %q", w.from, w.to)
			}
		}
		if len(haystack) > maxHaystack {
			t.Errorf("haystack of %d bytes", len(haystack))
		}
		// Whatever a person is called, their whole name finds them.
		if asked := searchWords(text); len(asked) > 0 && len([]rune(text)) <= maxSearchRunes && len(text) < maxHaystack/4 {
			for _, w := range asked {
				if !strings.Contains(haystack, w.piece) {
					t.Errorf("%q does not find itself: %q is not in %q (words %q)", text, w.piece, haystack, words)
				}
			}
		}
	})
}
