package codeid

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"labbook/diffargs"
)

// Kind says what a function's code was identified by.
type Kind string

// The kinds of identity.
const (
	FromSource Kind = "source" // the function's source and what it reaches
	FromBuild  Kind = "build"  // the build ID of the executable
)

// Identity is the identity of a function's code. Callers share it and must not
// change it.
type Identity struct {
	Name string // with its import path
	File string // absolute unless the program was built with -trimpath; "" if not known
	Line int    // 0 if not known
	Kind Kind

	// Code is equal for two states of the code exactly if nothing relevant to
	// the function has changed in the program's own modules.
	Code      diffargs.Digest
	Modules   []Module // other modules that it reaches, sorted by path; none FromBuild
	Toolchain string   // version of Go

	Sources []Source // what is reached, the function first, then by name; none FromBuild
	Reason  string   // why Kind is FromBuild
}

// Module is a module that reached code imports, directly or through others.
type Module struct {
	Path    string
	Version string // with what replaces the module, if something does
}

// Source is one reached declaration, or something else that the code depends on:
// the order in which a package initialises its variables, and the program's
// GODEBUG settings.
type Source struct {
	Name string // with its import path
	File string // absolute; "" if it is no declaration
	Line int    // 0 if it is no declaration
	Text string // as it stands in the file, without its doc comment; below a variable, files embedded in it and linker's flags
	Via  string // name of the declaration that reached it first, "" for the function itself
}

// Of identifies fn, which must be a function that Check accepts; Of panics if
// it is no function at all. The first call for a function reads the source of
// the packages it reaches, which are kept for other functions; later calls for
// the same function are cheap. Of is safe for concurrent use.
func Of(fn any) *Identity { return Noted(fn, nil) }

// Noted is Of with a memory: where notes have the function, and all that its
// identity was found from is as it was, nothing is read but the notes, and no
// source is parsed. Otherwise what is found is noted.
func Noted(fn any, notes Notes) *Identity {
	f, err := functionOf(fn)
	if err != nil {
		panic(fmt.Sprintf("codeid: %v", err))
	}
	once, _ := identities.LoadOrStore(f.entry, sync.OnceValue(func() *Identity {
		return runningProgram().identify(f.withTypeArguments(notes), notes)
	}))
	return once.(func() *Identity)()
}

// identities holds a func() *Identity for each entry address.
var identities sync.Map

// Describe says in one line what the identity rests on.
func (id *Identity) Describe() string {
	if id.Kind == FromBuild {
		return "build: " + id.Reason
	}
	files := map[string]bool{}
	for _, s := range id.Sources {
		if s.File != "" {
			files[s.File] = true
		}
	}
	return fmt.Sprintf("source: %s in %s", count(len(id.Sources), "declaration"), count(len(files), "file"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Chain returns the names of the declarations that lead from the function to
// the named source, both included, or nil if that is not reached.
func (id *Identity) Chain(name string) []string {
	via := make(map[string]string, len(id.Sources))
	for _, s := range id.Sources {
		via[s.Name] = s.Via
	}
	if _, reached := via[name]; !reached {
		return nil
	}
	var chain []string
	for ; name != "" && len(chain) <= len(via); name = via[name] {
		chain = append(chain, name)
	}
	slices.Reverse(chain)
	return chain
}

// functionOf looks at a function value.
func functionOf(fn any) (*function, error) {
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func {
		return nil, &RefusedError{Name: fmt.Sprintf("%T", fn), Why: "it is no function", Advice: "give a function"}
	}
	if v.IsNil() {
		return nil, &RefusedError{Name: fmt.Sprintf("%T", fn), Why: "it is nil", Advice: "give a function"}
	}
	return newFunction(v.Pointer()), nil
}
