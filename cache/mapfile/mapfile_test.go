package mapfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"labbook/cache/mapfile"
)

const page = 64 << 10

func newFile(t *testing.T, content string, size int64) *os.File {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if _, err := file.WriteString(content); err != nil {
		t.Fatal(err)
	}
	if err := mapfile.Allocate(file, int64(len(content)), size); err != nil {
		t.Fatal(err)
	}
	return file
}

func mapped(t *testing.T, file *os.File, size int64, mode mapfile.Mode) *mapfile.Mapping {
	t.Helper()
	m, err := mapfile.Map(file, size, mode)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no mappings")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Unmap() })
	return m
}

func TestSharedReachesTheFile(t *testing.T) {
	t.Parallel()
	file := newFile(t, "abc", page)
	m := mapped(t, file, page, mapfile.Shared)
	other := mapped(t, file, page, mapfile.ReadOnly)
	m.Populate()
	copy(m.Bytes()[page-3:], "xyz")
	if got := string(other.Bytes()[page-3:]); got != "xyz" {
		t.Errorf("another mapping sees %q", got)
	}
	content, err := os.ReadFile(file.Name())
	if err != nil || len(content) != page || string(content[:3]) != "abc" || string(content[page-3:]) != "xyz" {
		t.Errorf("the file holds %d bytes, %v", len(content), err)
	}
}

func TestPrivateStaysHere(t *testing.T) {
	t.Parallel()
	file := newFile(t, "abc", page)
	m := mapped(t, file, page, mapfile.Private)
	copy(m.Bytes(), "xyz")
	content, err := os.ReadFile(file.Name())
	if err != nil || string(content[:3]) != "abc" {
		t.Errorf("the file holds %q, %v", content[:3], err)
	}
}

func TestMappingOutlivesItsFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows deletes no file that is mapped")
	}
	file := newFile(t, "abc", page)
	m := mapped(t, file, page, mapfile.ReadOnly)
	if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil {
		t.Fatal(err)
	}
	if got := string(m.Bytes()[:3]); got != "abc" {
		t.Errorf("the mapping holds %q", got)
	}
}

func TestGuardTurnsFaultsIntoErrors(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows cuts no file short that is mapped")
	}
	file := newFile(t, "abc", 4*page)
	m := mapped(t, file, 4*page, mapfile.Shared)
	if err := file.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if err := mapfile.Guard(func() error { m.Bytes()[3*page] = 1; return nil }); err == nil {
		t.Error("writing beyond the end of the file was no error")
	}
	sentinel := errors.New("from within")
	if err := mapfile.Guard(func() error { return sentinel }); !errors.Is(err, sentinel) {
		t.Errorf("Guard returned %v", err)
	}
	defer func() {
		if recover() != "a bug" {
			t.Error("a panic of another kind did not go on")
		}
	}()
	_ = mapfile.Guard(func() error { panic("a bug") })
}

func TestEmptyAndImpossible(t *testing.T) {
	t.Parallel()
	file := newFile(t, "", 0)
	m := mapped(t, file, 0, mapfile.ReadOnly)
	m.Populate()
	if len(m.Bytes()) != 0 {
		t.Error("an empty mapping holds something")
	}
	if err := errors.Join(m.Unmap(), m.Unmap()); err != nil {
		t.Error(err)
	}
	if _, err := mapfile.Map(file, -1, mapfile.ReadOnly); err == nil {
		t.Error("a negative size was mapped")
	}
}

func TestMapRange(t *testing.T) {
	t.Parallel()
	file := newFile(t, "abc", 3*mapfile.Granularity)
	m, err := mapfile.MapRange(file, mapfile.Granularity, 2*mapfile.Granularity, mapfile.Shared)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no mappings")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Unmap() }()
	copy(m.Bytes(), "middle")
	copy(m.Bytes()[2*mapfile.Granularity-3:], "end")
	content, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(content[mapfile.Granularity:][:6]) + string(content[len(content)-3:]); got != "middleend" || string(content[:3]) != "abc" {
		t.Errorf("the file holds %q in its middle and at its end, and begins with %q", got, content[:3])
	}
	for _, offset := range []int64{-mapfile.Granularity, 1, 4096} {
		if _, err := mapfile.MapRange(file, offset, 1, mapfile.ReadOnly); err == nil {
			t.Errorf("from offset %d on it was mapped, which not every system can", offset)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	file := newFile(t, "abc", page)
	var start [3]byte
	m, err := mapfile.OpenAndUse(file.Name(), mapfile.Shared, func(m *mapfile.Mapping, r io.ReaderAt) error {
		if len(m.Bytes()) != page {
			t.Errorf("%d bytes are mapped", len(m.Bytes()))
		}
		if n, err := r.ReadAt(make([]byte, 5), page-3); n != 3 || !errors.Is(err, io.EOF) {
			t.Errorf("read %d bytes over the end: %v", n, err)
		}
		_, err := r.ReadAt(start[:], 0)
		return err
	})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no mappings")
	}
	if err != nil || string(start[:]) != "abc" {
		t.Fatalf("the file begins with %q, %v", start, err)
	}
	m.Bytes()[0] = 'x'
	if err := m.Unmap(); err != nil {
		t.Fatal(err)
	}
	m, err = mapfile.Open(file.Name(), mapfile.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(m.Bytes()[:3]); got != "xbc" {
		t.Errorf("the mapping holds %q", got)
	}
	if err := m.Unmap(); err != nil {
		t.Fatal(err)
	}

	sentinel := errors.New("from within")
	if m, err := mapfile.OpenAndUse(file.Name(), mapfile.ReadOnly, func(*mapfile.Mapping, io.ReaderAt) error { return sentinel }); m != nil || !errors.Is(err, sentinel) {
		t.Errorf("OpenAndUse returned %v, %v", m, err)
	}
	if _, err := mapfile.Open(filepath.Join(t.TempDir(), "none"), mapfile.ReadOnly); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := mapfile.Open(t.TempDir(), mapfile.ReadOnly); err == nil {
		t.Error("a folder was mapped")
	}
}
