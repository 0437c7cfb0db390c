package codeid

import (
	"fmt"
	"os"
	"path/filepath"

	"labbook/diffargs"
)

// fromSource fills in what the source says of f, or returns why it cannot. What
// it finds is noted, unless notes is nil.
func (p *program) fromSource(id *Identity, f *function, notes Notes) error {
	if p.problem != "" {
		return untrusted(p.problem)
	}
	if f.isGeneric() {
		return untrusted("the type arguments of this instance cannot be read from the executable, which has lost its table of functions; wrap a function without type parameters that calls it")
	}
	r := newReach(p)
	root, found := "func", ""
	symbolPath, _ := cutSymbol(f.symbol)
	path := p.importPath(symbolPath)
	// The function itself is followed wherever it is: labbook's own included.
	local, dep := p.modules.owner(path)
	switch {
	case local != nil || path == "main":
		pkg, err := p.load(path, local)
		if err != nil {
			return err
		}
		decls, err := pkg.find(f)
		if err != nil {
			return err
		}
		found = decls[0].file.path
		if err := f.builtFrom(found); err != nil {
			return err
		}
		r.add(nil, decls...)
		if !f.declared().literal {
			root = id.Name
			id.File, id.Line = decls[0].file.path, decls[0].line()
		}
		if receiver := f.declared().receiver; receiver != "" {
			r.selectMember(f.declared().name)
			r.add(decls[0], pkg.declared[receiver]...)
		}
	case dep != nil:
		r.direct[dep.Path] = true
		root = id.Name
	default:
		if from, _, _ := p.modules.locate(path); from != standard {
			return untrusted("package " + path + " is in no module that the program was built from")
		}
		root = id.Name
	}
	if err := r.typeArguments(f); err != nil {
		return err
	}
	if err := r.follow(); err != nil {
		return err
	}
	modules, from, err := p.linkedModules(r.direct)
	if err != nil {
		return err
	}
	id.Kind = FromSource
	sources := r.sources()
	id.Code = diffargs.Sum(codeMessage(root, sources))
	id.Sources = functionFirst(sources, nameOf(r.first()))
	id.Modules = modules
	if notes != nil {
		p.keep(id, f, r, &from, found, notes)
	}
	return nil
}

// builtFrom reports whether the file in which the function was found is the one
// that it was built from, and not one of the same name in another folder.
func (f *function) builtFrom(path string) error {
	from := filepath.FromSlash(f.file)
	if from == path || path == "" || !filepath.IsAbs(from) {
		return nil
	}
	one, err := os.Stat(from)
	if err != nil {
		return untrusted(f.symbol + " was built from a file that is not there any more: " + err.Error() + "; build the program again")
	}
	other, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(one, other) {
		return untrusted(fmt.Sprintf("%s was built from %s, but its package is found in %s, which may differ; build the program in the one folder", f.symbol, from, filepath.Dir(path)))
	}
	return nil
}

// fromBuild lets the build stand in for the source, for the given reason.
func (p *program) fromBuild(id *Identity, f *function, reason error) {
	id.Kind, id.Reason = FromBuild, reason.Error()
	build, err := buildID()
	if err != nil {
		// Nothing ties this process to another one: nothing may be shared.
		build = "process " + processID()
		id.Reason += "; nor can the executable be identified: " + err.Error()
	}
	id.Code = diffargs.Sum(buildMessage(build, id.Name, offsetOf(f.entry)))
	id.Sources, id.Modules = nil, nil
}

// functionFirst moves the function to the front.
func functionFirst(sorted []reachedSource, name string) []Source {
	sources := make([]Source, 0, len(sorted))
	for i := range sorted {
		if sorted[i].Via == "" && sorted[i].Name == name {
			sources = append(sources, sorted[i].Source)
		}
	}
	for i := range sorted {
		if sorted[i].Via != "" || sorted[i].Name != name {
			sources = append(sources, sorted[i].Source)
		}
	}
	return sources
}
