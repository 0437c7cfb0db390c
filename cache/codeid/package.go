package codeid

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A sourcePackage is a package of a local module as it stands on disk.
type sourcePackage struct {
	path   string
	name   string
	dir    string
	module *localModule // nil for a program built from files outside of any module
	files  []*sourceFile
	// foreign are the assembly and C files.
	foreign []string

	declared map[string][]*declaration // by name; several if build variants are not told apart
	methods  map[string][]*declaration // by the name of the receiver's type
	inits    []*declaration            // init functions and blank variables, in order
}

// A sourceFile is one Go file of a package.
type sourceFile struct {
	pkg        *sourcePackage
	path       string
	src        []byte
	syntax     *ast.File
	positions  *token.File
	changed    time.Time
	constraint string // its //go:build line
	imports    []*fileImport
	linknames  map[string][]string // the //go:linkname directives by local name
}

// A fileImport is one import of a file.
type fileImport struct {
	name string // "" if the import does not say
	path string
	text string // for import "C" the preamble
}

// Bounds on what is taken for source, so that a folder full of something else
// cannot use up the memory.
const (
	maxSourceFile  = 32 << 20
	maxSourceFiles = 20_000
)

// load returns the package of a local module with the given import path. It is
// read once; so is what makes it unusable.
func (p *program) load(path string, module *localModule) (*sourcePackage, error) {
	loaded, known := p.packages[path]
	if !known {
		loaded.pkg, loaded.err = p.read(path, module)
		p.packages[path] = loaded
	}
	return loaded.pkg, loaded.err
}

// A loadedPackage is what reading a package came to.
type loadedPackage struct {
	pkg *sourcePackage
	err error
}

func (p *program) read(path string, module *localModule) (*sourcePackage, error) {
	if module != nil && module.problem != nil {
		return nil, module.problem
	}
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
	files := variant{
		tests: p.tested != "" && (path == p.tested || external), external: external,
		all: path == "main" && p.mainPath == "main",
	}
	if err := pkg.read(&p.build, files); err != nil {
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

// A variant says which files of a folder make up a package.
type variant struct {
	tests    bool // with its _test.go files
	external bool // only those of package x_test
	all      bool // built from files by name: whatever their constraints say
}

// read parses the files of the package.
func (pkg *sourcePackage) read(build *buildContext, v variant) error {
	names, err := folder(pkg.dir)
	if err != nil {
		return err
	}
	var candidates []string
	for _, name := range names {
		switch {
		case name[0] == '.' || name[0] == '_':
		case strings.HasSuffix(name, ".go"):
			isTest := strings.HasSuffix(name, "_test.go")
			if (v.all || build.matchesName(name)) && (v.tests || !isTest) && (isTest || !v.external) {
				candidates = append(candidates, name)
			}
		case slices.Contains(foreignEndings, filepath.Ext(name)):
			pkg.foreign = append(pkg.foreign, filepath.Join(pkg.dir, name))
		}
	}
	files := make([]*sourceFile, len(candidates))
	errs := make([]error, len(candidates))
	inParallel(len(candidates), func(i int) {
		files[i], errs[i] = readFile(filepath.Join(pkg.dir, candidates[i]), build, v.all)
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
		return untrusted("no Go files in " + pkg.dir)
	}
	pkg.index()
	return nil
}

// foreignEndings are those of files that the go command compiles besides Go.
var foreignEndings = []string{
	".s", ".S", ".sx", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso",
}

// readFile parses a Go file; nil if its constraints do not admit it.
func readFile(path string, build *buildContext, regardless bool) (*sourceFile, error) {
	src, changed, err := readBounded(path, maxSourceFile)
	if err != nil {
		return nil, err
	}
	line, matches := build.matchesHeader(src)
	if !matches && !regardless {
		return nil, nil
	}
	positions := token.NewFileSet()
	syntax, err := parser.ParseFile(positions, path, src, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, untrusted(err.Error())
	}
	f := &sourceFile{
		path: path, src: src, syntax: syntax, positions: positions.File(syntax.FileStart), changed: changed, constraint: line,
	}
	f.imports, err = importsOf(syntax)
	if err != nil {
		return nil, untrusted(path + ": " + err.Error())
	}
	f.linknames = linknamesOf(src)
	return f, nil
}

// inParallel calls f for 0 to n-1 on all processors.
func inParallel(n int, f func(i int)) {
	var work sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		work.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	work.Wait()
}

// folder lists the names of the files in dir, sorted.
func folder(dir string) ([]string, error) {
	if dir == "" {
		return nil, untrusted("where the source is, is not known")
	}
	open, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	entries, err := open.ReadDir(maxSourceFiles)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) == maxSourceFiles {
		return nil, untrusted(dir + " holds too many files")
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// readBounded reads a regular file of at most limit bytes, and when it was
// changed.
func readBounded(path string, limit int64) ([]byte, time.Time, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	switch {
	case !info.Mode().IsRegular():
		// A pipe, say, could block for ever.
		return nil, time.Time{}, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	case info.Size() > limit:
		return nil, time.Time{}, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d bytes", limit)}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer file.Close()
	data := make([]byte, 0, info.Size()+1)
	data, err = appendAll(data, io.LimitReader(file, limit+1))
	if err != nil {
		return nil, time.Time{}, err
	}
	// Looked at again, since it can have been written to meanwhile.
	if info, err = file.Stat(); err != nil {
		return nil, time.Time{}, err
	}
	return data, changedAt(info), nil
}

// appendAll is io.ReadAll into a slice that has about the right capacity.
func appendAll(data []byte, r io.Reader) ([]byte, error) {
	for {
		if len(data) == cap(data) {
			data = slices.Grow(data, 1)
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// languageOf returns what decides the version of the language in a file.
func (f *sourceFile) languageOf() string {
	if f.pkg.module == nil {
		return ""
	}
	if strings.Contains(f.constraint, "go1.") {
		return f.pkg.module.language + " " + f.constraint
	}
	return f.pkg.module.language
}
