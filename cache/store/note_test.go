package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"labbook/cache/store"
)

func TestNotes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	s := store.Open(dir, store.Limits{})
	if _, err := s.Note(store.Key{1}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a note that nobody wrote: %v", err)
	}
	for _, content := range []string{"first", "second"} {
		if err := s.PutNote(store.Key{1}, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Note(store.Key{1}); err != nil || string(got) != content {
			t.Errorf("the note is %q, %v; want %q", got, err, content)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ".gitignore")); err != nil {
		t.Errorf("a folder that began with a note is not hidden from git: %v", err)
	}
	for name, err := range s.Functions() {
		t.Errorf("the notes are taken for a function: %q, %v", name, err)
	}
}
