package diffargs

import (
	"flag"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGoldenDigests holds digests against those that were published: entries
// are stored under them. A change here means a new version of the grammar.
func TestGoldenDigests(t *testing.T) {
	t.Parallel()
	cyclic := &ring{Value: 1}
	cyclic.Next = &ring{Value: 2, Next: cyclic}
	family := map[string]any{"name": "root"}
	family["kids"] = []any{map[string]any{"name": "kid", "parent": family}, map[*ring]any{cyclic: family, {}: nil}}
	numbers := make([]float64, 100_000)
	for i := range numbers {
		numbers[i] = float64(i) / 3
	}
	var anything any = 3
	values := []struct {
		name  string
		value any
	}{
		{"nil", nil},
		{"int", 42},
		{"strings", []string{"a", "", "b"}},
		{"struct", struct {
			A int
			B float64
			C string
		}{1, 2.5, "abc"}},
		{"named", layer{Width: 1, Name: "x", Loss: &layer{}}},
		{"map", map[string][]int{"a": {1}, "b": nil, "long": make([]int, 1000)}},
		{"time", time.Date(2024, 5, 1, 12, 0, 0, 1, time.FixedZone("", -3600))},
		{"big", []any{big.NewInt(-256), big.NewRat(1, 3), big.NewFloat(1.5), new(big.Int)}},
		{"address", netip.MustParseAddr("fe80::1%eth0")},
		{"floats", numbers},
		{"packed floats", struct{ M map[int][]float64 }{map[int][]float64{1: numbers}}},
		{"ints", make([]int, 10_000)},
		{"array", [9000]int64{1}},
		{"records", manyLabels(7)},
		{"tree", tree{Value: tree{Value: 1.5}, Kids: []tree{{}}, ByTag: map[string]*tree{"a": nil}}},
		{"any", &anything},
		{"type", reflect.TypeFor[map[string]func(int, ...bool) error]()},
		{"location", time.UTC},
		{"digester", fold{"abc"}},
		{"cyclic", cyclic},
		{"family", family},
		{"deep", chainOf(2000, "end")},
	}
	var b strings.Builder
	for _, v := range values {
		d := mustDigest(t, v.value)
		fmt.Fprintf(&b, "%s %s\n", d, v.name)
		// What a machine of the other byte order or another word size does.
		portable := &encoder{plans: portablePlans}
		if again, err := portable.untyped(v.value); again != d || err != nil {
			t.Errorf("%s: digest %s element by element, %v, want %s", v.name, again, err, d)
		}
	}
	fmt.Fprintf(&b, "%s bytes\n", Sum([]byte("labbook")))
	checkGolden(t, "digests.golden", b.String())
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
