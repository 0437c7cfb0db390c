package sqlbook

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.sqlite")
	db, err := sql.Open("sqlite", foreign)
	if err == nil {
		_, err = db.ExecContext(t.Context(), "CREATE TABLE t (x)")
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.sqlite")
	b, err := Create(t.Context(), newer)
	if err == nil {
		_, err = b.db.ExecContext(t.Context(), "PRAGMA user_version = 999")
		err = errors.Join(err, b.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason, path string
		is           func(error) bool
		createToo    bool
	}{
		{"no file", filepath.Join(dir, "none"), func(err error) bool { return errors.Is(err, ErrNotExist) }, false},
		{"an empty file, which a program is just making", file("empty", ""), func(err error) bool { return errors.Is(err, ErrNotExist) }, false},
		{"a folder", dir, func(err error) bool { return errors.Is(err, ErrNotLabbook) }, false},
		{"a text", file("text", strings.Repeat("this is no database\n", 300)), func(err error) bool { return errors.Is(err, ErrNotLabbook) }, true},
		{"another program's database", foreign, func(err error) bool { return errors.Is(err, ErrNotLabbook) }, true},
		{"a newer lab-book", newer, func(err error) bool {
			var e *NewerError
			return errors.As(err, &e) && e.Have == 999 && strings.Contains(err.Error(), "update labbook")
		}, true},
	} {
		if b, err := Open(t.Context(), test.path); err == nil || !test.is(err) {
			t.Errorf("%s: Open = %v, %v", test.reason, b, err)
		}
		if !test.createToo {
			continue
		}
		before, err := os.ReadFile(test.path)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := Create(t.Context(), test.path); err == nil || !test.is(err) {
			t.Errorf("%s: Create = %v, %v", test.reason, b, err)
		}
		if after, err := os.ReadFile(test.path); err != nil || string(after) != string(before) {
			t.Errorf("%s: Create has changed the file: %v", test.reason, err)
		}
	}
}

func TestCreateTwiceAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "labbook.sqlite")
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			b, err := Create(context.WithoutCancel(t.Context()), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}
