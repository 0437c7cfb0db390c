package cache

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/diffargs"
	"labbook/runlog"
	"labbook/runlog/record"
)

type fitted struct {
	W      []float64
	Labels map[string]string
	Spare  *int
	Seed   int `labbook:"-"`
}

// A touchy value cannot be keyed.
type touchy struct{ X int }

func (touchy) AppendKey([]byte) ([]byte, error) { panic("touched") }

func fitModel(n int) (*fitted, float64, touchy) {
	return &fitted{W: []float64{0, float64(n)}, Labels: map[string]string{"a": "A"}, Seed: 1}, 0.5, touchy{n}
}

func firstOf(numbers []int64) int64 { return numbers[0] }

// produceRole asks which calls returned values, in a program that is recorded.
func produceRole() error {
	m := New(os.Getenv(dirEnv), Options{})
	model, score, _ := Wrap(m, fitModel)(3)
	total := Wrap(m, firstOf)([]int64{7})
	large := Wrap(m, func(n int) []byte { return make([]byte, n) }, Name("large"))(digestedSize + 1)
	rec := runlog.Active()
	book, err := rec.Book(context.Background())
	if err != nil {
		return err
	}
	run, err := book.RunID(context.Background(), rec.UUID())
	if err != nil {
		return err
	}
	for _, value := range []any{model, *model, model.W, model.Labels, score, total, large, 3} {
		digest, err := diffargs.Of(value)
		if err != nil {
			return err
		}
		produced, err := book.Producers(context.Background(), run, []string{digest.String()})
		if err != nil {
			return err
		}
		for _, p := range produced[digest.String()] {
			fmt.Printf("%T %s %q %s %s\n", value, p.Call, p.Path, p.Outcome, p.Origin) //nolint:forbidigo // it is a program here
		}
	}
	return nil
}

// What a program's calls return is on record, whether it is computed or loaded. In debug
// mode that goes for the values within, and for large ones.
func TestResultsAreOnRecord(t *testing.T) {
	t.Parallel()
	const (
		plain = `*cache.fitted 1.1 "result0" miss |float64 1.1 "result1" miss |int64 1.2 "" miss |`
		again = `*cache.fitted 2.1 "result0" hit 1.1|float64 2.1 "result1" hit 1.1|int64 2.2 "" hit 1.2|`
		debug = `*cache.fitted 1.1 "result0" miss |cache.fitted 1.1 "result0*" miss |[]float64 1.1 "result0.W" miss |` +
			`map[string]string 1.1 "result0.Labels" miss |float64 1.1 "result1" miss |int64 1.2 "" miss |[]uint8 1.3 "" miss |int 1.1 "result2.X" miss |`
	)
	for mode, want := range map[string][]string{"0": {plain, again}, "1": {debug}} {
		t.Run("JOBLIB_DEBUG="+mode, func(t *testing.T) {
			t.Parallel()
			dir, book := t.TempDir(), t.TempDir()
			for _, want := range want {
				program := exec.CommandContext(t.Context(), os.Args[0])
				program.Env = append(os.Environ(), roleEnv+"=produce", dirEnv+"="+dir, "LABBOOK_DIR="+book, "LABBOOK_CAPTURE=off", "JOBLIB_DEBUG="+mode)
				program.Stderr = os.Stderr
				out, err := program.Output()
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				if diff := cmp.Diff(want, strings.ReplaceAll(string(out), "\n", "|")); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestValuesWithinAResult(t *testing.T) {
	t.Parallel()
	nested := 5
	for reason, test := range map[string]struct {
		result any
		want   []string
	}{
		"zero values say nothing":       {[]int{0, 7, 0, 8}, []string{"r[1]", "r[3]"}},
		"fields that count":             {fitted{W: []float64{1}, Seed: 2}, []string{"r.W"}},
		"through a pointer":             {&fitted{Spare: &nested}, []string{"r*", "r.Spare"}},
		"entries by their keys":         {map[string]int{"b": 1, "a": 2}, []string{`r["a"]`, `r["b"]`}},
		"a map of too many":             {manyEntries(mostWithin + 1), nil},
		"nothing within":                {3, nil},
		"no pointer":                    {(*fitted)(nil), nil},
		"what cannot be keyed is not":   {[]any{func() {}, 1}, []string{"r[1]"}},
		"what panics when it is keyed":  {[]touchy{{1}}, nil},
		"what is in an interface there": {[1]any{1}, []string{"r[0]"}},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			var paths []string
			for _, v := range appendWithin(nil, mostWithin, "r", reflect.ValueOf(test.result)) {
				paths = append(paths, v.Path)
			}
			if diff := cmp.Diff(test.want, paths); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	numbers := make([]int, 1000)
	for i := range numbers {
		numbers[i] = i + 1
	}
	values := appendWithin([]record.ResultValue{{}}, 1+mostWithin, "", reflect.ValueOf(numbers))
	if len(values) != 1+mostWithin || values[mostWithin].Path != "[63]" {
		t.Errorf("of a thousand elements, %d values, the last %+v", len(values), values[len(values)-1])
	}
	if want, err := diffargs.Of(64); err != nil || values[mostWithin].Digest != want.String() {
		t.Errorf("the digest of an element is %s, want that of the value: %s, %v", values[mostWithin].Digest, want, err)
	}
}

func manyEntries(count int) map[int]int {
	m := map[int]int{}
	for i := range count {
		m[i] = i + 1
	}
	return m
}
