package codeid

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode"

	"labbook/diffargs"
)

// linkedModules returns the modules that are imported directly, and those that they in
// turn may import: their versions decide a result as well. Which these can be
// is said by go.mod files in the module cache. If one of them is not there, or
// is of a time when such a file need not name all that its module imports, all
// modules of the program are returned: computing once too often is better than
// a stale result.
func (p *program) linkedModules(direct map[string]bool) (modules []Module, from evidence, err error) {
	if len(direct) == 0 {
		return nil, from, nil
	}
	reached, complete := p.modules.required(direct, &from)
	for _, dep := range p.modules.other {
		if complete && !reached[dep.Path] {
			continue
		}
		module := Module{Path: dep.Path, Version: versionOf(dep)}
		for _, folder := range p.modules.vendored {
			t := tree{dir: filepath.Join(folder, filepath.FromSlash(dep.Path))}
			if !isFolder(t.dir) {
				continue
			}
			// Anybody can edit it: the version does not say what is in it.
			described, err := p.readTree(&t)
			if err != nil {
				return nil, from, err
			}
			from.trees = append(from.trees, t)
			digest := diffargs.Sum([]byte(strings.Join(described, "\x00")))
			module.Version += " vendored as " + digest.String()[:16]
		}
		modules = append(modules, module)
	}
	slices.SortFunc(modules, func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	return modules, from, nil
}

// evidence is what an identity was found from besides packages.
type evidence struct {
	trees []tree
	files []listedFile // by path; those that were not there have no stamp
}

// required follows the requirements of modules through their go.mod files.
func (s *moduleSet) required(direct map[string]bool, from *evidence) (reached map[string]bool, complete bool) {
	reached = map[string]bool{}
	var queue []string
	for path := range direct {
		reached[path] = true
		queue = append(queue, path)
	}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		i := slices.IndexFunc(s.other, func(m *debug.Module) bool { return m.Path == path })
		if i < 0 {
			continue // not linked
		}
		file := cachedModFile(s.cache, s.other[i])
		from.files = append(from.files, listedFile{name: file, state: statedNow(file)})
		mod, err := readModFile(file)
		if err != nil || minorVersion("go"+mod.language) < completeSince {
			return nil, false
		}
		for _, required := range mod.requires {
			if !reached[required.path] {
				reached[required.path] = true
				queue = append(queue, required.path)
			}
		}
	}
	return reached, true
}

// statedNow describes a file that is about to be read.
func statedNow(path string) fileState {
	began := time.Now()
	info, err := os.Stat(path)
	if err != nil {
		return fileState{}
	}
	return stateOf(info, began)
}

// completeSince is the minor version of Go since which a go.mod file names all
// modules that packages of its module are built from.
const completeSince = 17

// cachedModFile returns where the go command keeps the go.mod file of a module.
func cachedModFile(cache string, m *debug.Module) string {
	if m.Replace != nil {
		m = m.Replace
	}
	return filepath.Join(cache, "cache", "download", filepath.FromSlash(escapeModule(m.Path)), "@v", escapeModule(m.Version)+".mod")
}

// moduleCache is the go command's folder of modules.
func moduleCache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	if paths := filepath.SplitList(os.Getenv("GOPATH")); len(paths) > 0 {
		return filepath.Join(paths[0], "pkg", "mod")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, "go", "pkg", "mod")
}

// escapeModule writes capital letters as the module cache does, which must work
// on file systems that do not tell them from small ones.
func escapeModule(path string) string {
	var b strings.Builder
	for _, c := range path {
		if unicode.IsUpper(c) {
			b.WriteByte('!')
			c = unicode.ToLower(c)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// versionOf is the version of a module, with what stands in for it.
func versionOf(m *debug.Module) string {
	if m.Replace == nil {
		return m.Version
	}
	return m.Version + " => " + m.Replace.Path + " " + m.Replace.Version
}
