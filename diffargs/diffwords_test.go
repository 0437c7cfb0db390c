package diffargs

import (
	"fmt"
	"go/token"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"text/scanner"
	"time"
)

type product struct {
	Name   string
	Width  int
	Price  float64
	Seller *product
}

func products(change func(i int, p *product)) []product {
	list := make([]product, 40)
	for i := range list {
		list[i] = product{Name: fmt.Sprintf("n%d", i), Width: i + 3, Price: float64(i)*1.5 + 1}
		if change != nil {
			change(i, &list[i])
		}
	}
	return list
}

// redefined returns values of types of one name, defined in another way after.
func redefined() (before, after []any) {
	func() {
		type options struct {
			A int
			B string
		}
		before = append(before, options{1, "x"}, options{1, "x"}, []options{{1, "x"}, {2, "y"}, {3, "z"}, {4, ""}})
	}()
	func() {
		type options struct{ Time time.Time }
		before = append(before, options{})
	}()
	func() {
		type options struct {
			B string
			A int
		}
		after = append(after, options{"x", 1})
	}()
	func() {
		type options struct {
			A int
			B label
		}
		after = append(after, options{1, "x"})
	}()
	func() {
		type options struct {
			A int
			B string
			C bool
		}
		after = append(after, []options{{1, "x", true}, {2, "y", true}, {3, "z", true}, {4, "", true}})
	}()
	func() {
		type options struct{ time.Time }
		after = append(after, options{})
	}()
	return before, after
}

// TestWords holds what people read of every kind against testdata, where it is
// to be judged as text.
func TestWords(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	x := mapped(make([]float64, 100), func(int, float64) float64 { return math.Round(1e4*(10+3*r.NormFloat64())) / 1e4 })
	third := mapped(x, func(_ int, v float64) float64 { return v / 3 })
	m := mappedMatrix(6, 4, func(int, int) float64 { return math.Round(1000*r.Float64()) / 1000 })
	moments := momentsOf(x)
	sparse := func(every int, f func(v float64) float64) func(i int, v float64) float64 {
		return func(i int, v float64) float64 {
			if i%every == 3 {
				return f(v)
			}
			return v
		}
	}
	flat := slices.Concat(m...)
	noon := time.Date(2024, 5, 1, 12, 30, 15, 123456789, time.UTC)
	zone := func(hours int) *time.Location { return time.FixedZone("", hours*3600) }
	words := func(n int, f func(i int) (string, float64)) map[string]float64 {
		counts := map[string]float64{}
		for i := range n {
			key, value := f(i)
			counts[key] = value
		}
		return counts
	}
	type set = map[string]struct{}
	long := strings.Repeat("All work and no play makes a dull text. ", 5)
	oldTypes, newTypes := redefined()

	tests := []struct {
		name          string
		before, after any
	}{
		{"# numbers", nil, nil},
		{"one more", 3, 4},
		{"one less", uint8(4), uint8(3)},
		{"the other sign", 3, -3},
		{"seconds as milliseconds", 3, 3000},
		{"bytes as KiB", 4096, 4},
		{"hours as seconds", int64(2), int64(7200)},
		{"any other number", 64, 77},
		{"a flag", false, true},
		{"a duration", time.Minute, 90 * time.Second},
		{"a duration in the wrong unit", 5 * time.Second, 5 * time.Millisecond},
		{"a fraction as percent", 0.25, 25.0},
		{"degrees as radians", 90.0, math.Pi / 2},
		{"rounded", 3.14159265, 3.14},
		{"float32 and back", 0.1, float64(float32(0.1))},
		{"back and forth", float64(float32(0.1)), 0.1},
		{"noise", 0.3, math.Nextafter(0.3, 1)},
		{"the other sign of a float", 0.5, -0.5},
		{"an infinity", 0.5, math.Inf(1)},

		{"# rows of numbers", nil, nil},
		{"float32", third, mapped(third, func(_ int, v float64) float64 { return float64(float32(v)) })},
		{"float32 before", mapped(third, func(_ int, v float64) float64 { return float64(float32(v)) }), third},
		{"scaled", x, mapped(x, func(_ int, v float64) float64 { return v * 1000 })},
		{"bytes as fractions", x, mapped(x, func(_ int, v float64) float64 { return v / 255 })},
		{"to radians", x, mapped(x, func(_ int, v float64) float64 { return v * math.Pi / 180 })},
		{"halved", x, mapped(x, func(_ int, v float64) float64 { return v / 2 })},
		{"a third", x, mapped(x, func(_ int, v float64) float64 { return v / 3 })},
		{"by another factor", x, mapped(x, func(_ int, v float64) float64 { return v * 0.37 })},
		{"mirrored at zero", x, mapped(x, func(_ int, v float64) float64 { return -v })},
		{"integers scaled", []int{1, 2, 5}, []int{60, 120, 300}},
		{"moved", x, mapped(x, func(_ int, v float64) float64 { return v + 3.5 })},
		{"labels from 1 on", []int{0, 2, 1, 0}, []int{1, 3, 2, 1}},
		{"centred", x, mapped(x, func(_ int, v float64) float64 { return v - moments.mean })},
		{"standardised", x, mapped(x, func(_ int, v float64) float64 { return (v - moments.mean) / moments.deviation })},
		{"from 0 to 1", x, mapped(x, func(_ int, v float64) float64 { return (v - moments.low) / (moments.high - moments.low) })},
		{"Fahrenheit", x, mapped(x, func(_ int, v float64) float64 { return v*1.8 + 32 })},
		{"rounded", x, mapped(x, func(_ int, v float64) float64 { return math.Round(v*100) / 100 })},
		{"bytes reversed", x, mapped(x, func(_ int, v float64) float64 { return swappedBytes(v) })},
		{"rolled forward", []int{1, 2, 3, 4, 5}, []int{5, 1, 2, 3, 4}},
		{"rolled back", []int{1, 2, 3, 4, 5}, []int{3, 4, 5, 1, 2}},
		{"a lag", []int{1, 4, 9, 16, 25}, []int{0, 1, 4, 9, 16}},
		{"a lead", []int{1, 2, 3, 4, 5, 6}, []int{3, 4, 5, 6, 7, 9}},
		{"transposed", flat, mapped(flat, func(i int, _ float64) float64 { return flat[i%6*4+i/6] })},
		{"two swapped", []int{5, 6, 7, 8}, []int{5, 8, 7, 6}},
		{"sorted", []int{3, 1, 5, 2, 4}, []int{1, 2, 3, 4, 5}},
		{"sorted descending", []int{3, 1, 5, 2, 4}, []int{5, 4, 3, 2, 1}},
		{"no longer sorted", []int{1, 2, 3, 4, 5}, []int{3, 1, 5, 2, 4}},
		{"reversed", []int{3, 1, 5, 2, 4}, []int{4, 2, 5, 1, 3}},
		{"shuffled", []int{3, 1, 5, 2, 4, 0}, []int{0, 5, 1, 2, 3, 4}},
		{"NaNs filled", mapped(x, sparse(20, func(float64) float64 { return math.NaN() })), mapped(x, sparse(20, func(float64) float64 { return 0 }))},
		{"NaNs interpolated", mapped(x, sparse(20, func(float64) float64 { return math.NaN() })), x},
		{"a mark for nothing became NaN", mapped(x, sparse(20, func(float64) float64 { return -999 })), mapped(x, sparse(20, func(float64) float64 { return math.NaN() }))},
		{"minus zeros", []float64{0, 0, 1}, []float64{math.Copysign(0, -1), math.Copysign(0, -1), 1}},
		{"noise", x, mapped(x, func(_ int, v float64) float64 { return math.Nextafter(v, 1e9) })},
		{"noise and more", x, mapped(x, func(i int, v float64) float64 {
			if i > 90 {
				return v + r.Float64()
			}
			return math.Nextafter(v, 1e9)
		})},
		{"a range", x, mapped(x, func(i int, v float64) float64 {
			if i >= 20 && i < 40 {
				return v + r.Float64()
			}
			return v
		})},
		{"every 8th", x, mapped(x, sparse(8, func(v float64) float64 { return v + r.Float64() }))},
		{"some scaled", x, mapped(x, sparse(8, func(v float64) float64 { return v * 60 }))},
		{"scaled but for one", x, mapped(x, func(i int, v float64) float64 {
			if i == 17 {
				return 3
			}
			return v * 2
		})},
		{"shuffled but for one", x, func() []float64 {
			y := slices.Clone(x)
			r.Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
			y[5] = 77
			return y
		}()},
		{"clipped", x, mapped(x, func(_ int, v float64) float64 { return min(max(v, 8), 12) })},
		{"one value replaced", []int{1, 0, 2, 0, 3}, []int{1, -1, 2, -1, 3}},
		{"flags flipped", []bool{true, true, false}, []bool{false, false, true}},
		{"cut above", x, mapped(x, func(_ int, v float64) float64 { return min(v, 12) })},
		{"cut below", []int{-3, 5, -2, 0, 7, 4}, []int{0, 5, 0, 0, 7, 4}},
		{"all the same now", []int{3, 5, 2}, []int{4, 4, 4}},
		{"NaNs here and there", []float64{1, math.NaN(), 3}, []float64{math.NaN(), 2, 3}},
		{"some became NaN", []float64{1, 2, 3}, []float64{math.NaN(), math.NaN(), 3}},
		{"sorted, with NaN at the end", []float64{3, math.NaN(), 1, 5, 2}, []float64{1, 2, 3, 5, math.NaN()}},
		{"no longer sorted descending", []int{5, 4, 2, 1}, []int{1, 5, 2, 4}},
		{"rounded before", mapped(x, func(_ int, v float64) float64 { return math.Round(v*100) / 100 }), x},
		{"float32 but for one", third, mapped(third, func(i int, v float64) float64 {
			if i == 17 {
				return 3
			}
			return float64(float32(v))
		})},
		{"a few in a small range", x, mapped(x, func(i int, v float64) float64 {
			if i == 50 || i == 53 || i == 59 {
				return v + r.Float64()
			}
			return v
		})},
		{"complex numbers", []complex128{1 + 2i, 3, 0.5i}, []complex128{2 + 4i, 6, 1i}},
		{"complex noise", []complex128{3 + 2i, 3}, []complex128{complex(math.Nextafter(3, 4), 2), complex(math.Nextafter(3, 4), 0)}},
		{"appended", []int{1, 2}, []int{1, 2, 3, 4}},
		{"appended to itself", []int{1, 2}, []int{1, 2, 1, 2}},
		{"padded", []int{1, 2}, []int{0, 0, 0, 1, 2}},
		{"NaNs dropped", []float64{1, math.NaN(), 2, 3, math.NaN(), 4}, []float64{1, 2, 3, 4}},
		{"duplicates dropped", []int{3, 1, 3, 2, 1}, []int{3, 1, 2}},
		{"unique and sorted", []int{3, 1, 3, 2, 1}, []int{1, 2, 3}},
		{"every 2nd", []int{0, 1, 2, 3, 4, 5, 6}, []int{0, 2, 4, 6}},
		{"some removed", []int{0, 1, 2, 3, 4, 5, 6, 7}, []int{0, 2, 4, 6}},
		{"added and shuffled", []int{0, 1, 2, 3}, []int{3, 0, 9, 2, 1}},
		{"edited", []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []int{0, 1, 22, 3, 4, 5, 55, 56, 6, 7, 9, 10, 11}},
		{"a few changed besides", []int{0, 1, 2, 3, 4, 5, 6}, []int{0, 10, 2, 3, 40, 5, 6, 7}},
		{"noise besides", []float64{3, 1, 3, 1, 5}, []float64{math.Nextafter(3, 4), 1, math.Nextafter(3, 4), 1, 5, 6}},
		{"duplicates added", []int{3, 1, 2}, []int{3, 3, 1, 2, 2}},
		{"nothing in common", []int{0, 1, 2, 3}, []int{5, 6, 7, 8, 9}},

		{"# matrices", nil, nil},
		{"transposed", m, mappedMatrix(4, 6, func(i, j int) float64 { return m[j][i] })},
		{"other rows of the same numbers", m, mappedMatrix(4, 6, func(i, j int) float64 { return flat[i*6+j] })},
		{"flattened", m, flat},
		{"rows appended", m[:3], m},
		{"a row inserted and one changed", m, slices.Concat(m[:1], [][]float64{{1, 2, 3, 4}}, m[1:4], [][]float64{{m[4][0], 9, m[4][2], m[4][3]}}, m[5:])},
		{"rows swapped", m, slices.Concat([][]float64{m[1], m[0]}, m[2:])},
		{"rows rolled", m, slices.Concat(m[2:], m[:2])},
		{"columns swapped", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][j^1] })},
		{"columns reversed", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][3-j] })},
		{"a column removed", m, mappedMatrix(6, 3, func(i, j int) float64 { return m[i][j+b2i(j > 0)] })},
		{"a column scaled", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][j] * (1 + 999*float64(b2i(j == 2))) })},
		{"a column changed", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][j] + float64(b2i(j == 2))*r.Float64() })},
		{"a row changed", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][j] + float64(b2i(i == 2))*r.Float64() })},
		{"columns from 0 to 1", m, func() [][]float64 {
			return mappedMatrix(6, 4, func(i, j int) float64 {
				column := momentsOf(mapped(make([]float64, 6), func(i int, _ float64) float64 { return m[i][j] }))
				return (m[i][j] - column.low) / (column.high - column.low)
			})
		}()},
		{"rows by factors", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][j] * float64(i+2) })},
		{"columns by lines", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][j]*float64(j+2) + float64(j) })},
		{"a square transposed", m[:4], mappedMatrix(4, 4, func(i, j int) float64 { return m[j][i] })},
		{"pixels by channel", [][][]uint8{{{1, 2, 3}, {4, 5, 6}}}, [][][]uint8{{{1, 4}}, {{2, 5}}, {{3, 6}}}},
		{"columns rolled", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][(j+1)%4] })},
		{"a column lost, one new", m, mappedMatrix(6, 4, func(i, j int) float64 { return m[i][min(j+1, 3)] + float64(b2i(j == 3)) })},
		{"a column removed, one changed", m, mappedMatrix(6, 3, func(i, j int) float64 { return m[i][j] + float64(b2i(j == 1)) })},
		{"rows of many lengths", [][]int{{1, 2}, {3}, {4, 5, 6}}, [][]int{{1, 2}, {7}, {4, 5, 8}}},
		{"columns standardised", m, func() [][]float64 {
			return mappedMatrix(6, 4, func(i, j int) float64 {
				column := momentsOf(mapped(make([]float64, 6), func(i int, _ float64) float64 { return m[i][j] }))
				return (m[i][j] - column.mean) / column.deviation
			})
		}()},

		{"# texts", nil, nil},
		{"a word", "the learning rate of it", "the learning speed of it"},
		{"a letter", "digits", "digests"},
		{"a word more", "a good text", "a very good text"},
		{"a path", "/home/a/data/train.csv", "/home/b/data/train.csv"},
		{"in a long text", long, strings.Replace(long, "dull text. All work and", "bright text. All work or", 1)},
		{"case", "Hello World", "hello World"},
		{"a line feed more", "a\nb", "a\nb\n"},
		{"line endings", "a\r\nb\r\n", "a\nb\n"},
		{"indentation", "func x() {\n    a\n    b\n}\n", "func x() {\n\ta\n\tb\n}\n"},
		{"a space at the end", "linear ", "linear"},
		{"a no-break space", "10 km", "10\u00a0km"},
		{"a byte order mark", "\ufeffid,x", "id,x"},
		{"a zero-width space", "id", "i\u200bd"},
		{"one line of four", "one\ntwo\nthree\nfour\n", "one\ntwo\n3\nfour\n"},
		{"lines", "one\ntwo\nthree\nfour\n", "zero\none\ntwo\nthree hundred\nfour\n"},
		{"lines removed", "one\ntwo\nthree\nfour\n", "one\nfour\n"},
		{"many changes", "a1 b1 c1 d1 e1 f1 g1 same", "a2 b2 c2 d2 e2 f2 g2 same"},
		{"mixed line endings", "a\r\nb\nc\r", "a\nb\nc\n"},
		{"several marks", "a b", "a \t\u00a0\u00a0\u2003  b"},
		{"em spaces", "a b", "a\u2003\u2003b"},
		{"other lines", strings.Repeat("a\nb\n", 1000), strings.Repeat("c\nd\n", 1000)},
		{"texts in order", []string{"b", "d", "a", "c"}, []string{"a", "b", "c", "d"}},
		{"Cyrillic letters", "data", "d\u0430t\u0430"},
		{"a Cyrillic letter", "data", "d\u0430ta"},
		{"a dash", "2020-2024", "2020\u20132024"},
		{"accents", "caf\u00e9", "cafe\u0301"},
		{"a number", "0.10", "0.1"},
		{"bytes that are a text", []byte("rate: 0.1\n"), []byte("speed: 0.1\n")},
		{"bytes with other line endings", []byte("rate: 0.1\r\nwidth: 3\r\n"), []byte("rate: 0.1\nwidth: 3\n")},
		{"bytes of one length", []byte("rate: 0.1\n"), []byte("Date: 0.3\n")},
		{"bytes that are no text", "a\xff", "a\xfe"},

		{"# times", nil, nil},
		{"an hour", noon, noon.Add(time.Hour)},
		{"the same clock an hour off", noon, noon.Add(-time.Hour).In(zone(1))},
		{"the same clock elsewhere", noon, noon.Add(-2 * time.Hour).In(zone(2))},
		{"the same instant elsewhere", noon, noon.In(zone(2))},
		{"days", noon, noon.AddDate(0, 0, -3)},
		{"cut to seconds", noon, noon.Truncate(time.Second)},
		{"cut to microseconds before", noon.Truncate(time.Microsecond), noon},
		{"the date only", noon, time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)},
		{"any other time", noon, noon.Add(90 * time.Second)},
		{"ages", time.Time{}, noon},

		{"# structs", nil, nil},
		{"one field of some", products(nil), products(func(i int, p *product) {
			if i%3 == 0 {
				p.Width *= 2
			}
		})},
		{"one field of all in another unit", products(nil), products(func(_ int, p *product) { p.Price *= 1000 })},
		{"noise in one field", products(nil), products(func(i int, p *product) {
			if i > 5 {
				p.Price = math.Nextafter(p.Price, 1e9)
			}
		})},
		{"case in one field", products(nil), products(func(_ int, p *product) { p.Name = strings.ToUpper(p.Name) })},
		{"noise in most, more in some", products(nil), products(func(i int, p *product) {
			p.Price = math.Nextafter(p.Price, 1e9)
			if i > 35 {
				p.Price += 2.5
			}
		})},
		{"nothing in common but the type", products(nil), products(func(i int, p *product) { p.Name = fmt.Sprint(i*i + 100) })},
		{"a struct embedded", oldTypes[3], newTypes[3]},
		{"two fields", products(nil)[:3], products(func(_ int, p *product) { p.Width++; p.Name += "!" })[:3]},
		{"an element inserted", products(nil), slices.Insert(products(nil), 20, product{})},
		{"an element moved", products(nil)[:5], slices.Concat(products(nil)[1:3], products(nil)[:1], products(nil)[3:5])},
		{"one inserted, one lost", products(nil)[:8], slices.Concat(products(nil)[:2], products(nil)[30:31], products(nil)[2:6], products(nil)[7:8])},
		{"a field renamed and changed", struct{ A, Depth int }{1, 2}, struct{ A, MaxDepth int }{1, 7}},
		{"fields in another order", oldTypes[0], newTypes[0]},
		{"a field of another type", oldTypes[1], newTypes[1]},
		{"a field added to all", oldTypes[2], newTypes[2]},
		{"another package", token.Position{Line: 1}, scanner.Position{Line: 1}},
		{"a pointer for a value", product{Name: "a"}, &product{Name: "a"}},
		{"nil for the zero value", product{Seller: &product{}}, product{}},
		{"a number for its text", any("3"), 3},
		{"a named text", "abc", label("abc")},
		{"another type in an interface", map[string]any{"a": 3}, map[string]any{"a": 3.0}},

		{"# maps", nil, nil},
		{"keys", map[string]int{"a": 1, "b": 2}, map[string]int{"a": 1, "c": 3}},
		{"a key renamed", map[string]int{"rate": 1, "b": 2}, map[string]int{"learning_rate": 1, "b": 2}},
		{"the case of a key", map[string]int{"Rate": 1}, map[string]int{"rate": 1}},
		{"the case of a key, and its value", map[string]int{"Rate": 1}, map[string]int{"rate": 5}},
		{"a space in a key", map[string]int{"Rate": 1}, map[string]int{"Rate ": 1}},
		{
			"noise in most values",
			words(20, func(i int) (string, float64) { return fmt.Sprintf("k%d", i), float64(i) + 0.3 }),
			words(20, func(i int) (string, float64) {
				return fmt.Sprintf("k%d", i), math.Nextafter(float64(i)+0.3, float64(b2i(i > 2))*100+float64(b2i(i <= 2))*(float64(i)+0.3))
			}),
		},
		{"many keys", map[string]float64{}, words(20, func(i int) (string, float64) { return fmt.Sprintf("k%02d", i), 0 })},
		{"a set", set{"a": {}, "b": {}}, set{"a": {}, "c": {}, "d": {}}},
		{"a set of flags", map[int]bool{1: true, 2: true}, map[int]bool{1: true, 2: true, 3: true, 4: true}},
		{"one element of a set", set{"a": {}}, set{"a": {}, "b": {}}},
	}
	var b strings.Builder
	for _, test := range tests {
		if strings.HasPrefix(test.name, "#") {
			fmt.Fprintf(&b, "\n%s\n", test.name)
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", test.name)
		for _, d := range mustDiff(t, test.before, test.after) {
			fmt.Fprintf(&b, "  %s  %s: %s → %s\n", d.Path, d.Kind, d.Before, d.After)
			for line := range strings.Lines(d.Detail) {
				fmt.Fprintf(&b, "      %s\n", strings.TrimSuffix(line, "\n"))
			}
		}
	}
	checkGolden(t, "differences.golden", strings.TrimPrefix(b.String(), "\n"))
}
