package diffargs

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestSketchFindsParts(t *testing.T) {
	t.Parallel()
	type inner struct {
		Rate  float64
		Sizes []int
		Tags  []string
	}
	type config struct {
		Name    string
		Depth   int
		Verbose bool
		Model   *inner
		Extra   any
		Start   time.Time
	}
	type record struct {
		ID   int
		Name string
		X    float64
	}
	names := func(n int) []string {
		s := make([]string, n)
		for i := range s {
			s[i] = fmt.Sprint("name ", i*i)
		}
		return s
	}
	base := func() config {
		return config{"run", 12, true, &inner{0.001, []int{64, 32}, []string{"a", "b"}}, 2.5, time.Unix(1e9, 0)}
	}
	with := func(change func(c *config)) config { c := base(); change(&c); return c }
	entries := func(n int) map[string]float64 {
		m := map[string]float64{}
		for i := range n {
			m[fmt.Sprint("key ", i)] = 1 / float64(i+1)
		}
		return m
	}
	set := func(n int) map[string]struct{} {
		m := map[string]struct{}{}
		for i := range n {
			m[fmt.Sprint("key ", i)] = struct{}{}
		}
		return m
	}
	records := func(n int) []record {
		s := make([]record, n)
		for i := range s {
			s[i] = record{i, fmt.Sprint("name ", i), math.Sqrt(float64(i))}
		}
		return s
	}
	text := strings.Repeat("It was the best of times, it was the worst of times. ", 3) + strings.Join(names(100), ", ")
	r := rand.New(rand.NewPCG(5, 5))
	for name, pair := range map[string][2]any{
		"a field":              {base(), with(func(c *config) { c.Depth = 13 })},
		"a field to zero":      {base(), with(func(c *config) { c.Verbose = false })},
		"a nested field":       {base(), with(func(c *config) { c.Model.Rate = 0.1 })},
		"a nested element":     {base(), with(func(c *config) { c.Model.Sizes[1] = 16 })},
		"a field to nil":       {base(), with(func(c *config) { c.Model = nil })},
		"an interface":         {base(), with(func(c *config) { c.Extra = "other" })},
		"a time":               {base(), with(func(c *config) { c.Start = time.Time{} })},
		"a pointer to it":      {base(), func() *config { c := base(); return &c }()},
		"strings shuffled":     {names(1000), shuffled(r, names(1000))},
		"few strings shuffled": {names(5), shuffled(r, names(5))},
		"a string changed":     {names(1000), append(names(999), "other")},
		"of few, one changed":  {names(5), append(names(4), "other")},
		"a string removed":     {names(17), names(16)},
		"a string more than 8": {names(8), names(7)},
		"a tenth left out":     {names(1000), shuffled(r, names(1000))[100:]},
		"strings in any":       {[]any{"a", 1, 2.5, "b"}, []any{"b", 2.5, 1, "c"}},
		"records shuffled":     {records(1000), shuffled(r, records(1000))},
		"a record changed":     {records(30), append(records(29), record{1, "x", 2})},
		"a record of few":      {records(5), append(records(4), record{1, "x", 2})},
		"a record added":       {records(16), records(17)},
		"an entry changed":     {entries(1000), withEntry(entries(1000), "key 5", 7)},
		"an entry of few":      {entries(5), withEntry(entries(5), "key 3", 7)},
		"an entry added":       {entries(16), entries(17)},
		"entries 7 and 8":      {entries(7), entries(8)},
		"all entries with noise": {entries(1000), func() map[string]float64 {
			m := entries(1000)
			for k := range m {
				m[k] *= 1 + 1e-15*r.Float64()
			}
			return m
		}()},
		"all values changed": {entries(100), func() map[string]float64 {
			m := entries(100)
			for k := range m {
				m[k] += 5
			}
			return m
		}()},
		"a member added":     {set(100), set(101)},
		"a member of few":    {set(4), set(5)},
		"a map in a struct":  {struct{ M map[string]float64 }{entries(50)}, struct{ M map[string]float64 }{entries(51)}},
		"a word":             {"the quick brown fox jumps", "the quick red fox jumps"},
		"a word added":       {"train on fold 3", "train on every fold 3"},
		"words in order":     {"alpha beta gamma delta", "delta alpha gamma beta"},
		"a name":             {"data_2023.csv", "data_2024.csv"},
		"an anagram":         {"abcdefg", "gfedcba"},
		"a long text, begin": {text, "X" + text},
		"a long text, end":   {text, text + "X"},
		"a long text, word":  {text, strings.Replace(text, "best", "better", 2)},
		"a huge text":        {strings.Repeat(text, 100), strings.Repeat(text, 100)[1000:]},
		"sentences in order": {text[:600] + text[700:1200], text[700:1200] + text[:600]},
		"times":              {[]time.Time{time.Unix(1, 0), time.Unix(2, 0)}, []time.Time{time.Unix(2, 0), time.Unix(3, 0)}},
		"slices of strings":  {[][]string{names(3), names(9)}, [][]string{names(9), {"x"}}},
		"numbers in a map":   {map[string][]float64{"x": {1, 2, 3}, "y": {4, 5}}, map[string][]float64{"x": {1, 2, 3}, "y": {4, 6}}},
	} {
		if n := inCommon(sketch(t, pair[0]), sketch(t, pair[1])); n == 0 {
			t.Errorf("%s: not found", name)
		} else {
			t.Logf("%s: %d buckets", name, n)
		}
	}
	for name, pair := range map[string][2]any{
		"strings": {names(100), shuffled(r, names(200))[:0]},
		"maps":    {entries(100), map[string]float64{"a": 9, "b": 10, "c": 11}},
		"texts":   {"the quick brown fox", "0123456789"},
		"words":   {strings.Join(names(100), " "), strings.Repeat("qwertyuiop", 30)},
	} {
		if n := inCommon(sketch(t, pair[0]), sketch(t, pair[1])); n > 0 {
			t.Errorf("unlike %s have %d buckets in common", name, n)
		}
	}
}

func withEntry[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	m = maps.Clone(m)
	m[key] = value
	return m
}

func TestSketchesOfUnrelatedCollections(t *testing.T) {
	t.Parallel()
	word := func(r *rand.Rand) string {
		b := make([]byte, 3+r.IntN(8))
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		return string(b)
	}
	for name, of := range map[string]func(r *rand.Rand) any{
		"text": func(r *rand.Rand) any { return word(r) + word(r) + " " + word(r) },
		"long text": func(r *rand.Rand) any {
			s := ""
			for range 200 {
				s += word(r) + " "
			}
			return s
		},
		"strings": func(r *rand.Rand) any {
			s := make([]string, 100)
			for i := range s {
				s[i] = word(r)
			}
			return s
		},
		"map": func(r *rand.Rand) any {
			m := map[string]float64{}
			for range 100 {
				m[word(r)] = r.Float64()
			}
			return m
		},
		"number": func(r *rand.Rand) any { return math.Exp(20 * r.NormFloat64()) },
	} {
		var sketches [][]uint64
		for trial := range uint64(sketchTrials) {
			sketches = append(sketches, sketch(t, of(rand.New(rand.NewPCG(trial, 3)))))
		}
		wrong, pairs := 0, 0
		for i := range sketches {
			for j := range i {
				pairs++
				if inCommon(sketches[i], sketches[j]) > 0 {
					wrong++
				}
			}
		}
		if wrong*100 > pairs {
			t.Errorf("%s: %d of %d unrelated pairs", name, wrong, pairs)
		}
		t.Logf("%s: %.3f %%", name, 100*float64(wrong)/float64(pairs))
	}
}
