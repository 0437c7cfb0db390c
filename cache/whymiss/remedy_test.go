package whymiss_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// Declarations that the code of remedies may use, as the types of this package
// have them.
const declarations = `
type rate float64
type settings struct {
	Rate    float64
	Small   float32
	Named   rate
	Weights []float64
	When    time.Time
	Names   []string
	Inner   *settings
	Title   string
}
`

type rate float64

type settings struct {
	Rate    float64
	Small   float32
	Named   rate
	Weights []float64
	When    time.Time
	Names   []string
	Inner   *settings
	Title   string
}

// compiles type-checks functions about an x each.
func compiles(t *testing.T, functions string) {
	t.Helper()
	source := "package p\nimport (\n\t\"math\"\n\t\"slices\"\n\t\"strings\"\n\t\"time\"\n)\nvar (\n_ = math.Pi\n_ = slices.Max[[]int]\n_ = strings.ToLower\n_ time.Time\n)\n" + declarations +
		functions
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "p.go", source, 0)
	if err == nil {
		config := types.Config{Importer: importer.ForCompiler(files, "source", nil)}
		_, err = config.Check("p", files, []*ast.File{file}, nil)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, source)
	}
}

func next(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }

func TestNormalisingCompiles(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	other := noon.In(time.FixedZone("", 3600))
	const here = "labbook/cache/whymiss_test.Train" // types of the function's own package go without its name
	var functions strings.Builder
	for i, test := range []struct {
		reason        string
		before, after any
		want          string // a piece of the code; "" for no code at all
	}{
		{"a number", 0.3, next(0.3), "x = math.Round(x*1e12) / 1e12"},
		{"a large number", 123456.5, next(123456.5), "x = math.Round(x*1e6) / 1e6"},
		{"a small number", 1e-5, next(1e-5), "x = math.Round(x*1e16) / 1e16"},
		{"of a named type", rate(0.3), rate(next(0.3)), "x = rate(math.Round(float64(x)*1e12) / 1e12)"},
		{"of 32 bits", float32(0.3), math.Nextafter32(0.3, 1), "x = float32(math.Round(float64(x)*1e7) / 1e7)"},
		{"a row", []float64{1, 2, 0.3}, []float64{1, 2, next(0.3)}, "for i := range x {\n\tx[i] = math.Round(x[i]*1e11) / 1e11\n}"},
		{"a matrix", [][]float64{{1}, {0.3}}, [][]float64{{1}, {next(0.3)}}, "row[i] = math.Round"},
		{"a field", settings{Rate: 0.3}, settings{Rate: next(0.3)}, "x.Rate = math.Round"},
		{"a field behind a pointer", &settings{Rate: 0.3}, &settings{Rate: next(0.3)}, "x.Rate = math.Round"},
		{"a field of a field", settings{Inner: &settings{Named: 0.3}}, settings{Inner: &settings{Named: rate(next(0.3))}}, "x.Inner.Named = rate("},
		{"a row in a field", settings{Weights: []float64{0.3}}, settings{Weights: []float64{next(0.3)}}, "for i := range x.Weights {"},
		{"a row in a slice", []settings{{Weights: []float64{0.3}}}, []settings{{Weights: []float64{next(0.3)}}}, "for i := range x[0].Weights {"},
		{"by way of 32 bits", []float64{0.1, 0.5}, []float64{float64(float32(0.1)), 0.5}, "x[i] = float64(float32(x[i]))"},
		{"upper case", "Adam", "adam", "x = strings.ToLower(x)"},
		{"white space", "a\nb\n", "a\r\nb", `x = strings.Join(strings.Fields(x), " ")`},
		{"white space in a field", settings{Title: "a b"}, settings{Title: "a b "}, `x.Title = strings.Join(`},
		{"the sign of zero", 0.0, math.Copysign(0, -1), "x += 0"},
		{"the sign of zero in a row", []float64{0}, []float64{math.Copysign(0, -1)}, "x[i] += 0"},
		{"a time zone", noon, other, "x = x.UTC()"},
		{"a time zone in a field", settings{When: noon}, settings{When: other}, "x.When = x.When.UTC()"},
		{"nil and empty", []string(nil), []string{}, "if x == nil {\n\tx = []string{}\n}"},
		{"empty and nil in a field", settings{Names: []string{}}, settings{}, "x.Names = []string{}"},
		{"an order", []string{"b", "a"}, []string{"a", "b"}, "slices.Sort(x)"},
		{"an order of numbers", []int{2, 1}, []int{1, 2}, "slices.Sort(x)"},

		{"a row behind a pointer", &[2]float64{0.3, 1}, &[2]float64{next(0.3), 1}, "for i := range x {"},

		// No Go expression leads there, or none that is sure to compile.
		{"a number behind a pointer", new(0.3), new(next(0.3)), ""},
		{"a slice behind a pointer", &[]float64{0.3}, &[]float64{next(0.3)}, ""},
		{"a number behind a pointer in a slice", []*float64{new(0.3)}, []*float64{new(next(0.3))}, ""},
		{"an element of a slice behind a pointer", &[]settings{{Rate: 0.3}}, &[]settings{{Rate: next(0.3)}}, ""},
		{"a text behind a pointer", new("A"), new("a"), ""},
		{"a time behind a pointer", &noon, &other, ""},
		{"a time within an interface", []any{noon}, []any{other}, ""},
		{"nil and empty behind a pointer", &[]string{}, new([]string), ""},
		{"an order behind a pointer", &[]string{"b", "a"}, &[]string{"a", "b"}, ""},
		{"another element type", []float64{1, 2}, []float32{1, 2}, ""},
		{"white space in elements", []string{"a b"}, []string{"a b "}, "x[0] = strings.Join("},
		{"within a map", map[string]float64{"a": 0.3}, map[string]float64{"a": next(0.3)}, ""},
		{"within an interface", []any{0.3}, []any{next(0.3)}, ""},
		{"an order of structs", []settings{{Rate: 1}, {Rate: 2}}, []settings{{Rate: 2}, {Rate: 1}}, ""},
	} {
		h := newHistory(t)
		h.compute("1.1", called(here), arg("x", test.before))
		h.compute("2.1", called(here), arg("x", test.after))
		e := explain(t, h, "2.1")
		if len(e.Remedies) != 1 {
			t.Errorf("%s: the remedies are %+v", test.reason, e.Remedies)
			continue
		}
		r := e.Remedies[0]
		wantPiece(t, test.reason, r.Code, test.want)
		if r.Advice == "" || r.Caveat == "" {
			t.Errorf("%s: what can change a result says so: %+v", test.reason, r)
		}
		typ := strings.ReplaceAll(fmt.Sprintf("%T", test.after), "whymiss_test.", "")
		fmt.Fprintf(&functions, "func call%d(x %s) {\n%s\n}\n", i, typ, r.Code)
	}
	compiles(t, functions.String())
}

// What is proposed would have made the call a hit.
func TestRoundingMakesEqual(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ before, after, exponent float64 }{{0.3, next(0.3), 12}, {0.1234567890125, 0.1234567890125000001, 12}, {2.5, 2.5000001, 6}} {
		h := newHistory(t)
		h.compute("1.1", arg("x", test.before))
		h.compute("2.1", arg("x", test.after))
		e := explain(t, h, "2.1")
		if test.before == test.after || e.Differences[0].Kind != diffargs.FloatNoise {
			continue // only noise is rounded away
		}
		if len(e.Remedies) != 1 {
			t.Fatalf("%v and %v: the remedies are %+v", test.before, test.after, e.Remedies)
		}
		var factor int
		if _, err := fmt.Sscanf(e.Remedies[0].Code, "x = math.Round(x*1e%d)", &factor); err != nil {
			t.Fatal(err)
		}
		round := func(x float64) float64 { return math.Round(x*math.Pow10(factor)) / math.Pow10(factor) }
		if round(test.before) != round(test.after) {
			t.Errorf("%v and %v are not equal at %d decimals", test.before, test.after, factor)
		}
	}
}

// A boundary of rounding between two values: fewer decimals, rather than a
// remedy that is none.
func TestRoundingAcrossABoundary(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	below := math.Nextafter(0.1234567890125, 0) // a tie at 12 decimals
	h.compute("1.1", arg("x", below))
	h.compute("2.1", arg("x", next(next(below))))
	e := explain(t, h, "2.1")
	if len(e.Remedies) != 1 || strings.Contains(e.Remedies[0].Code, "1e12") {
		t.Errorf("the remedies are %+v", e.Remedies)
	}
}

func TestLeavingOut(t *testing.T) {
	t.Parallel()
	same, other := returns("same"), returns("other")
	for _, test := range []struct {
		reason string
		calls  func(h *history)
		want   []whymiss.Remedy
	}{
		{
			"a seed that never mattered",
			func(h *history) {
				for i := range 4 {
					h.compute(fmt.Sprintf("1.%d", i+1), arg("x", 1), arg("seed", i), same)
				}
				h.compute("2.1", arg("x", 1), arg("seed", 9), same, took(time.Minute))
			},
			[]whymiss.Remedy{{
				Advice: "leave seed out of the key, if it has no influence on results", Code: `cache.Ignore("seed")`,
				Caveat:   "calls that differ in nothing else then share one result",
				WouldHit: 4, SavedSeconds: 63, Evidence: "would have hit in 4 of 5 recorded misses, which took 1 m 03 s; the results were equal in all",
			}},
		},
		{
			"a seed that mattered once",
			func(h *history) {
				h.compute("1.1", arg("x", 1), arg("seed", 1), same)
				h.compute("1.2", arg("x", 1), arg("seed", 2), other)
				h.compute("2.1", arg("x", 1), arg("seed", 9), same)
			},
			[]whymiss.Remedy{},
		},
		{
			"nothing is known of results",
			func(h *history) {
				h.compute("1.1", arg("x", 1), arg("seed", 1))
				h.compute("2.1", arg("x", 1), arg("seed", 9))
			},
			[]whymiss.Remedy{},
		},
		{
			"a field that did not matter",
			func(h *history) {
				h.compute("1.1", arg("x", settings{Rate: 1}), same)
				h.compute("1.2", arg("x", settings{Rate: 8}), other)
				h.compute("2.1", arg("x", settings{Rate: 1, Small: 3}), same)
			},
			[]whymiss.Remedy{{
				Advice: "leave the field x.Small out of the key, if it has no influence on results", Code: "Small float32 `labbook:\"-\"`",
				Caveat: "calls that differ in nothing else then share one result", Evidence: "the result was equal all the same",
			}},
		},
		{
			"a field of settings whose other fields nobody has tried",
			func(h *history) {
				for i := range 4 {
					h.compute(fmt.Sprintf("1.%d", i+1), arg("x", settings{Rate: 1, Title: fmt.Sprint(i)}), same)
				}
				h.compute("2.1", arg("x", settings{Rate: 1, Title: "new"}), same)
			},
			[]whymiss.Remedy{{
				Advice: "leave the field x.Title out of the key, if it has no influence on results", Code: "Title string `labbook:\"-\"`",
				Caveat: "calls that differ in nothing else then share one result", Evidence: "the result was equal all the same",
			}},
		},
		{
			"data whose change did not show in the result",
			func(h *history) {
				for i := range 4 {
					h.compute(fmt.Sprintf("1.%d", i+1), arg("x", row(i)), same)
				}
				h.compute("2.1", arg("x", row(9)), same)
			},
			[]whymiss.Remedy{},
		},
		{
			"the same, of which no values are stored",
			func(h *history) {
				for i := range 4 {
					h.compute(fmt.Sprintf("1.%d", i+1), blind("x", row(i)), same)
				}
				h.compute("2.1", blind("x", row(9)), same)
			},
			[]whymiss.Remedy{},
		},
		{
			"an edit that did not matter",
			func(h *history) {
				h.compute("1.1", arg("x", 1), same)
				h.compute("2.1", arg("x", 1), code("func Train() { b }"), same)
			},
			[]whymiss.Remedy{{
				Advice: "if the change has no influence on results, name the code's version by hand", Code: `cache.Version("1")`,
				Caveat: "results of older code are served until you change the version", Evidence: "the result was equal all the same",
			}},
		},
		{
			"a variable that did not matter",
			func(h *history) {
				h.compute("1.1", arg("x", 1), part(record.PartDependency, "$TZ", "UTC"), same)
				h.compute("2.1", arg("x", 1), part(record.PartDependency, "$TZ", "CET"), same)
			},
			[]whymiss.Remedy{{
				Advice: "leave $TZ out of cache.DependsOn, if results do not depend on it",
				Caveat: "calls then share results whatever it is", Evidence: "the result was equal all the same",
			}},
		},
		{
			"an edit that mattered",
			func(h *history) {
				h.compute("1.1", arg("x", 1), same)
				h.compute("2.1", arg("x", 1), code("func Train() { b }"), other)
			},
			[]whymiss.Remedy{},
		},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			test.calls(h)
			if diff := cmp.Diff(test.want, explain(t, h, "2.1").Remedies); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// row is data: a hundred numbers of which the fifties changes with i.
func row(i int) []float64 {
	list := make([]float64, 100)
	for j := range list {
		list[j] = float64(j) + 0.5
	}
	list[50] = float64(1000 * i)
	return list
}

// What belongs together is not sorted apart.
func TestOrderOfWhatBelongsTogether(t *testing.T) {
	t.Parallel()
	type table struct {
		Cols int
		Data []float64
	}
	for _, test := range []struct {
		reason        string
		before, after []change
		want          string
	}{
		{
			"the rows of a table",
			[]change{arg("x", table{2, []float64{3, 4, 1, 2, 5, 6}})},
			[]change{arg("x", table{2, []float64{1, 2, 3, 4, 5, 6}})},
			"bring the elements of x.Data into the same order before every call, and what belongs to them along with them",
		},
		{
			"rows and their labels",
			[]change{arg("x", []float64{3, 2, 1, 4}), arg("y", []int{7, 9, 8, 6})},
			[]change{arg("x", []float64{1, 2, 3, 4}), arg("y", []int{8, 9, 7, 6})},
			"bring the elements of x and y into the same order before every call, and what belongs to them along with them",
		},
	} {
		h := newHistory(t)
		h.compute("1.1", test.before...)
		h.compute("2.1", test.after...)
		e := explain(t, h, "2.1")
		if len(e.Remedies) != 1 || e.Remedies[0].Advice != test.want || e.Remedies[0].Code != "" || e.Remedies[0].Caveat == "" {
			t.Errorf("%s: the remedies are %+v", test.reason, e.Remedies)
		}
	}
}

// Who has followed a remedy is not told to follow it as if nothing had happened.
func TestRemediesAtWork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason      string
		before, now any
	}{
		{"rounded", []float64{0.5, next(0.25)}, []float64{0.5, 0.25}},
		{"rounded to float32", []float64{0.1, 0.5}, []float64{float64(float32(0.1)), 0.5}},
		{"sorted words", []string{"b", "a"}, []string{"a", "b"}},
		{"sorted numbers", []float64{2, 1, 3}, []float64{1, 2, 3}},
		{"lower case", "Adam", "adam"},
		{"white space", "a  b", "a b"},
	} {
		for _, isAtWork := range []bool{true, false} {
			h := newHistory(t)
			before, now := test.before, test.now
			if !isAtWork {
				before, now = now, before
			}
			h.compute("1.1", arg("x", before))
			h.compute("2.1", arg("x", now))
			e := explain(t, h, "2.1")
			if len(e.Remedies) != 1 || strings.Contains(e.Remedies[0].Evidence, "it is so already") != isAtWork {
				t.Errorf("%s, %v: the remedies are %+v", test.reason, isAtWork, e.Remedies)
			}
			if hasMore := whymiss.OnceMore(e.Remedies) != ""; hasMore == isAtWork {
				t.Errorf("%s: a remedy at work is %v, and calls are computed once more: %v", test.reason, isAtWork, hasMore)
			}
		}
	}
}
