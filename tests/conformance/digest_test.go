package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/netip"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache"
	"labbook/diffargs"
)

type (
	digestedModel struct {
		Name    string
		Weights []float64
		Next    *digestedModel
	}
	digestedOptions struct {
		Verbose  bool
		Callback func(int)
		Log      io.Writer
	}
	digestedCelsius float64
)

func digestOf(t *testing.T, v any) diffargs.Digest {
	t.Helper()
	d, err := diffargs.Of(v)
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	return d
}

// mustTellApart compares all values with all others, which may be the same ones:
// those of one name are equal, and no others.
func mustTellApart(t *testing.T, values, others map[string]any) {
	t.Helper()
	snapshots := func(values map[string]any) map[string]*diffargs.Snapshot {
		taken := map[string]*diffargs.Snapshot{}
		for name, v := range values {
			s, err := diffargs.Take(reflect.ValueOf(v), diffargs.Limits{})
			if err != nil || s.Digest() != digestOf(t, v) {
				t.Fatalf("%s: snapshot of %s, %v, digest %s", name, s.Digest(), err, digestOf(t, v))
			}
			taken[name] = s
		}
		return taken
	}
	second := snapshots(others)
	for name, a := range snapshots(values) {
		for other, b := range second {
			if got, want := a.Digest() == b.Digest(), name == other; got != want {
				t.Errorf("%s against %s: digests equal: %t, want %t", name, other, got, want)
			}
			if differences := diffargs.Diff(a, b); (len(differences) == 0) != (name == other) {
				t.Errorf("%s against %s: differences %v", name, other, differences)
			}
		}
	}
}

// mustDigestAlike demands equal digests and an empty diff, or neither.
func mustDigestAlike(t *testing.T, why string, a, b any, want bool) {
	t.Helper()
	if got := digestOf(t, a) == digestOf(t, b); got != want {
		t.Errorf("%s: digests equal: %t, want %t", why, got, want)
	}
	differences, err := diffargs.DiffValues(a, b)
	if err != nil || (len(differences) == 0) != want {
		t.Errorf("%s: differences %v, %v, want none: %t", why, differences, err, want)
	}
}

// digestedKinds makes values of many kinds, no two of them equal, anew at each
// call.
func digestedKinds() map[string]any {
	one := 1
	row := func(n int, last float64) []float64 {
		s := make([]float64, n)
		s[n-1] = last
		return s
	}
	text := strings.Clone
	cyclic := func(name string) *digestedModel {
		m := &digestedModel{Name: name}
		m.Next = m
		return m
	}
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	return map[string]any{
		"nil": nil, "false": false, "true": true,
		"1": 1, "2": 2, "-1": -1, "int64 1": int64(1), "uint8 1": uint8(1), "1.0": 1.0, "1+0i": complex(1, 0),
		"float32 1": float32(1), "1 °C": digestedCelsius(1), "a bit more than 1": math.Nextafter(1, 2),
		"0.0": 0.0, "-0.0": math.Copysign(0, -1), "NaN": math.NaN(), "infinity": math.Inf(1),
		"no text": "", "text a": text("a"), "text b": text("b"), "text with NUL": text("a\x00"), "bytes a": []byte("a"), "runes a": []rune("a"),
		"no text in a list": []string{""}, "list of texts": []string{"a", "b"}, "one text": []string{"ab"},
		"list 1 2": []int{1, 2}, "list 2 1": []int{2, 1}, "tuple 1 2": [2]int{1, 2}, "nested list": [][]int{{1, 2}}, "nested twice": [][]int{{1}, {2}},
		"nil list": []int(nil), "empty list": []int{}, "list of nil": []any{nil}, "nil list of any": []any(nil),
		"mixed": []any{1, 2.5, "abc"}, "mixed, other order": []any{2.5, 1, "abc"}, "mixed, other type": []any{1.0, 2.5, "abc"},
		"short row": row(1000, 0), "short row, last differs": row(1000, 1), "long row": row(100_000, 0), "long row, last differs": row(100_000, 1),
		"longer row": row(100_001, 0), "long row of NaN": row(100_000, math.NaN()),
		"nil map": map[string]int(nil), "empty map": map[string]int{}, "map a": map[string]int{"a": 1}, "map b": map[string]int{"b": 1},
		"map of both": map[string]int{"a": 1, "b": 2}, "values exchanged": map[string]int{"a": 2, "b": 1},
		"map of any": map[string]any{"a": 1}, "set": map[string]struct{}{"a": {}}, "set of bools": map[string]bool{"a": true},
		"pointer": &one, "pointer to pointer": func() **int { p := &one; return &p }(), "nil pointer": (*int)(nil),
		"model": digestedModel{Name: "m", Weights: []float64{1}}, "other name": digestedModel{Name: "n", Weights: []float64{1}},
		"other weight": digestedModel{Name: "m", Weights: []float64{2}}, "pointer to model": &digestedModel{Name: "m", Weights: []float64{1}},
		"models": []digestedModel{{}, {}}, "one model": []digestedModel{{}}, "cyclic": cyclic("a"), "other cyclic": cyclic("b"),
		"struct": struct{ A, B int }{1, 2}, "struct, other names": struct{ A, C int }{1, 2}, "struct, other order": struct{ B, A int }{1, 2},
		"noon": noon, "noon elsewhere": noon.In(time.FixedZone("", 3600)), "later": noon.Add(1), "an hour": time.Hour,
		"big": big.NewInt(1), "bigger": new(big.Int).Lsh(big.NewInt(1), 100), "fraction": big.NewRat(1, 3), "address": netip.MustParseAddr("::1"),
		"error": errors.New("a"), "other error": errors.New("b"), "wrapped error": fmt.Errorf("a: %w", io.EOF),
		"type": reflect.TypeFor[int](), "other type": reflect.TypeFor[[]int](), "nothing": struct{}{},
	}
}

func TestDigestsEqualIffValuesAre(t *testing.T) {
	t.Parallel()
	mustTellApart(t, digestedKinds(), digestedKinds())
}

func TestDigestsMapAndSetOrder(t *testing.T) {
	t.Parallel()
	const n = 500
	forwards, backwards := map[string][]int{}, make(map[string][]int, 10*n)
	set, shrunk := map[float64]struct{}{}, map[float64]struct{}{}
	for i := range 2 * n {
		shrunk[float64(i)] = struct{}{}
	}
	for i := range n {
		j := n - 1 - i
		forwards[fmt.Sprint(i)], backwards[fmt.Sprint(j)] = []int{i}, []int{j}
		set[float64(i)] = struct{}{}
		delete(shrunk, float64(i+n))
	}
	mustDigestAlike(t, "maps that were filled in different orders", forwards, backwards, true)
	mustDigestAlike(t, "sets, one of which was larger once", set, shrunk, true)
	mustDigestAlike(t, "within others", []any{forwards, set}, []any{backwards, shrunk}, true)
	backwards["0"] = []int{1}
	mustDigestAlike(t, "maps of other values", forwards, backwards, false)
	delete(shrunk, 0)
	mustDigestAlike(t, "sets of other elements", set, shrunk, false)
}

// joblib's digests change when equal parts become one: its issues 393 and 1283.
func TestDigestsSharingIsInvisible(t *testing.T) {
	t.Parallel()
	literal, built := "a text", string([]byte("a text"))
	mustDigestAlike(t, "a text twice, or two equal ones", []string{literal, literal}, []string{literal, built}, true)
	mustDigestAlike(t, "as key and value", map[string]string{literal: literal}, map[string]string{built: literal}, true)

	weights := []float64{1, 2}
	mustDigestAlike(t, "one slice twice", []any{weights, weights}, []any{weights, slices.Clone(weights)}, true)
	mustDigestAlike(t, "slices that overlap", [][]float64{weights[:1], weights}, [][]float64{{1}, {1, 2}}, true)
	mustDigestAlike(t, "a slice of a longer one", weights[:1], []float64{1}, true)

	m := &digestedModel{Name: "m", Weights: weights}
	other := &digestedModel{Name: "m", Weights: slices.Clone(weights)}
	mustDigestAlike(t, "one pointer twice", [2]*digestedModel{m, m}, [2]*digestedModel{m, other}, true)
	mustDigestAlike(t, "in interfaces", []any{m, m}, []any{other, m}, true)

	ring, unrolled := &digestedModel{Name: "r"}, &digestedModel{Name: "r", Next: &digestedModel{Name: "r"}}
	ring.Next, unrolled.Next.Next = ring, unrolled
	mustDigestAlike(t, "a ring of one, and of two equal ones", ring, unrolled, true)
	unrolled.Next.Name = "s"
	mustDigestAlike(t, "and of two unlike ones", ring, unrolled, false)
}

func TestDigestsShapeElementTypeAndLayout(t *testing.T) {
	t.Parallel()
	flat := []float64{1, 2, 3, 4, 5, 6}
	values := map[string]any{
		"flat": flat, "2 by 3": [][]float64{{1, 2, 3}, {4, 5, 6}}, "3 by 2": [][]float64{{1, 2}, {3, 4}, {5, 6}},
		"1 by 6": [][]float64{flat}, "transposed": [][]float64{{1, 4}, {2, 5}, {3, 6}},
		"fixed": [6]float64{1, 2, 3, 4, 5, 6}, "fixed rows": [2][3]float64{{1, 2, 3}, {4, 5, 6}}, "rows of fixed": [][3]float64{{1, 2, 3}, {4, 5, 6}},
		"float32": []float32{1, 2, 3, 4, 5, 6}, "int": []int{1, 2, 3, 4, 5, 6}, "int32": []int32{1, 2, 3, 4, 5, 6},
		"uint64": []uint64{1, 2, 3, 4, 5, 6}, "named": []digestedCelsius{1, 2, 3, 4, 5, 6}, "any": []any{1.0, 2.0, 3.0, 4.0, 5.0, 6.0},
		"the same memory as other numbers": []uint64{math.Float64bits(1), math.Float64bits(2)}, "and as floats": []float64{1, 2},
		"complex": []complex128{1 + 2i, 3 + 4i, 5 + 6i},
	}
	mustTellApart(t, values, values)
	grown := append(make([]float64, 0, 1000), flat...)
	mustDigestAlike(t, "room at the end is no layout", flat, grown, true)
	mustDigestAlike(t, "nor is where the rows lie", [][]float64{flat[:3], flat[3:]}, [][]float64{{1, 2, 3}, {4, 5, 6}}, true)
}

func (m digestedModel) scale(x float64) float64 { return x * m.Weights[0] }

func (m *digestedModel) scaleByPointer(x float64) float64 { return x * m.Weights[0] }

func TestDigestsReceiversOfMethods(t *testing.T) {
	t.Parallel()
	m := cache.New(t.TempDir(), cache.Options{})
	byValue := cache.NewFunction(m, digestedModel.scale)
	byPointer := cache.NewFunction(m, (*digestedModel).scaleByPointer)
	double := digestedModel{Name: "double", Weights: []float64{2}}
	if got := byValue.Call(double, 3); got != 6 {
		t.Errorf("3 doubled is %v", got)
	}
	if got := byPointer.Call(&double, 4); got != 8 {
		t.Errorf("4 doubled is %v", got)
	}
	contains := func(why string, want bool, ask func(args ...any) (bool, error), args ...any) {
		t.Helper()
		if got, err := ask(args...); got != want || err != nil {
			t.Errorf("%s: contains: %t, %v, want %t", why, got, err, want)
		}
	}
	equal := digestedModel{Name: "double", Weights: []float64{2}}
	triple := digestedModel{Name: "double", Weights: []float64{3}}
	contains("an equal receiver", true, byValue.Contains, equal, 3.0)
	contains("another argument", false, byValue.Contains, equal, 4.0)
	contains("another receiver", false, byValue.Contains, triple, 3.0)
	contains("an equal receiver elsewhere", true, byPointer.Contains, &equal, 4.0)
	contains("another receiver elsewhere", false, byPointer.Contains, &triple, 4.0)
	contains("another method", false, byPointer.Contains, &equal, 3.0)
	double.Weights[0] = 3
	contains("a receiver that has changed", false, byPointer.Contains, &double, 4.0)
}

// digestedGolden are values with the digests that they have on any machine, in
// any process, and in any release since the first.
func digestedGolden() []struct{ name, want string } {
	return []struct{ name, want string }{
		{"nil", "11e7db57af724c1a40805a81819bd9447b3e7d83ec9a27ed18009e7864d13d9f"},
		{"true", "eeafd5faf3a16c5f395db8a7207d3d71532051cf078a1bdfd4ce5ec795e2835b"},
		{"1", "606b06207fe2d735f97b08020c77685bddeb6b90155bcb48cdaedbbad6982057"},
		{"int64 1", "e83c2991dcdef3e37b4f074dd5c6c01b857c13ec70887a1770eb87c4f648a881"},
		{"1.0", "f47881d90ccce62b4ffd69ebcb314ae7fcf696e7df2ade417693f45c46ad137a"},
		{"-0.0", "fce4a3a662b128134c54cc7d2282f6b27c69cacb1d1659a8ae349e041a090a7e"},
		{"NaN", "ca4cff09e453b11273f2bb4ba3eb3a258262254aef16bca71218999ae947154f"},
		{"text a", "d385828ef36538b623bb08f7a80052410eafa20daa1ab58b20aa178010350341"},
		{"bytes a", "fd1d128fce7fc209afd2bbf48ec995c1b0bd50f550ecd21f5e0f859a240dc956"},
		{"mixed", "61658fc32dae61077e02e4ba11d7d031c40beae6864c542dda502482fee1ee5b"},
		{"tuple 1 2", "d81c24f0446094459f9aeab484db3a283a9e31e6aa4cb986cdba95ca6d57ab25"},
		{"empty list", "6fa5f7c4756a7d93c7f637b9c3b3fe09fc000d1dab63ac18f47e2bccf8d9c618"},
		{"long row, last differs", "3d89cb9b46d2ffa4b2e8bcca00a78f3df9f49a39f9ac76a9cb5bdcde4c75c8a2"},
		{"long row of NaN", "c483164457d592d25e60b780eadf87986cd88ec8a98717ce1239f1880a2a5d91"},
		{"map of both", "acd018d6639aa620e31fab03584ae213db297834b86151cf7a8fee65a92e65a1"},
		{"set", "7b3645475a0218c88e65b7de5a38af1ea87d0b60555fb541dde0160b070dfc83"},
		{"pointer to model", "b1e3fabf54f32e34334a662c080abde08e6c14f85e6d512b502d88575f1ded87"},
		{"cyclic", "598dc3ec28aaf610b29611b6861aa3c5f07844de8408e11b8c1462c749e30af9"},
		{"struct", "40f23c4b2539de7b43de842a14d1204e083e1daa79330e0619b0461bebdcb85b"},
		{"noon elsewhere", "bcbd7b8aeb68cc554f6cecae584d4a9e55f9015351f4aab194115ee80b4ca03a"},
		{"bigger", "cc02ad1ee2a224bec4e8076f3ba93205bf08393e5eabf9599fe251e8f70ddc14"},
		{"fraction", "e2713011e891005a1b6e52478342a929b89c1c6e9676a067e6fd95812ccd1cf0"},
		{"address", "2c8d48603b6b37aa44034159785d0c355c21ef5631de70f70319a47e8dea89a1"},
		{"error", "1f9c6695a11a79661c372229eb5fe83cde7ca5e31b53f425bd9a8a12dfea2e85"},
		{"type", "2f968017b11112124d15596d11e2e82d2a5e96c87a8cbb131a1df9f8921704aa"},
	}
}

const digestsVariable = "LABBOOK_CONFORMANCE_DIGESTS"

func digestedList(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	kinds := digestedKinds()
	for _, golden := range digestedGolden() {
		v, known := kinds[golden.name]
		if !known {
			t.Fatalf("there is no value %q", golden.name)
		}
		fmt.Fprintf(&b, "digest %s %s\n", digestOf(t, v), golden.name)
	}
	return b.String()
}

func TestDigestsGoldenValues(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	for _, golden := range digestedGolden() {
		fmt.Fprintf(&want, "digest %s %s\n", golden.want, golden.name)
	}
	here := digestedList(t)
	if os.Getenv(digestsVariable) != "" {
		if _, err := os.Stdout.WriteString(here); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), here); diff != "" {
		t.Errorf("in this process (-want +got):\n%s", diff)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, cores := range []string{"1", "3"} {
		cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestDigestsGoldenValues$")
		cmd.Env = append(os.Environ(), digestsVariable+"=print", "GOMAXPROCS="+cores, "TZ=Asia/Tokyo")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("run another process: %v\n%s", err, out)
		}
		var there strings.Builder
		for line := range bytes.Lines(out) {
			if bytes.HasPrefix(line, []byte("digest ")) {
				there.Write(line)
			}
		}
		if diff := cmp.Diff(want.String(), there.String()); diff != "" {
			t.Errorf("in a process on %s cores (-want +got):\n%s", cores, diff)
		}
	}
}

func TestDigestsUnkeyableNamesThePath(t *testing.T) {
	t.Parallel()
	rows := []struct {
		value any
		path  string
	}{
		{func() {}, ""},
		{digestedOptions{}, ".Callback"},
		{[]digestedOptions{}, "[].Callback"},
		{map[string]*digestedOptions{}, "[].Callback"},
		{map[string]any{"opts": []any{1, struct{ Log io.Writer }{os.Stdout}}}, `["opts"][1].Log`},
		{map[any]int{[1]any{make(chan int)}: 1}, "[key [1]any chan int][0]"},
		{&digestedModel{Next: &digestedModel{}}, "-"},
	}
	for _, row := range rows {
		_, err := diffargs.Of(row.value)
		refusal, refused := errors.AsType[*diffargs.UnkeyableError](err)
		switch {
		case row.path == "-":
			if err != nil {
				t.Errorf("%T: %v, want a digest", row.value, err)
			}
		case !refused:
			t.Errorf("%T: error %v, want an *UnkeyableError", row.value, err)
		case refusal.Path != row.path || !strings.Contains(err.Error(), row.path):
			t.Errorf("%T: path %q in %q, want %q", row.value, refusal.Path, err, row.path)
		}
	}
	// A type that can never be keyed is refused before anything is called.
	if err := diffargs.CheckType(reflect.TypeFor[digestedOptions]()); err == nil || !strings.HasPrefix(err.Error(), ".Callback: ") {
		t.Errorf("the type alone: %v", err)
	}
}
