package trigram

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		texts  []string
		want   []string
	}{
		{"nothing", nil, nil},
		{"too short a text has none", []string{"ab", ""}, nil},
		{"each once", []string{"abcabc"}, []string{"abc", "bca", "cab"}},
		{"texts do not run into each other", []string{"abc", "def"}, []string{"abc", "def"}},
		{"letters are folded", []string{"ABC", "abc"}, []string{"abc"}},
		{"also those beyond ASCII", []string{"ÄÄ", "ää"}, []string{"Ä\xc3", "\x84Ä"}},
		{"folding can make a text too short", []string{"\u212a"}, nil},
		{"the Kelvin sign is a k", []string{"a\u212ab"}, []string{"akb"}},
	} {
		var s Set
		for _, text := range test.texts {
			s.Add([]byte(text))
		}
		var got []string
		for _, t := range s.List() {
			got = append(got, string([]byte{byte(t >> 16), byte(t >> 8), byte(t)}))
		}
		slices.Sort(got)
		slices.Sort(test.want)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		s.Clear()
		s.Add([]byte("abc"))
		if len(s.List()) != 1 {
			t.Errorf("%s: a cleared set to which one trigram was added has %d", test.reason, len(s.List()))
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason, pattern string
		matches         string // texts that satisfy the query, and
		doesNot         string // that do not, parted by commas
	}{
		{"a literal", "refused", "connection refused,REFUSED", "refuse,connection"},
		{"literals with anything between", "conn.*refused", "connection refused,refused conn", "refused"},
		{"one of two", "refused|timeout", "refused,timeout", "connection"},
		{"one of two after a literal", "net: (refused|timeout)", "net: timeout", "net: other,timeout"},
		{"a group is no border", "ab(cd)", "abcd", "ab cd"},
		{"nor is an assertion", `ab\bcd`, "abcd", "ab cd"},
		{"repeated at least once", "(abc)+", "abc", "ab"},
		{"so often", "(abc){2,3}", "abcabc", "ab"},
		{"case that does not matter", "(?i)größe", "GRÖSSE größe,GRÖßE", "grosse"},
		{"what may be left out is not asked for", "abc(def)?", "abc", "ab"},
		{"nothing is asked for: all texts do", "a.b|cde", "x,", ""},
		{"nothing", ".*", "x", ""},
		{"too short", "ab", "x", ""},
	} {
		re, err := syntax.Parse(test.pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		q := NewQuery(re)
		for text := range strings.SplitSeq(test.matches, ",") {
			if !q.Matches(trigramsOf(text)) {
				t.Errorf("%s: %s: %q is left out", test.reason, test.pattern, text)
			}
		}
		for text := range strings.SplitSeq(test.doesNot, ",") {
			if test.doesNot != "" && q.Matches(trigramsOf(text)) {
				t.Errorf("%s: %s: %q is let through", test.reason, test.pattern, text)
			}
		}
	}
}

func trigramsOf(text string) func(Trigram) bool {
	var s Set
	s.Add([]byte(text))
	return func(t Trigram) bool { return slices.Contains(s.List(), t) }
}

// No text that a regular expression matches is left out by its query.
func TestQueryLosesNothing(t *testing.T) {
	t.Parallel()
	const letters = "abKks\u212a\u017fSé"
	r := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		runes := []rune(letters)
		var b strings.Builder
		for range n {
			b.WriteRune(runes[r.IntN(len(runes))])
		}
		return b.String()
	}
	var set Set
	has := func(t Trigram) bool { return slices.Contains(set.List(), t) }
	matched := 0
	for range 20_000 {
		text := word(3 + r.IntN(12))
		pattern := randomPattern(r, word, 3)
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(pattern).MatchString(text) {
			continue
		}
		matched++
		set.Clear()
		set.Add([]byte(text))
		if q := NewQuery(re); !q.Matches(has) {
			t.Fatalf("%q matches %q, and is left out by %v", pattern, text, q)
		}
	}
	if matched < 1000 {
		t.Errorf("only %d of the random patterns matched", matched)
	}
}

func randomPattern(r *rand.Rand, word func(int) string, depth int) string {
	if depth == 0 {
		return word(1 + r.IntN(4))
	}
	sub := func() string { return randomPattern(r, word, depth-1) }
	switch r.IntN(8) {
	case 0:
		return sub() + "|" + sub()
	case 1:
		return "(?:" + sub() + ")*"
	case 2:
		return "(" + sub() + ")+" + sub()
	case 3:
		return "(?i:" + sub() + ")"
	case 4:
		return sub() + ".?" + sub()
	case 5:
		return "(?:" + sub() + "){1,3}"
	case 6:
		return "[" + word(2) + "]" + sub()
	default:
		return sub()
	}
}
