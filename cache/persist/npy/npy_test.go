package npy_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/persist/npy"
)

func file(name string) string { return filepath.Join("testdata", name+".npy") }

// read reads a file in both ways.
func read[T npy.Number](t *testing.T, name string) npy.Array[T] {
	t.Helper()
	a, err := npy.Load[T](file(name))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file(name))
	if err != nil {
		t.Fatal(err)
	}
	b, err := npy.Read[T](iotest.OneByteReader(bytes.NewReader(content)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("%s: Load and Read differ: %s", name, d)
	}
	return a
}

func numbers[T npy.Number](values ...T) npy.Array[T] {
	return npy.Array[T]{Data: values, Shape: []int{2, 3}}
}

func TestReadsWhatNumpyWrites(t *testing.T) {
	t.Parallel()
	check := func(name string, got, want any) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	check("i1", read[int8](t, "i1"), numbers[int8](1, 2, 3, 4, 5, 6))
	check("u1", read[uint8](t, "u1"), numbers[uint8](1, 2, 3, 4, 5, 6))
	for _, order := range []string{"little", "big"} {
		check(order, read[int16](t, order+"_i2"), numbers[int16](1, 2, 3, 4, 5, 6))
		check(order, read[int32](t, order+"_i4"), numbers[int32](1, 2, 3, 4, 5, 6))
		check(order, read[int64](t, order+"_i8"), numbers[int64](1, 2, 3, 4, 5, 6))
		check(order, read[uint16](t, order+"_u2"), numbers[uint16](1, 2, 3, 4, 5, 6))
		check(order, read[uint32](t, order+"_u4"), numbers[uint32](1, 2, 3, 4, 5, 6))
		check(order, read[uint64](t, order+"_u8"), numbers[uint64](1, 2, 3, 4, 5, 6))
		check(order, read[float32](t, order+"_f4"), numbers[float32](1, 2, 3, 4, 5, 6))
		check(order, read[float64](t, order+"_f8"), numbers[float64](1, 2, 3, 4, 5, 6))
	}
	check("complex64", read[complex64](t, "little_c8"), numbers[complex64](1i, 1+1i, 2+1i, 3+1i, 4+1i, 5+1i))
	check("complex128", read[complex128](t, "big_c16"), numbers(1i, 1+1i, 2+1i, 3+1i, 4+1i, 5+1i))
	check("bool", read[bool](t, "bool"), numbers(true, false, true, false, true, false))
	three := npy.Array[float64]{Data: []float64{0, 1, 2}, Shape: []int{3}}
	check("version 2", read[float64](t, "version2"), three)
	check("version 3", read[float64](t, "version3"), three)
	check("a number alone", read[float64](t, "scalar"), npy.Array[float64]{Data: []float64{2.5}, Shape: []int{}})
	check("nothing", read[float64](t, "empty"), npy.Array[float64]{Data: []float64{}, Shape: []int{3, 0}})
	rising := npy.Array[float64]{Shape: []int{2, 3, 4}}
	for i := range 24 {
		rising.Data = append(rising.Data, float64(i))
	}
	check("Fortran's order", read[float64](t, "fortran_f8"), rising)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, say string }{
		{"object", "pickles"},
		{"record", "each field"},
		{"text", "Go has no such numbers"},
		{"half", "Go has no such numbers"},
		{"time", "Go has no such numbers"},
		{"little_f4", "<f4, not float64"},
		{"little_i8", "<i8, not float64"},
	} {
		_, err := npy.Load[float64](file(test.name))
		if _, ok := errors.AsType[*npy.TypeError](err); !ok || !strings.Contains(err.Error(), test.say) || !strings.Contains(err.Error(), test.name) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.say)
		}
	}
	if _, err := npy.Load[float64](file("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// sample is a file of version 1 with the header, and three numbers.
func sample(header string) []byte {
	b := append([]byte(npy.Magic), 1, 0, byte(len(header)), 0)
	return append(append(b, header...), make([]byte, 24)...)
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	const good = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"
	if _, err := npy.Read[float64](bytes.NewReader(sample(good))); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason string
		input  []byte
		say    string
	}{
		{"nothing", nil, "data ends"},
		{"something else", []byte("PK\x03\x04 and more of it"), "does not begin"},
		{"a version to come", []byte(npy.Magic + "\x09\x00\x00\x00\x00\x00"), "version is 9"},
		{"a header of gigabytes", []byte(npy.Magic + "\x02\x00\xff\xff\xff\xff"), "bytes"},
		{"cut in the header", sample(good)[:40], "data ends"},
		{"cut in the numbers", sample(good)[:len(sample(good))-1], "data ends"},
		{"no literal", sample("import os; os.abort()"), "beginning"},
		{"a name twice", sample("{'descr': '<f8', 'descr': '<f8', 'shape': (3,), }"), "names"},
		{"a name too few", sample("{'descr': '<f8', 'shape': (3,), }"), "end"},
		{"a name too many", sample("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'x': 1}"), "x"},
		{"a negative shape", sample("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }"), "shape"},
		{"a shape that is larger than all", sample("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,9999999999), }"), "shape"},
		{"more numbers than there are", sample("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999,), }"), "data ends"},
		{"no truth", sample("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (3,), }"), "fortran_order"},
		{"no end", sample("{'descr': '<f8', 'fortran_order': False, 'shape': (3,) "), "end"},
		{"something after the end", sample(good + "x"), "end"},
	} {
		_, err := npy.Read[float64](bytes.NewReader(test.input))
		if _, ok := errors.AsType[*npy.SyntaxError](err); !ok || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s: got %v, want %q", test.reason, err, test.say)
		}
	}
	neither := sample("{'descr': '|b1', 'fortran_order': False, 'shape': (24,), }")
	neither[len(neither)-1] = 2
	if _, err := npy.Read[bool](bytes.NewReader(neither)); err == nil {
		t.Error("a boolean of 2 was read")
	}
}

// What a header promises gets no memory on its word.
func TestMemoryIsBounded(t *testing.T) { //nolint:paralleltest // it counts what the whole process allocates
	input := sample("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999,), }")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := npy.Read[float64](bytes.NewReader(input))
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("no error")
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 2<<20 {
		t.Errorf("%d bytes took %d", len(input), took)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := npy.Write(&out, numbers[uint8](1, 2, 3, 4, 5, 6)); err != nil {
		t.Fatal(err)
	}
	header := "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }"
	want := npy.Magic + "\x01\x00\x76\x00" + header + strings.Repeat(" ", 128-10-1-len(header)) + "\n\x01\x02\x03\x04\x05\x06"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
	for _, shape := range [][]int{{}, {6}, {6, 1}, {1, 2, 3}, {0, 5}} {
		count := 1
		for _, d := range shape {
			count *= d
		}
		a := npy.Array[int32]{Data: make([]int32, count), Shape: shape}
		for i := range a.Data {
			a.Data[i] = int32(i * i)
		}
		var out bytes.Buffer
		if err := npy.Write(&out, a); err != nil {
			t.Fatal(err)
		}
		back, err := npy.Read[int32](&out)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a, back); d != "" {
			t.Errorf("%v: %s", shape, d)
		}
	}
	if err := npy.Write(io.Discard, npy.Array[int32]{Data: make([]int32, 5), Shape: []int{2, 3}}); err == nil {
		t.Error("5 elements were written as 2 by 3")
	}
}

func FuzzRead(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "*.npy"))
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := npy.Read[float64](bytes.NewReader(data))
		if err != nil {
			return
		}
		if 8*len(a.Data) > len(data) {
			t.Fatalf("%d numbers came out of %d bytes", len(a.Data), len(data))
		}
		var out bytes.Buffer
		if err := npy.Write(&out, a); err != nil {
			t.Fatal(err)
		}
		b, err := npy.Read[float64](&out)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a.Shape, b.Shape) || len(a.Data) != len(b.Data) {
			t.Fatalf("%v came back as %v", a.Shape, b.Shape)
		}
	})
}
