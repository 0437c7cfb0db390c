package persist_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/mapfile"
	"labbook/cache/persist"
	"labbook/cache/persist/npy"
)

// arrays has one that is mapped, and what is not.
type arrays struct {
	Name  string
	Short []float64
	Long  []float64
	Rows  [][]int32
	Raw   []byte
}

func newArrays() arrays {
	a := arrays{Name: "a", Short: []float64{1, 2}, Long: make([]float64, 1000), Rows: [][]int32{make([]int32, 100), make([]int32, 200), nil}, Raw: make([]byte, 300)}
	for i := range a.Long {
		a.Long[i] = float64(i)
	}
	return a
}

// open maps a file, or skips the test where that cannot be.
func open[T any](t *testing.T, path string, mode persist.Mode) *persist.Mapped[T] {
	t.Helper()
	m, err := persist.Open[T](path, mode)
	if err != nil {
		t.Fatal(err)
	}
	if m.Warning != nil && strings.Contains(m.Warning.Error(), "this system maps no files") {
		t.Skip(m.Warning)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func dumped(t *testing.T, name string, v any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := persist.Dump(path, v); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestModes(t *testing.T) {
	t.Parallel()
	want := newArrays()
	for _, test := range []struct {
		mode    persist.Mode
		writes  bool
		reaches bool
	}{
		{persist.ReadOnly, false, false},
		{persist.CopyOnWrite, true, false},
		{persist.ReadWrite, true, true},
	} {
		path := dumped(t, "v", want)
		m := open[arrays](t, path, test.mode)
		if d := cmp.Diff(want, m.Value); d != "" || m.Warning != nil {
			t.Errorf("mode %d: %v, %s", test.mode, m.Warning, d)
		}
		if !test.writes {
			if err := mapfile.Guard(func() error { m.Value.Long[10] = -1; return nil }); err == nil {
				t.Error("an array that is read only was written")
			}
			continue
		}
		m.Value.Long[10], m.Value.Rows[1][5], m.Value.Raw[299] = -1, -2, 3
		m.Value.Short[0] = -4 // too short to be mapped
		again, err := persist.Load[arrays](path)
		if err != nil {
			t.Fatal(err)
		}
		changed := newArrays()
		if test.reaches {
			changed.Long[10], changed.Rows[1][5], changed.Raw[299] = -1, -2, 3
		}
		if d := cmp.Diff(changed, again); d != "" {
			t.Errorf("mode %d, the file: %s", test.mode, d)
		}
	}
}

// Arrays are where the file is, at any offset, and on a boundary of 64 bytes.
func TestMappedArraysAreAligned(t *testing.T) {
	t.Parallel()
	for n := range 130 {
		want := []any{strings.Repeat("x", n), make([]uint64, 40), make([]int16, 200+n)}
		m := open[[]any](t, dumped(t, "v", want), persist.CopyOnWrite)
		if m.Warning != nil {
			t.Fatal(m.Warning)
		}
		for _, at := range []unsafe.Pointer{
			unsafe.Pointer(unsafe.SliceData(m.Value[1].([]uint64))),
			unsafe.Pointer(unsafe.SliceData(m.Value[2].([]int16))),
		} {
			if uintptr(at)%64 != 0 {
				t.Fatalf("after a text of %d bytes, an array is at %p", n, at)
			}
		}
	}
}

func TestLoadMapped(t *testing.T) {
	t.Parallel()
	want := newArrays()
	path := dumped(t, "v", want)
	got, err := persist.Load[arrays](path, persist.Map(persist.CopyOnWrite))
	if err != nil {
		t.Fatal(err)
	}
	got.Long[0] = 0 // it can be written
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrPermission) {
		t.Log(err) // Windows keeps what is mapped
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCompressedIsLoadedWithAWarning(t *testing.T) {
	t.Parallel()
	want := newArrays()
	for _, codec := range codecs[1:] {
		path := dumped(t, "v"+extensions[codec], want)
		var warnings []error
		got, err := persist.Load[arrays](path, persist.Map(persist.ReadOnly), persist.Warn(func(err error) { warnings = append(warnings, err) }))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if len(warnings) != 1 {
			t.Fatalf("%v: warnings %v", codec, warnings)
		}
		if w, ok := errors.AsType[*persist.NotMappedError](warnings[0]); !ok || w.Path != path || !strings.Contains(w.Reason, codec.String()) {
			t.Errorf("%v: warning %v", codec, warnings[0])
		}
		m, err := persist.Open[arrays](path, persist.ReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, m.Value); d != "" || m.Warning == nil {
			t.Errorf("warning %v, %s", m.Warning, d)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestForeignArraysAreCopiedWithAWarning(t *testing.T) {
	t.Parallel()
	big := append(unhex(t, "d852 590140"), make([]byte, 320)...) // 40 float64, big endian
	big[5], big[6] = 0x3f, 0xf0
	path := filepath.Join(t.TempDir(), "v")
	if err := os.WriteFile(path, big, 0o600); err != nil {
		t.Fatal(err)
	}
	m := open[[]float64](t, path, persist.ReadOnly)
	if _, ok := errors.AsType[*persist.NotMappedError](m.Warning); !ok || len(m.Value) != 40 || m.Value[0] != 1 {
		t.Errorf("%v, with the warning %v", m.Value, m.Warning)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v")
	m, err := persist.Create(path, make([]float64, 500))
	if err != nil {
		t.Fatal(err)
	}
	if m.Warning != nil {
		t.Skip(m.Warning)
	}
	for i := range m.Value {
		m.Value[i] = float64(i)
	}
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Fatal(err)
	}
	if m.Value != nil {
		t.Error("the value is there after Close")
	}
	got, err := persist.Load[[]float64](path)
	if err != nil || len(got) != 500 || got[499] != 499 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestMapErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := persist.Open[int](filepath.Join(dir, "none"), persist.ReadOnly); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := persist.Open[int](dir, persist.ReadOnly); err == nil {
		t.Error("a folder was mapped")
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := persist.Open[int](empty, persist.ReadOnly); err == nil {
		t.Error("an empty file holds an int")
	}
	path := dumped(t, "v", newArrays())
	if _, err := persist.Open[[]int](path, persist.ReadOnly); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("another type: %v", err)
	}
}

func TestNumpyFiles(t *testing.T) {
	t.Parallel()
	little, big := filepath.Join("npy", "testdata", "little_f8.npy"), filepath.Join("npy", "testdata", "big_f8.npy")
	rows := [][]float64{{1, 2, 3}, {4, 5, 6}}
	flat := npy.Array[float64]{Data: []float64{1, 2, 3, 4, 5, 6}, Shape: []int{2, 3}}
	for _, path := range []string{little, big} {
		got, err := persist.Load[[][]float64](path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(rows, got); d != "" {
			t.Error(d)
		}
		array, err := persist.Load[npy.Array[float64]](path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(flat, array); d != "" {
			t.Error(d)
		}
		m := open[[][]float64](t, path, persist.CopyOnWrite)
		if d := cmp.Diff(rows, m.Value); d != "" || (m.Warning == nil) != (path == little) {
			t.Errorf("%s mapped: warning %v, %s", path, m.Warning, d)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var compressed bytes.Buffer
		if err := persist.EncodeRaw(&compressed, data, persist.Zstd); err != nil {
			t.Fatal(err)
		}
		array, err = persist.Decode[npy.Array[float64]](&compressed)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(flat, array); d != "" {
			t.Errorf("compressed: %s", d)
		}
		for _, into := range []any{new([]float64), new([][]int), new([][][]float64), new(map[string]int), new(float64)} {
			err := persist.Unmarshal(data, into)
			if _, ok := errors.AsType[*persist.MismatchError](err); !ok {
				t.Errorf("into a %T: %v", into, err)
			}
		}
		for n := range data {
			if err := persist.Unmarshal(data[:n], new([][]float64)); err == nil {
				t.Errorf("the first %d bytes were read", n)
			}
		}
	}
}

// What lies in memory that cannot be written is read, and left alone.
func TestUnmarshalValuesKeep(t *testing.T) {
	t.Parallel()
	want := newArrays()
	shared := &want.Long
	values := []reflect.Value{reflect.ValueOf(want), reflect.ValueOf([]*[]float64{shared, shared}), reflect.ValueOf(7)}
	data, err := persist.MarshalValues(values)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "v")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	memory := persist.ReadOnlyFile(t, path)
	types := []reflect.Type{values[0].Type(), values[1].Type(), values[2].Type()}
	within := func(at unsafe.Pointer) bool {
		start := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
		return uintptr(at) >= start && uintptr(at) < start+uintptr(len(memory))
	}
	file := bytes.NewReader(data)
	for name, read := range map[string]func() ([]reflect.Value, error){
		"UnmarshalValuesKeep":   func() ([]reflect.Value, error) { return persist.UnmarshalValuesKeep(memory, types) },
		"UnmarshalValuesMapped": func() ([]reflect.Value, error) { return persist.UnmarshalValuesMapped(file, memory, types) },
	} {
		got, err := read()
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if d := persist.Difference(values[i], got[i]); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		a := got[0].Interface().(arrays)
		if !within(unsafe.Pointer(&a.Long[0])) || !within(unsafe.Pointer(&a.Rows[1][0])) || !within(unsafe.Pointer(&a.Raw[0])) {
			t.Error(name + ": an array was copied")
		}
		if within(unsafe.Pointer(&a.Short[0])) || within(unsafe.Pointer(unsafe.StringData(a.Name))) {
			t.Error(name + ": what is short was not copied")
		}
		if cap(a.Long) != len(a.Long) {
			t.Error(name + ": appending to an array would write behind it")
		}
	}
	var out bytes.Buffer
	if err := persist.EncodeValues(&out, values, persist.Compress(persist.Zstd)); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func([]byte, []reflect.Type) ([]reflect.Value, error){
		"UnmarshalValues": persist.UnmarshalValues, "UnmarshalValuesKeep": persist.UnmarshalValuesKeep,
		"UnmarshalValuesMapped": func(b []byte, types []reflect.Type) ([]reflect.Value, error) {
			return persist.UnmarshalValuesMapped(bytes.NewReader(b), b, types)
		},
	} {
		got, err := read(out.Bytes(), types)
		if err != nil {
			t.Fatal(err)
		}
		if d := persist.Difference(values[0], got[0]); d != "" {
			t.Errorf("%s, compressed: %s", name, d)
		}
	}
}

// scribbler changes what it is read from, and keeps it.
type scribbler struct{ kept []byte }

func (s scribbler) MarshalBinary() ([]byte, error) { return s.kept, nil }
func (s *scribbler) UnmarshalBinary(b []byte) error {
	b[0]++
	s.kept = b
	return nil
}

// What a type does with its bytes does not reach memory that is not its own.
func TestOwnFormsGetACopy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v")
	data, err := persist.MarshalValues([]reflect.Value{reflect.ValueOf(scribbler{[]byte("abc")})})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	memory := persist.ReadOnlyFile(t, path)
	err = mapfile.Guard(func() error {
		got, err := persist.UnmarshalValuesKeep(memory, []reflect.Type{reflect.TypeFor[scribbler]()})
		if err == nil && string(got[0].Interface().(scribbler).kept) != "bbc" {
			t.Errorf("it holds %v", got[0])
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
