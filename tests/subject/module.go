package subject

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A Module is a program with a go.mod of its own that uses labbook, to be changed
// and built again.
type Module struct{ Dir string }

// NewModule writes a module of that path into an empty folder: its files, and a
// go.mod that takes labbook from root and all else in the versions that labbook
// has. More is added to the go.mod.
func NewModule(t testing.TB, root, dir, path, more string, files map[string]string) *Module {
	t.Helper()
	m := &Module{Dir: dir}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		m.Write(t, name, files[name])
	}
	mod := strings.Replace(Read(t, filepath.Join(root, "go.mod")), "module labbook\n", "module "+path+"\n", 1)
	m.Write(t, "go.mod", mod+"\nrequire labbook v0.0.0\n\nreplace labbook => "+filepath.ToSlash(root)+"\n"+more)
	m.Write(t, "go.sum", Read(t, filepath.Join(root, "go.sum")))
	return m
}

// Build builds the main package as it stands, offline.
func (m *Module) Build(t testing.TB, exe string) {
	t.Helper()
	build := Command(t, "go", "build", "-o", exe, ".")
	build.Dir = m.Dir
	build.Env = Environment(Building()...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", m.Dir, err, out)
	}
}

// Edit replaces a text that stands once in a file.
func (m *Module) Edit(t testing.TB, name, before, after string) {
	t.Helper()
	text := Read(t, m.path(name))
	if n := strings.Count(text, before); n != 1 {
		t.Fatalf("%s has %q %d times, so that the edit is not clear", name, before, n)
	}
	m.Write(t, name, strings.Replace(text, before, after, 1))
}

// Write writes a file, in the place of what was there.
func (m *Module) Write(t testing.TB, name, text string) {
	t.Helper()
	Write(t, m.path(name), text)
}

func (m *Module) path(name string) string { return filepath.Join(m.Dir, filepath.FromSlash(name)) }

// Read returns the text of a file.
func Read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Write writes a file, and its folder if need be.
func Write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
