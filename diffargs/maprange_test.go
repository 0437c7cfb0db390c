package diffargs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Maps of every shape that has a loop of its own, and of some that have none,
// with few entries and with so many that they grow and are sorted by counting.
func TestMapsOfEveryShape(t *testing.T) {
	t.Parallel()
	type (
		month uint32
		event struct {
			At   time.Time
			Name string
		}
		wide [0]uint64
	)
	keys := []reflect.Type{
		reflect.TypeFor[string](), reflect.TypeFor[label](), reflect.TypeFor[int](), reflect.TypeFor[int64](),
		reflect.TypeFor[uint64](), reflect.TypeFor[int32](), reflect.TypeFor[month](), reflect.TypeFor[uint8](),
		reflect.TypeFor[float64](), reflect.TypeFor[[2]int32](), reflect.TypeFor[*int](),
	}
	elems := []reflect.Type{
		reflect.TypeFor[string](), reflect.TypeFor[int64](), reflect.TypeFor[celsius](), reflect.TypeFor[int](),
		reflect.TypeFor[float32](), reflect.TypeFor[int32](), reflect.TypeFor[bool](), reflect.TypeFor[struct{}](),
		reflect.TypeFor[wide](), reflect.TypeFor[[]string](), reflect.TypeFor[*layer](), reflect.TypeFor[any](),
		reflect.TypeFor[event](), reflect.TypeFor[shape](), reflect.TypeFor[map[string]int](), reflect.TypeFor[[200]int](),
	}
	r := rand.New(rand.NewPCG(1, 5))
	for _, key := range keys {
		for _, elem := range elems {
			maps := [2]reflect.Value{}
			for i, n := range []int{3, 2 * radixLimit} {
				v := reflect.New(reflect.MapOf(key, elem)).Elem()
				v.Set(reflect.MakeMap(v.Type()))
				for j := range n {
					k, e := reflect.New(key).Elem(), reflect.New(elem).Elem()
					fillKey(k, j)
					randomFill(r, e, 2)
					v.SetMapIndex(k, e)
				}
				maps[i] = v
			}
			checkPair(t, maps[0], maps[1])
		}
	}
}

// fillKey sets k to a value that belongs to n.
func fillKey(k reflect.Value, n int) {
	switch k.Kind() {
	case reflect.String:
		k.SetString(fmt.Sprint(strings.Repeat("prefix", n%3), n))
	case reflect.Int, reflect.Int32, reflect.Int64:
		k.SetInt(int64(n - 10))
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		k.SetUint(uint64(n))
	case reflect.Float64:
		k.SetFloat(float64(n) / 3)
	case reflect.Array:
		k.Index(n % 2).SetInt(int64(n))
	case reflect.Pointer:
		k.Set(reflect.ValueOf(&n))
	}
}

// Entries are sorted as comparing them whole would: when they begin alike, when
// they are equal, and when one is the beginning of another.
func TestSortEntries(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 6))
	for round := range 200 {
		var all []byte
		var entries []entrySpan
		common := bytes.Repeat([]byte{byte(round)}, r.IntN(30))
		for range 1 + r.IntN(3*radixLimit) {
			start := len(all)
			all = append(all, common...)
			for range r.IntN(12) {
				all = append(all, []byte{0, 1, 255}[r.IntN(1+round%3)])
			}
			entries = append(entries, entrySpan{start: start, end: len(all)})
		}
		var want, got [][]byte
		for _, entry := range entries {
			want = append(want, all[entry.start:entry.end])
		}
		slices.SortFunc(want, bytes.Compare)
		sortEntries(all, entries, make([]entrySpan, len(entries)))
		for _, entry := range entries {
			got = append(got, all[entry.start:entry.end])
		}
		if !slices.EqualFunc(got, want, bytes.Equal) {
			t.Fatalf("round %d: sorted into\n%v\nwant\n%v", round, got, want)
		}
	}
}
