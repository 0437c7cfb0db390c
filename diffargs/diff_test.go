package diffargs

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func matrix(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, columns)
		for j := range m[i] {
			m[i][j] = float64((i*columns + j) % 17)
		}
	}
	return m
}

func changed[T any](v T, change func(v T)) T {
	change(v)
	return v
}

func TestDiff(t *testing.T) {
	t.Parallel()
	type model struct {
		Layers []layer
		Tags   map[string]int
		When   time.Time
		Any    any
	}
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	one, two := 1, 2
	next := math.Nextafter(3, 4)
	tests := []struct {
		reason        string
		before, after any
		want          []Difference
	}{
		{"a number", 1, 2, []Difference{{"", Value, "1", "2", "1 more"}}},
		{"a float", 1.0, 1.5, []Difference{{"", Value, "1", "1.5", "relative difference 0.33"}}},
		{"one ulp", 3.0, next, []Difference{{"", FloatNoise, "3", "3.0000000000000004", "1 ulp"}}},
		{"noise by relative difference", 1.0, 1 + 1e-10, []Difference{{"", FloatNoise, "1", "1.0000000001", "relative difference 1e-10"}}},
		{"not quite noise", 1.0, 1 + 1e-8, []Difference{{"", Value, "1", "1.00000001", "relative difference 1e-08; the earlier one is the later one rounded to whole numbers"}}},
		{"ulps of float32", float32(1), math.Nextafter32(1, 2), []Difference{{"", FloatNoise, "1", "1.0000001", "1 ulp"}}},
		{"the smallest floats", 0.0, math.SmallestNonzeroFloat64, []Difference{{"", FloatNoise, "0", "5e-324", "1 ulp"}}},
		{"negative floats", -3.0, -next, []Difference{{"", FloatNoise, "-3", "-3.0000000000000004", "1 ulp"}}},
		{"on both sides of zero", -math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64, []Difference{{"", FloatNoise, "-5e-324", "5e-324", "2 ulps"}}},
		{"the largest floats", -math.MaxFloat64, math.MaxFloat64, []Difference{
			{"", Value, "-1.7976931348623157e+308", "1.7976931348623157e+308", "the sign changed"},
		}},
		{"infinity", math.MaxFloat64, math.Inf(1), []Difference{{"", Value, "1.7976931348623157e+308", "+Inf", ""}}},
		{"NaN", 1.0, math.NaN(), []Difference{{"", NaN, "1", "NaN", ""}}},
		{"minus zero", 0.0, negativeZero(), []Difference{{"", NegativeZero, "0", "-0", ""}}},
		{"complex noise", complex(3, 1), complex(next, 1), []Difference{
			{"", FloatNoise, "(3+1i)", "(3.0000000000000004+1i)", "relative difference 1.4e-16"},
		}},
		{"another type", 1, "a", []Difference{{"", Type, "int", "string", ""}}},
		{"another named type", celsius(1), meters(1), []Difference{{"", Type, "diffargs.celsius", "diffargs.meters", "the numbers are equal"}}},
		{"another integer type", 1, int64(1), []Difference{{"", DType, "int", "int64", "the numbers are equal"}}},
		{"an integer and a float", 1, 1.0, []Difference{{"", DType, "int", "float64", "the numbers are equal"}}},
		{"an integer that no float is", int64(1<<53 + 1), float64(1 << 53), []Difference{{"", Type, "int64", "float64", "the numbers differ as well"}}},
		{"the largest uint64", uint64(math.MaxUint64), int64(-1), []Difference{{"", Type, "uint64", "int64", "the numbers differ as well"}}},
		{"element types", []float64{1, 0.5}, []float32{1, 0.5}, []Difference{{"", DType, "[]float64", "[]float32", "the numbers are equal"}}},
		{"rounded elements", []float64{0.1}, []float32{0.1}, []Difference{
			{"", DType, "[]float64", "[]float32", "the numbers are equal when rounded to the less precise type"},
		}},
		{"element types of a matrix", [][]int{{1}, {2}}, [][]int32{{1}, {2}}, []Difference{{"", DType, "[][]int", "[][]int32", "the numbers are equal"}}},
		{"a pointer", &one, &two, []Difference{{"", Value, "1", "2", "1 more"}}},
		{"nil", &one, (*int)(nil), []Difference{{"", Value, "&1", "nil", ""}}},
		{"untyped nil", nil, 1, []Difference{{"", Type, "nil", "int", ""}}},
		{"a short text", "abc", "abd", []Difference{{"", Value, `"abc"`, `"abd"`, "ab[-c-]{+d+}"}}},
		{"a long text", strings.Repeat("a", 100), strings.Repeat("a", 99) + "\x1b", []Difference{
			{"", Value, `…"aaaaaaaaaaaaaaaaaaaaa"`, `…"aaaaaaaaaaaaaaaaaaaa\x1b"`, "…aaaaaaaaaaaaaaaaaaaa[-a-]{+\\x1b+}\nfirst at byte 99 of 100 and 100"},
		}},
		{"a text too long to keep", strings.Repeat("a", 2<<20), strings.Repeat("a", 2<<20-1) + "b", []Difference{{
			"", Value, `"` + strings.Repeat("a", 78) + "…", `"` + strings.Repeat("a", 78) + "…",
			"somewhere in [2031616:2097152]; the values were not stored: they are too many",
		}}},
		{"one element", []int{1, 2, 3}, []int{1, 5, 3}, []Difference{{"[1]", Value, "2", "5", ""}}},
		{"several elements", []int{1, 2, 3}, []int{4, 2, 5}, []Difference{{"", Value, "1", "4", "2 of 3 elements differ, first at [0]\nlargest difference 3 at [0]"}}},
		{"noise in a row", []float64{3, 1, 3}, []float64{next, 1, next}, []Difference{
			{"", FloatNoise, "3", "3.0000000000000004", "2 of 3 elements differ, first at [0]; largest relative difference 1.5e-16 (1 ulp)\nlargest difference 4.44e-16 at [0]"},
		}},
		{"more than noise in a row", []float64{3, 1}, []float64{next, 2}, []Difference{
			{"", Value, "3", "3.0000000000000004", "2 of 2 elements differ, first at [0]; largest relative difference 0.5 at [1]\nlargest difference 1 at [1]; 1 of those that differ do by float noise only"},
		}},
		{"order", []int{3, 1, 2}, []int{3, 2, 1}, []Difference{
			{"", Order, "1", "2", "the same 3 elements in another order: [1] and [2] changed places"},
		}},
		{"appended", []int{1}, []int{1, 2, 3}, []Difference{{"", Length, "1 element", "3 elements", "2 elements added at the end"}}},
		{"removed", []int{1, 2, 3}, []int{2, 3}, []Difference{{"", Length, "3 elements", "2 elements", "1 element removed at the beginning"}}},
		{"inserted", []int{1, 3}, []int{1, 2, 3}, []Difference{{"", Length, "2 elements", "3 elements", "1 element added at [1]"}}},
		{"longer and changed", []int{1, 3, 4}, []int{1, 2, 5, 4}, []Difference{
			{"", Length, "3 elements", "4 elements", "1 element added, 1 changed, from [1] on"}, {"[1]", Value, "3", "2", "1 less"},
		}},
		{"emptied", []int{1}, []int(nil), []Difference{{"", Length, "1 element", "0 elements", "1 element removed at the end"}}},
		{"nil and empty slices", []int(nil), []int{}, []Difference{{"", NilVsEmpty, "nil", "empty", ""}}},
		{"nil and empty maps", map[int]int{}, map[int]int(nil), []Difference{{"", NilVsEmpty, "empty", "nil", ""}}},
		{"nil and empty slices of slices", [][]int{{}}, [][]int{nil}, []Difference{{"[0]", NilVsEmpty, "empty", "nil", ""}}},
		{"one element of a matrix", matrix(20, 10), changed(matrix(20, 10), func(m [][]float64) { m[12][5] = -1 }), []Difference{
			{"[12][5]", Value, "6", "-1", "relative difference 1.2"},
		}},
		{"the digits data set", matrix(1797, 64), changed(matrix(1797, 64), func(m [][]float64) {
			for _, i := range []int{0, 900, 1796} {
				m[i][17] = math.Nextafter(m[i][17], 100)
			}
		}), []Difference{{
			"", FloatNoise, "0", "5e-324",
			"3 of 115008 elements differ, only in column 17, first at [0][17]; largest relative difference 1 (1 ulp)\nlargest difference 8.88e-16 at [900][17]",
		}}},
		{"rows in another order", matrix(3, 5), changed(matrix(3, 5), func(m [][]float64) { m[0], m[2] = m[2], m[0] }), []Difference{{
			"", Order, "[]float64[5] 0 1 2 3 4", "[]float64[5] 10 11 12 13 14",
			"the same 3 rows in another order: [0] and [2] changed places",
		}}},
		{"a row more", matrix(3, 5), matrix(4, 5), []Difference{{"", Length, "3 rows", "4 rows", "1 row added at the end"}}},
		{
			"in the depth",
			model{Layers: []layer{{}, {Loss: &layer{Width: 1}}}},
			model{Layers: []layer{{}, {Loss: &layer{Width: 2}}}},
			[]Difference{{".Layers[1].Loss.Width", Value, "1", "2", "1 more"}},
		},
		{
			"entries of a map",
			model{Tags: map[string]int{"a": 1, "b": 2}},
			model{Tags: map[string]int{"a": 3, "c\n": 4}},
			[]Difference{{`.Tags["a"]`, Value, "1", "3", ""}, {`.Tags["b"]`, Removed, "2", "", ""}, {`.Tags["c\n"]`, Added, "", "4", ""}},
		},
		{"entries under NaN", map[float64]int{math.NaN(): 1}, map[float64]int{math.NaN(): 1, 2: 5}, []Difference{{"[2]", Added, "", "5", ""}}},
		{"one of two entries under NaN", map[float64]int{math.NaN(): 1, math.NaN(): 2}, map[float64]int{math.NaN(): 1, math.NaN(): 3}, []Difference{
			{"[NaN]", Value, "2", "3", "1 more"},
		}},
		{
			"one of three entries under NaN",
			map[float64]int{math.NaN(): 1, math.NaN(): 2, math.NaN(): 3},
			map[float64]int{math.NaN(): 3, math.NaN(): 4, math.NaN(): 1},
			[]Difference{{"[NaN]", Value, "2", "4", ""}},
		},
		{"a time zone", model{When: noon}, model{When: noon.In(time.FixedZone("", 7200))}, []Difference{{
			".When", TimeZone, "2024-05-01T12:00:00Z", "2024-05-01T14:00:00+02:00", "the same instant, 0s and 2h0m0s from UTC",
		}}},
		{"a later time", noon, noon.Add(90 * time.Second), []Difference{
			{"", Value, "2024-05-01T12:00:00Z", "2024-05-01T12:01:30Z", "1m30s later"},
		}},
		{"what an interface holds", model{Any: 1}, model{Any: "a"}, []Difference{{".Any", Type, "int", "string", ""}}},
		{"a big.Int", big.NewInt(1), big.NewInt(2), []Difference{{"", Value, "1", "2", ""}}},
		{"a renamed field", struct{ A, B int }{1, 2}, struct{ A, C int }{1, 2}, []Difference{
			{"", Type, "struct { A int; B int }", "struct { A int; C int }", ""},
			{".C", Renamed, "B", "C", "the value is equal: 2"},
		}},
		{"fields added and removed", struct{ A int }{1}, struct{ B string }{"x"}, []Difference{
			{"", Type, "struct { A int }", "struct { B string }", ""},
			{".B", Added, "", `"x"`, "the struct has a new field"},
			{".A", Removed, "1", "", "the struct lost a field"},
		}},
		{"what differs alike", manyLabels(0), manyLabels(1), []Difference{
			{"[0].L", Value, `"0 0"`, `"0 1"`, ".L differs in 100 of 100 elements\nthe first: 0 [-0-]{+1+}"},
		}},
		{"too many to read", manyFields(0), manyFields(1), append(
			differencesOfFields(maxDifferences), Difference{"…", Value, "", "", "50 more differences"},
		)},
	}
	for _, test := range tests {
		got, err := DiffValues(test.before, test.after)
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

func manyLabels(k int) []struct{ L label } {
	labels := make([]struct{ L label }, 100)
	for i := range labels {
		labels[i].L = label(fmt.Sprint(i, k))
	}
	return labels
}

// manyFields is a struct of 100 fields.
func manyFields(k int) any {
	var fields []reflect.StructField
	for i := range 100 {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[bool]()})
	}
	v := reflect.New(reflect.StructOf(fields)).Elem()
	for i := range 100 {
		v.Field(i).SetBool(k == 1)
	}
	return v.Interface()
}

func differencesOfFields(n int) []Difference {
	var differences []Difference
	for i := range n {
		differences = append(differences, Difference{fmt.Sprintf(".F%d", i), Value, "false", "true", ""})
	}
	return differences
}

// A program whose type has another definition than it had is simulated by two
// local types of one name.
func TestDiffOfRedefinedTypes(t *testing.T) {
	t.Parallel()
	before := func() any {
		type params struct {
			C     float64
			Depth int
		}
		return []params{{1, 3}}
	}()
	after := func() any {
		type params struct {
			C        float64
			MaxDepth int
			Seed     int64
		}
		return []params{{1, 3, 42}}
	}()
	got, err := DiffValues(before, after)
	want := []Difference{
		{"[0].MaxDepth", Renamed, "Depth", "MaxDepth", "the value is equal: 3"},
		{"[0].Seed", Added, "", "42", "the struct has a new field"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	reordered := func() any {
		type params struct {
			Depth int
			C     float64
		}
		return []params{{3, 1}}
	}()
	got, err = DiffValues(before, reordered)
	if err != nil || len(got) != 1 || got[0].Kind != Type || got[0].Path != "[0]" {
		t.Errorf("fields in another order: %v, %v", got, err)
	}
}

func TestDiffWithoutValues(t *testing.T) {
	t.Parallel()
	before, after := make([]float64, 300_000), make([]float64, 300_000)
	after[200_000] = 1
	snapshot := func(v any, limits Limits) *Snapshot {
		s, err := Take(reflect.ValueOf(v), limits)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	row := func(v []float64) string { return PreviewValue(reflect.ValueOf(v), 80) }
	tests := []struct {
		reason        string
		before, after *Snapshot
		want          []Difference
	}{
		{
			"an array too long to keep", snapshot(before, Limits{}), snapshot(after, Limits{}),
			[]Difference{{"", Value, row(before), row(after), "somewhere in [196608:204800]; the values were not stored: they are too many\nmean 0 → 3.33333e-06, min 0, max 0 → 1, zeros 300000 → 299999"}},
		},
		{
			"one side kept", snapshot(before, Limits{ArrayBytes: 1 << 23, TotalBytes: 1 << 23}), snapshot(after, Limits{}),
			[]Difference{{"", Value, row(before), row(after), "somewhere in [196608:204800]; the values were not stored: they are too many"}},
		},
		{
			"another length", snapshot(before, Limits{}), snapshot(after[:250_000], Limits{}),
			[]Difference{{
				"", Length, "300000 elements", "250000 elements",
				"in 8 of 37 chunks of 8192 elements, the first at [196608:204800]; the values were not stored: they are too many\nmean 0 → 4e-06, min 0, max 0 → 1, zeros 300000 → 249999",
			}},
		},
		{
			"a short array not kept", snapshot(before[:10], Limits{TotalBytes: 1}), snapshot(after[199_995:200_005], Limits{TotalBytes: 1}),
			[]Difference{{
				"", Value, "[]float64[10] 0 0 0 0 0 0 0 0 0 0", "[]float64[10] 0 0 0 0 0 1 0 0 0 0",
				"somewhere in [0:10]; the values were not stored: they are too many",
			}},
		},
		{
			"too many nodes", snapshot(manyLabels(0), Limits{Nodes: 20}), snapshot(append(manyLabels(0)[:99:99], struct{ L label }{"x"}), Limits{Nodes: 20}),
			[]Difference{{
				"", Value, PreviewValue(reflect.ValueOf(manyLabels(0)), 80), PreviewValue(reflect.ValueOf(manyLabels(0)), 80),
				"where they differ lies beyond what the snapshots hold",
			}},
		},
		{
			"too deep", snapshot([][][]int{{{1}}}, Limits{Depth: 2}), snapshot([][][]int{{{2}}}, Limits{Depth: 2}),
			[]Difference{{"[0]", Value, "[][]int[1] []int[1] 1", "[][]int[1] []int[1] 2", "where they differ lies beyond what the snapshots hold"}},
		},
		{"an empty snapshot", &Snapshot{}, snapshot(1, Limits{}), []Difference{{"", Value, "", "", "one snapshot is empty"}}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Diff(test.before, test.after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
		if got := Diff(test.before, test.before); len(got) > 0 {
			t.Errorf("%s: differs from itself: %v", test.reason, got)
		}
	}
}

// Snapshots that no value has still differ if their digests do.
func TestDiffOfContradictorySnapshots(t *testing.T) {
	t.Parallel()
	pointer := func(d byte, child *Node) *Snapshot {
		return &Snapshot{Root: &Node{Digest: Digest{d}, Form: Pointer, Len: 1, Children: []*Node{child}}}
	}
	a := pointer(1, &Node{Digest: Digest{1}})
	b := pointer(2, &Node{Digest: Digest{2}})
	if got := Diff(a, b); len(got) != 1 || got[0].Path != "" {
		t.Errorf("differences %v, want one at the root", got)
	}
}

func TestDiffOfCyclicValues(t *testing.T) {
	t.Parallel()
	of := func(values ...int) *ring {
		rings := make([]ring, len(values))
		for i := range rings {
			rings[i] = ring{values[i], &rings[(i+1)%len(rings)]}
		}
		return &rings[0]
	}
	got, err := DiffValues(of(1, 2, 3), of(1, 2, 4))
	if want := []Difference{{".Next.Next.Value", Value, "3", "4", "1 more"}}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	type slices []slices
	type others []others
	a, b := slices{nil}, others{nil}
	a[0], b[0] = a, b
	got, err = DiffValues(a, b)
	if want := []Difference{{"", Type, "diffargs.slices", "diffargs.others", ""}}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	c := slices{nil, nil}
	c[0], c[1] = c, slices{c}
	if got, err = DiffValues(a, c); err != nil || len(got) != 1 || got[0].Kind != Length {
		t.Errorf("%v, %v, want another length", got, err)
	}
}
