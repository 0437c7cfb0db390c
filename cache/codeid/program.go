package codeid

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	_ "unsafe" // for the linkname below

	"labbook/diffargs"
)

// A program is the executable that a function runs in, and the source that it
// was built from. Its packages are read when they are first reached.
type program struct {
	mainPath  string // import path of the main package, "main" if it has none
	mainDir   string // its folder; "" if not known or in a test
	moduleDir string // the main module's folder; "" if not known
	tested    string // import path of the package that a test binary tests
	modules   moduleSet
	build     buildContext
	linked    string // the -ldflags that it was built with
	godebug   string // the settings that its main module makes for the standard library
	built     time.Time
	later     time.Duration // added to the clock where it tells whether files are settled
	problem   string        // why its source cannot be trusted, whatever the function

	mu       sync.Mutex // guards what follows; held while a function is identified
	packages map[string]*loading

	shelves *shelves

	context func() diffargs.Digest // what identities depend on besides files

	ahead readingAhead
}

// ModuleDir returns the folder where the main module lay when the program was
// built, or "" if that is not known or not there any more.
func ModuleDir() string { return runningModuleDir() }

var runningModuleDir = sync.OnceValue(func() string {
	info, _ := debug.ReadBuildInfo()
	return findModuleDir(runningMainFile(), info)
})

// programMain is the main function of the program. It is never called from
// here: its position tells where the program's source is.
//
//go:linkname programMain main.main
func programMain()

func runningMainFile() string {
	return newFunction(reflect.ValueOf(programMain).Pointer()).file
}

// testMainFile is where the main function of a test binary is: a file that the
// go command writes to a temporary folder.
const testMainFile = "_testmain.go"

// findModuleDir looks for the main module's go.mod upward from the main
// package, or, in a test, from the working directory, which go test sets to
// the folder of the package.
func findModuleDir(mainFile string, info *debug.BuildInfo) string {
	var from string
	switch {
	case filepath.Base(mainFile) == testMainFile:
		from, _ = os.Getwd()
	case filepath.IsAbs(mainFile):
		from = filepath.Dir(mainFile)
	}
	if from == "" {
		return ""
	}
	dir, mod := nearestModule(from)
	if mod == nil || info != nil && info.Main.Path != "" && info.Main.Path != mod.path {
		return ""
	}
	return dir
}

var runningProgram = sync.OnceValue(func() *program {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	p := newProgram(info, runningMainFile(), runningModuleDir(), hostContext(info))
	var err error
	if p.built, err = builtAt(); err != nil && p.problem == "" {
		p.problem = "whether the source is newer than the executable cannot be told: " + err.Error()
	}
	return p
})

// newProgram describes a program with the given build information, whose main
// function is in mainFile.
func newProgram(info *debug.BuildInfo, mainFile, moduleDir string, build buildContext) *program {
	p := &program{
		mainPath: info.Path, moduleDir: moduleDir, modules: newModuleSet(info, moduleDir, build.gowork), build: build,
		packages: map[string]*loading{}, shelves: newShelves(),
	}
	p.context = sync.OnceValue(p.contextDigest)
	switch {
	case filepath.Base(mainFile) == testMainFile:
		p.tested = strings.TrimSuffix(info.Path, ".test")
		p.mainPath = ""
	case info.Path == "" || info.Path == fromFiles:
		p.mainPath = "main"
		fallthrough
	default:
		if filepath.IsAbs(mainFile) {
			p.mainDir = filepath.Dir(mainFile)
		}
	}
	if info.Main.Path == "" && info.Path != fromFiles {
		// Without modules an import path does not tell whose package it is.
		p.problem = "the program was not built from a module, so import paths do not tell where its source is; make a go.mod file (go mod init) and build it again"
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "-ldflags":
			p.linked = setting.Value
		case "DefaultGODEBUG":
			p.godebug = setting.Value
		case "-trimpath":
			if setting.Value == "true" {
				p.problem = "the program was built with -trimpath, which leaves out where its source is; build it without that"
			}
		}
	}
	return p
}

// fromFiles is the import path of a program that was built from files.
const fromFiles = "command-line-arguments"

// importPath returns the import path behind the path in a symbol.
func (p *program) importPath(path string) string {
	if path == "main" && p.mainPath != "" {
		return p.mainPath
	}
	return path
}

// identify finds the identity of f, as notes have it or from source. It never
// fails: without trusted source the build stands in. Notes may be nil.
func (p *program) identify(f *function, notes Notes) *Identity {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.ahead.stop()
	id := &Identity{Name: p.nameOf(f), Toolchain: runtime.Version(), Line: f.line}
	if f.file != autogenerated {
		id.File = filepath.FromSlash(f.file)
	} else {
		id.Line = 0
	}
	if notes != nil && p.recall(id, f, notes) {
		return id
	}
	if err := p.fromSource(id, f, notes); err != nil {
		p.fromBuild(id, f, err)
	}
	return id
}

// nameOf returns the symbol of f with import paths in place of "main".
func (p *program) nameOf(f *function) string {
	path, rest := cutSymbol(f.symbol)
	name := rest
	if path != "" {
		name = p.importPath(path) + "." + rest
	}
	head, args, found := strings.Cut(name, "[")
	if !found || p.mainPath == "" || p.mainPath == "main" {
		return name
	}
	var b strings.Builder
	b.WriteString(head + "[")
	boundary := true
	for args != "" {
		if boundary && strings.HasPrefix(args, "main.") {
			b.WriteString(p.mainPath)
			args = strings.TrimPrefix(args, "main")
		}
		boundary = strings.IndexByte("[]{}(),;* ", args[0]) >= 0
		b.WriteByte(args[0])
		args = args[1:]
	}
	return b.String()
}

// untrustedError is why source cannot stand for the running code.
type untrustedError struct{ reason string }

func (e *untrustedError) Error() string { return e.reason }

func untrusted(reason string) error { return &untrustedError{reason: reason} }

// checkFile reports whether a file is as it was when the program was built.
func (p *program) checkFile(path string, changed time.Time) error {
	if changed.Before(p.built) {
		return nil
	}
	const format = "2006-01-02 15:04:05.000"
	relation := "is newer than"
	if changed.Equal(p.built) { // it was written in the same tick of the clock, perhaps later
		relation = "is no older than"
	}
	return untrusted(fmt.Sprintf("%s %s the executable (it was changed at %s, the executable was built at %s); build the program again",
		path, relation, changed.Format(format), p.built.Format(format)))
}
