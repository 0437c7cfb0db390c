package codeid

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// A localModule is a module whose source belongs to the program: the main
// module, one replaced by a folder, or one of a workspace.
type localModule struct {
	path     string
	dir      string
	language string    // version of the language
	changed  time.Time // its go.mod
	problem  error     // why its source cannot be read
}

// A moduleSet knows which module a package belongs to.
type moduleSet struct {
	local    []localModule // longest path first
	other    []*debug.Module
	cache    string   // the module cache
	vendored []string // the folders in which go mod vendor and go work vendor put copies
}

// newModuleSet takes the modules from the build information, which says what
// was linked, and looks for the local ones on disk. The environment variable
// GOWORK is given.
func newModuleSet(info *debug.BuildInfo, mainDir, gowork string) moduleSet {
	set := moduleSet{cache: moduleCache()}
	var work *workspace
	if mainDir != "" {
		work = workspaceOf(mainDir, gowork)
		set.vendored = []string{filepath.Join(mainDir, "vendor")}
		if work != nil {
			set.vendored = append(set.vendored, filepath.Join(work.dir, "vendor"))
		}
		set.local = append(set.local, readModule("", mainDir))
	} else if info.Main.Path != "" {
		set.local = append(set.local, notFound(info.Main.Path))
	}
	for _, dep := range info.Deps {
		switch {
		case !isLocal(dep):
			set.other = append(set.other, dep)
		case set.isLocalPath(dep.Path): // a program built from files lists its own module
		case mainDir == "":
			set.local = append(set.local, notFound(dep.Path))
		default:
			dir, err := localDir(dep, mainDir, work)
			module := localModule{path: dep.Path, problem: err}
			if err == nil {
				module = readModule(dep.Path, dir)
			}
			set.local = append(set.local, module)
		}
	}
	slices.SortFunc(set.local, func(a, b localModule) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), strings.Compare(a.path, b.path))
	})
	return set
}

// notFound is a local module whose folder is not known.
func notFound(path string) localModule {
	return localModule{path: path, problem: untrusted("the source of module " + path + " is not found where the program was built from; build the program on this machine, from source that stays where it is")}
}

// isLocal reports whether a module comes from a folder rather than from a
// version.
func isLocal(dep *debug.Module) bool {
	if dep.Replace != nil {
		return dep.Replace.Version == "" || dep.Replace.Version == "(devel)"
	}
	return dep.Version == "" || dep.Version == "(devel)"
}

func (s *moduleSet) isLocalPath(path string) bool {
	return slices.ContainsFunc(s.local, func(m localModule) bool { return m.path == path })
}

// readModule reads about the module in dir. It goes by path, or by the path it
// gives itself if that is "".
func readModule(path, dir string) localModule {
	mod, err := readModFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return localModule{path: path, dir: dir, problem: untrusted(fmt.Sprintf("the source of module %s is not there any more: %v; build the program again", nameOr(path, dir), err))}
	}
	if path == "" {
		path = mod.path
	}
	return localModule{path: path, dir: dir, language: mod.language, changed: mod.changed}
}

func nameOr(path, dir string) string {
	if path == "" {
		return "in " + dir
	}
	return path
}

// localDir finds the folder of a local module that is not the main one.
func localDir(dep *debug.Module, mainDir string, work *workspace) (string, error) {
	if dep.Replace != nil {
		dir := filepath.FromSlash(dep.Replace.Path)
		// What go build -mod=vendor, the default where there is such a folder,
		// compiles is the copy.
		vendored := filepath.Join(mainDir, "vendor", filepath.FromSlash(dep.Path))
		switch {
		case isFolder(vendored):
			return "", untrusted("module " + dep.Path + " is replaced by a folder, and vendored: which of the two was built cannot be told; remove one of them")
		case filepath.IsAbs(dir):
			return dir, nil
		case work != nil && work.file.replaced[dep.Replace.Path]:
			return filepath.Join(work.dir, dir), work.problem
		}
		return filepath.Join(mainDir, dir), nil
	}
	if work != nil {
		for _, use := range work.file.uses {
			dir := filepath.FromSlash(use)
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(work.dir, dir)
			}
			if mod, err := readModFile(filepath.Join(dir, "go.mod")); err == nil && mod.path == dep.Path {
				return dir, work.problem
			}
		}
	}
	return "", notFound(dep.Path).problem
}

// origin says where a package comes from.
type origin int

const (
	unknown  origin = iota
	own             // a local module
	other           // another module
	standard        // the standard library
	labbook         // labbook's machinery, which is not followed
)

// locate returns where an import leads, which is looked for once.
func (p *program) locate(imported *fileImport) (origin, *localModule, *debug.Module) {
	at := &imported.location
	if !at.known {
		at.from, at.local, at.other = p.modules.locate(imported.path)
		at.known = true
	}
	return at.from, at.local, at.other
}

// A location is what locate found.
type location struct {
	known bool
	from  origin
	local *localModule
	other *debug.Module
}

// locate returns where the package of the given import path comes from, and its
// module if that is a local or another one.
func (s *moduleSet) locate(path string) (origin, *localModule, *debug.Module) {
	if isMachinery(path) {
		return labbook, nil, nil
	}
	local, dep := s.owner(path)
	switch {
	case local != nil:
		return own, local, nil
	case dep != nil:
		return other, nil, dep
	}
	// The go command keeps the first elements without a dot for the standard
	// library.
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return standard, nil, nil
	}
	return unknown, nil, nil
}

// owner returns the module with the longest path that holds the package.
func (s *moduleSet) owner(path string) (*localModule, *debug.Module) {
	var dep *debug.Module
	for _, m := range s.other {
		if contains(m.Path, path) && (dep == nil || len(m.Path) > len(dep.Path)) {
			dep = m
		}
	}
	for i := range s.local {
		if m := &s.local[i]; contains(m.path, path) && (dep == nil || len(m.path) > len(dep.Path)) {
			return m, nil
		}
	}
	return nil, dep
}

// contains reports whether the module may hold the package.
func contains(module, path string) bool {
	rest, found := strings.CutPrefix(path, module)
	return found && module != "" && (rest == "" || rest[0] == '/')
}
