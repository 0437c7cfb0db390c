package codeid

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A sourcePackage is a package of a local module as it stands on disk.
type sourcePackage struct {
	path   string
	name   string
	dir    string
	module *localModule // nil for a program built from files outside of any module
	files  []*sourceFile

	// listed are the Go files that were looked at, by their names in the folder,
	// also those whose constraints do not admit them, and foreign the assembly
	// and C files.
	listed  []listedFile
	foreign []string
	folder  fileState // before it was listed
	usesC   bool      // a file imports "C"

	declared map[string][]*declaration // by name; several if build variants are not told apart
	methods  map[string][]*declaration // by the name of the receiver's type
	inits    []*declaration            // init functions and blank variables, in order
	effects  *initialEffects           // what initialising variables does to others, once that is asked

	// What comes with the package as a whole, or why that cannot be told; found
	// when it is first reached.
	links   *packageLinks
	problem error
}

// load returns the package of a local module with the given import path. It is
// read once; so is what makes it unusable.
func (p *program) load(path string, module *localModule) (*sourcePackage, error) {
	l := p.loadingOf(path, module)
	l.read(func() bool { return false })
	if l.err == nil && !l.ahead {
		l.ahead = true
		p.readAhead(l.pkg)
	}
	return l.pkg, l.err
}

// A loading is a package that is read once, by whoever comes first.
type loading struct {
	program *program
	path    string
	module  *localModule

	mu    sync.Mutex // guards what follows
	done  bool
	pkg   *sourcePackage
	err   error
	ahead bool // what it imports is being read as well
}

func (p *program) loadingOf(path string, module *localModule) *loading {
	l := p.packages[path]
	if l == nil {
		l = &loading{program: p, path: path, module: module}
		p.packages[path] = l
	}
	return l
}

// read reads the package, unless stopped says not to go on.
func (l *loading) read(stopped func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done || stopped() {
		return
	}
	pkg, err := l.program.read(l.path, l.module, stopped)
	if !errors.Is(err, errStopped) {
		l.pkg, l.err, l.done = pkg, err, true
	}
}

var errStopped = errors.New("nobody needs it any more")

// readAhead begins to read what a reached package imports, while other cores have
// nothing to do: most of it will be reached as well. What is wrong with a package
// matters only then.
func (p *program) readAhead(pkg *sourcePackage) {
	var imports []*loading
	for _, f := range pkg.files {
		for _, imported := range f.imports {
			if from, module, _ := p.locate(imported); from == own {
				imports = append(imports, p.loadingOf(imported.path, module))
			}
		}
	}
	if len(imports) == 0 {
		return
	}
	p.ahead.readers.Go(func() {
		p.ahead.turn.Lock() // one at a time, so that what is needed has a core
		defer p.ahead.turn.Unlock()
		for _, l := range imports {
			l.read(p.ahead.stopped.Load)
		}
	})
}

// readingAhead is what goes on while a function is identified.
type readingAhead struct {
	readers sync.WaitGroup
	turn    sync.Mutex
	stopped atomic.Bool
}

// stop waits until nothing is read any more. What was begun is read again if it
// is needed.
func (r *readingAhead) stop() {
	r.stopped.Store(true)
	r.readers.Wait()
	r.stopped.Store(false)
}

func (p *program) read(path string, module *localModule, stopped func() bool) (*sourcePackage, error) {
	if module != nil && module.problem != nil {
		return nil, module.problem
	}
	pkg, files := p.placeOf(path, module)
	if err := pkg.read(&p.build, files, stopped); err != nil {
		return nil, fmt.Errorf("read package %s: %w", path, err)
	}
	if module != nil {
		if err := p.checkFile(filepath.Join(module.dir, "go.mod"), module.changed); err != nil {
			return nil, err
		}
	}
	for _, f := range pkg.files {
		if err := p.checkFile(f.path, f.changed); err != nil {
			return nil, err
		}
	}
	return pkg, nil
}

// placeOf returns a package that is still to be read, and which files make it up.
func (p *program) placeOf(path string, module *localModule) (*sourcePackage, variant) {
	pkg := &sourcePackage{path: path, module: module}
	external := p.tested != "" && path == p.tested+"_test"
	switch {
	case path == "main" || module == nil:
		pkg.dir = p.mainDir
	case external:
		pkg.dir = filepath.Join(module.dir, filepath.FromSlash(strings.TrimPrefix(p.tested, module.path)))
	default:
		pkg.dir = filepath.Join(module.dir, filepath.FromSlash(strings.TrimPrefix(path, module.path)))
	}
	return pkg, variant{
		tests: p.tested != "" && (path == p.tested || external), external: external,
		all: path == "main" && p.mainPath == "main",
	}
}

// A listedFile is a file as it was when it was read.
type listedFile struct {
	name  string
	state fileState
}

// A variant says which files of a folder make up a package.
type variant struct {
	tests    bool // with its _test.go files
	external bool // only those of package x_test
	all      bool // built from files by name: whatever their constraints say
}

// list returns the names of the Go files in the folder that may be of the
// package, and the paths of the foreign ones.
func (pkg *sourcePackage) list(build *buildContext, v variant) (candidates, foreign []string, err error) {
	names, err := folder(pkg.dir)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		switch {
		case name[0] == '.' || name[0] == '_':
		case strings.HasSuffix(name, ".go"):
			isTest := strings.HasSuffix(name, "_test.go")
			if (v.all || build.matchesName(name)) && (v.tests || !isTest) && (isTest || !v.external) {
				candidates = append(candidates, name)
			}
		case slices.Contains(foreignEndings, filepath.Ext(name)):
			foreign = append(foreign, filepath.Join(pkg.dir, name))
		}
	}
	return candidates, foreign, nil
}

// read parses the files of the package.
func (pkg *sourcePackage) read(build *buildContext, v variant, stopped func() bool) error {
	pkg.folder = statedNow(pkg.dir)
	candidates, foreign, err := pkg.list(build, v)
	if err != nil {
		return err
	}
	pkg.foreign = foreign
	files := make([]*sourceFile, len(candidates))
	pkg.listed = make([]listedFile, len(candidates))
	errs := make([]error, len(candidates))
	inParallel(len(candidates), func(i int) {
		pkg.listed[i].name = candidates[i]
		if stopped() {
			errs[i] = errStopped
			return
		}
		files[i], pkg.listed[i].state, errs[i] = readFile(filepath.Join(pkg.dir, candidates[i]), build, v.all)
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, f := range files {
		if f == nil || strings.HasSuffix(f.path, "_test.go") && strings.HasSuffix(f.syntax.Name.Name, "_test") != v.external {
			continue
		}
		f.pkg = pkg
		pkg.name = f.syntax.Name.Name
		pkg.files = append(pkg.files, f)
	}
	if len(pkg.files) == 0 {
		return untrusted("no Go files of this package are left in " + pkg.dir + "; build the program again")
	}
	pkg.sharePreambles()
	pkg.index()
	return nil
}

// foreignEndings are those of files that the go command compiles besides Go.
var foreignEndings = []string{
	".s", ".S", ".sx", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso",
}
