package diffargs

import (
	"reflect"
	"testing"
)

// checkPair holds two values of one type against the oracles: the digests are
// those of the grammar, both ways of encoding agree, and digests are equal, and
// the diff is empty, just if the values are the same.
func checkPair(t *testing.T, a, b reflect.Value) {
	t.Helper()
	portable := &encoder{plans: portablePlans}
	snapshots := [2]*Snapshot{}
	for i, v := range []reflect.Value{a, b} {
		got, err := OfValue(v)
		if err != nil {
			t.Fatalf("%v: %v", v.Type(), err)
		}
		if want := oracleDigest(v); string(got[:]) != want {
			t.Fatalf("%v: %s: digest %s, by the grammar %x", v.Type(), PreviewValue(v, 300), got, want)
		}
		again, err := portable.value(portablePlans.get(v.Type()), v.Addr().UnsafePointer())
		if err != nil || again != got {
			t.Fatalf("%v: %s: digest %s, element by element %s, %v", v.Type(), PreviewValue(v, 300), got, again, err)
		}
		if snapshots[i], err = Take(v, Limits{}); err != nil {
			t.Fatal(err)
		}
		if snapshots[i].Digest() != got {
			t.Fatalf("%v: snapshot has digest %s, value %s", v.Type(), snapshots[i].Digest(), got)
		}
	}
	differences := Diff(snapshots[0], snapshots[1])
	equal := snapshots[0].Digest() == snapshots[1].Digest()
	if want := same(a, b); equal != want {
		t.Fatalf("%v: digests equal: %t, values: %t\n%s\n%s", a.Type(), equal, want, PreviewValue(a, 300), PreviewValue(b, 300))
	}
	if equal != (len(differences) == 0) {
		t.Fatalf("%v: digests equal: %t, differences: %v\n%s\n%s", a.Type(), equal, differences, PreviewValue(a, 300), PreviewValue(b, 300))
	}
}

var portablePlans = &planner{portable: true}

func TestGrammar(t *testing.T) {
	t.Parallel()
	equal := 0
	for seed := range uint64(1500) {
		a, b := randomPair(seed)
		checkPair(t, a, b)
		if same(a, b) {
			equal++
		}
	}
	if equal < 500 || equal > 1250 {
		t.Errorf("%d of 1500 pairs are equal: the generator is lopsided", equal)
	}
}

func FuzzEquality(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		a, b := randomPair(seed)
		checkPair(t, a, b)
	})
}

// Where a sequence becomes a tree, and where slices share memory.
func TestGrammarAtTheEdges(t *testing.T) {
	t.Parallel()
	var values []any
	for _, n := range []int{chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 2*chunkSize + 1} {
		texts := make([]string, n/2)
		for i := range texts {
			texts[i] = "x" // Two bytes with its length.
		}
		values = append(values, make([]uint8, n), make([]int16, n/2), texts, append(texts, ""), append(texts, "xy"))
	}
	values = append(values, [chunkSize]bool{}, [chunkSize + 1]bool{}, [][chunkSize + 1]bool{{}, {}}, [chunkSize]struct{}{})
	shared := []any{1, 2, 3}
	values = append(values, []any{shared[:1], shared[:2], shared, shared[1:]})
	for _, v := range values {
		c := reflect.New(reflect.TypeOf(v)).Elem()
		c.Set(reflect.ValueOf(v))
		checkPair(t, c, c)
	}
}
