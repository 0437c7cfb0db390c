package runlog

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDir(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"project/.labbook", "project/a/b", "project/inner/.labbook", "project/inner/c", "elsewhere"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.FromSlash(folder)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "project", "a", folderName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason string
		cwd    string
		env    string
		want   string
	}{
		{"right here", "project", "", "project/.labbook"},
		{"upward, past a file of that name", "project/a/b", "", "project/.labbook"},
		{"the nearest one", "project/inner/c", "", "project/inner/.labbook"},
		{"inside a lab-book's folder", "project/inner/.labbook", "", "project/inner/.labbook"},
		{"none upward: here", "elsewhere", "", "elsewhere/.labbook"},
		{"the variable before all", "project", filepath.Join(root, "book"), "book"},
		{"a relative one starts here", "elsewhere", "book", "elsewhere/book"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			if above := upward(filepath.Dir(root)); test.cwd == "elsewhere" && test.env == "" && above != "" {
				t.Skipf("there is a lab-book above the folder for temporary files: %s", above)
			}
			t.Chdir(filepath.Join(root, filepath.FromSlash(test.cwd)))
			t.Setenv("LABBOOK_DIR", test.env)
			want := filepath.Join(root, filepath.FromSlash(test.want))
			if got, err := Dir(); err != nil || got != want {
				t.Errorf("Dir() = %s, %v, want %s", got, err, want)
			}
			if got, err := CacheDir(); err != nil || got != filepath.Join(want, "cache") {
				t.Errorf("CacheDir() = %s, %v, want it inside %s", got, err, want)
			}
		})
	}
}

// modes lists all files below dir with their permissions.
func modes(t *testing.T, dir string) map[string]fs.FileMode {
	t.Helper()
	list := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		list[filepath.ToSlash(name)] = info.Mode().Perm()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A lab-book holds arguments, output and environment: it is for nobody else.
func TestFolderIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	dir := filepath.Join(t.TempDir(), "deep", "book")
	r := recordIn(t, dir)
	if err := (&Run{recorder: r.Recorder}).Artifact("tables/a.txt", []byte("x")); err != nil {
		t.Fatal(err)
	}
	r.finish(t)
	got := modes(t, filepath.Dir(filepath.Dir(dir)))
	for name, mode := range got {
		if mode&0o077 != 0 && name != "." {
			t.Errorf("%s has mode %v", name, mode)
		}
	}
	for _, name := range []string{"deep/book/labbook.sqlite", "deep/book/.gitignore", "deep/book/spool", "deep/book/artifacts/" + r.UUID() + "/tables/a.txt"} {
		if _, there := got[name]; !there {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestGitignore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, ".gitignore")
	const made = "# Made by labbook. Delete this file to keep the lab-book under version control.\n*\n"
	for _, test := range []struct {
		reason string
		before string // "" for no file
		want   string
	}{
		{"it is made", "", made},
		{"it is left as it is", "cache/\n", "cache/\n"},
	} {
		if test.before != "" {
			if err := os.WriteFile(path, []byte(test.before), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := prepare(dir); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}
