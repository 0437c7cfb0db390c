package persist_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"labbook/cache/persist"
)

func TestDumpAndLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "model.cbor")
	big := make([]float64, 300_000)
	for i := range big {
		big[i] = float64(i)
	}
	want := everything{Fs: big, Is: make([]int, 20_000), S: strings.Repeat("s", 200_000), Rows: [][]float32{make([]float32, 100), nil}, Any: big[:10]}
	if err := persist.Dump(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := persist.Load[everything](path)
	if err != nil {
		t.Fatal(err)
	}
	if d := persist.Difference(reflect.ValueOf(want), reflect.ValueOf(got)); d != "" {
		t.Error(d)
	}
	if cap(got.Fs) != len(got.Fs) || cap(got.Is) != len(got.Is) {
		t.Error("appending to one array would change what lies behind it")
	}

	inMemory, err := persist.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	onDisk, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(inMemory, onDisk) {
		t.Error("Dump and Marshal do not write the same bytes")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestDumpReplacesAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "v")
	if err := persist.Dump(path, 1); err != nil {
		t.Fatal(err)
	}
	if err := persist.Dump(path, []any{make([]int, 100_000), func() {}}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a function was stored, or the error does not name the file: %v", err)
	}
	if got, err := persist.Load[int](path); err != nil || got != 1 {
		t.Errorf("the old file holds %v, %v", got, err)
	}
	if err := persist.Dump(path, 2); err != nil {
		t.Fatal(err)
	}
	if got, err := persist.Load[int](path); err != nil || got != 2 {
		t.Errorf("the new file holds %v, %v", got, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("left over: %v, %v", files, err)
	}
	if err := persist.Dump(filepath.Join(dir, "none", "v"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := persist.Load[int](filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	path := filepath.Join(dir, "v")
	if err := persist.Dump(path, []float64{1}); err != nil {
		t.Fatal(err)
	}
	var mismatch *persist.MismatchError
	if _, err := persist.Load[[]int](path); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), path) {
		t.Errorf("another type: %v", err)
	}
	if err := os.Truncate(path, 12); err != nil {
		t.Fatal(err)
	}
	var syntax *persist.SyntaxError
	if _, err := persist.Load[[]float64](path); !errors.As(err, &syntax) {
		t.Errorf("cut short: %v", err)
	}
}
