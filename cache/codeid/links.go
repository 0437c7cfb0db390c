package codeid

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"labbook/diffargs"
)

// links are what a declaration refers to, resolved. They depend on nothing but
// the program, so that one resolution serves all functions that reach it.
type links struct {
	decls   []*declaration
	modules []string // other modules, by path
	members []string // names that the text selects

	loaded  []*sourcePackage // what was looked into
	trees   []tree           // embedded files
	content diffargs.Digest
	source  Source // without Via
}

// A resolver finds the links of one declaration.
type resolver struct {
	program *program
	d       *declaration
	links   links
	// What the text alone does not say.
	imports, extras []string
	besides         strings.Builder // the same of a variable, for people

	only [1]*fileImport // what candidates returns, as a rule
}

// linksOf resolves what a declaration refers to.
func (p *program) linksOf(d *declaration) (*links, error) {
	if d.links == nil && d.problem == nil {
		r := resolver{program: p, d: d}
		if d.problem = r.resolve(); d.problem == nil {
			r.links.content = diffargs.Sum(d.content(r.imports, r.extras))
			r.links.source = Source{Name: d.name, File: d.file.path, Line: d.line(), Text: d.text() + r.besides.String()}
			d.links = &r.links
		}
	}
	return d.links, d.problem
}

func (r *resolver) resolve() error {
	found, err := usesOf(r.d)
	if err != nil {
		return err
	}
	r.links.members = found.members
	r.links.decls = make([]*declaration, 0, len(found.names)+len(found.selected))
	if found.needsEnclosing {
		r.add(r.d.enclosing)
	}
	for _, use := range found.names {
		if err := r.name(use); err != nil {
			return err
		}
	}
	for _, s := range found.selected {
		if err := r.selection(s); err != nil {
			return err
		}
	}
	if err := r.directives(); err != nil {
		return err
	}
	if r.d.keyword == token.VAR {
		r.add(r.d.file.pkg.inits...)
		effects, err := r.program.initialEffectsOf(r.d.file.pkg)
		if err != nil {
			return err
		}
		r.add(effects.touching[r.d]...)
		return r.variable()
	}
	return nil
}

func (r *resolver) add(decls ...*declaration) { r.links.decls = append(r.links.decls, decls...) }

// name reaches what a plain name stands for.
func (r *resolver) name(use nameUse) error {
	pkg := r.d.file.pkg
	if decls := pkg.declared[use.name]; decls != nil {
		r.add(decls...)
		return nil
	}
	if predeclared[use.name] {
		return nil
	}
	elsewhere := use.perhaps
	for _, imported := range r.d.file.imports {
		if imported.name != "." {
			continue
		}
		pkg, err := r.imported(imported, use.name)
		switch {
		case err != nil:
			return err
		case pkg == nil:
			elsewhere = true
		case pkg.declared[use.name] != nil:
			return nil
		}
	}
	if elsewhere {
		return nil
	}
	return missing(r.d, use.name)
}

// selection reaches what a selection stands for: a member of an imported
// package, or of a declaration.
func (r *resolver) selection(s selection) error {
	if r.d.file.pkg.declared[s.base] != nil || predeclared[s.base] {
		return r.name(nameUse{name: s.base})
	}
	for _, imported := range r.d.file.imports {
		if imported.name == s.base {
			return r.member(imported, s)
		}
	}
	// Where an import gives no name, the files of the package do. Those of
	// other modules are not read; there the path has to do.
	for _, likely := range []bool{true, false} {
		candidates, err := r.candidates(r.d.file, s.base, likely)
		if err != nil {
			return err
		}
		for _, imported := range candidates {
			if err := r.member(imported, s); err != nil {
				return err
			}
		}
		if len(candidates) > 0 {
			return nil
		}
	}
	return r.name(nameUse{name: s.base})
}

// candidates returns the imports that may be the package of a name: one of the
// program's own that is called so, or else those of which it is not known.
// Only likely ones, by their paths, are considered, or only the others.
func (r *resolver) candidates(f *sourceFile, base string, likely bool) ([]*fileImport, error) {
	var candidates []*fileImport
	for _, imported := range f.imports {
		if imported.name != "" || slices.Contains(imported.usual, base) != likely {
			continue
		}
		from, module, _ := r.program.locate(imported)
		switch from {
		case own:
			pkg, err := r.load(imported.path, module)
			if err != nil {
				return nil, err
			}
			if pkg.name == base {
				r.only[0] = imported
				return r.only[:], nil
			}
		case standard, labbook:
			// Their paths do say how they are called.
			if likely {
				candidates = append(candidates, imported)
			}
		default:
			candidates = append(candidates, imported)
		}
	}
	return candidates, nil
}

func (r *resolver) member(imported *fileImport, s selection) error {
	pkg, err := r.imported(imported, s.name)
	if err == nil && pkg != nil && pkg.declared[s.name] == nil {
		err = missing(r.d, s.base+"."+s.name)
	}
	return err
}

// imported reaches what an imported package declares under a name. It returns
// the package if that is the program's own.
func (r *resolver) imported(imported *fileImport, name string) (*sourcePackage, error) {
	if imported.described == "" {
		imported.described = imported.name + "=" + imported.path + imported.text
	}
	if !slices.Contains(r.imports, imported.described) {
		r.imports = append(r.imports, imported.described)
	}
	pkg, err := r.importedPackage(r.d.file, imported)
	if pkg != nil && err == nil {
		r.add(pkg.declared[name]...)
	}
	return pkg, err
}

// importedPackage returns the package of that path if it is the program's own,
// and else notes which module it is from.
func (r *resolver) importedPackage(f *sourceFile, imported *fileImport) (*sourcePackage, error) {
	from, module, dep := r.program.locate(imported)
	switch from {
	case own:
		return r.load(imported.path, module)
	case other:
		if !slices.Contains(r.links.modules, dep.Path) {
			r.links.modules = append(r.links.modules, dep.Path)
		}
	case unknown:
		return nil, untrusted(fmt.Sprintf("%s imports %s, which is in no module that the program was built from, so this is not the source that was built; build the program again", f.path, imported.path))
	}
	return nil, nil
}

func (r *resolver) load(path string, module *localModule) (*sourcePackage, error) {
	pkg, err := r.program.load(path, module)
	if n := len(r.links.loaded); err == nil && (n == 0 || r.links.loaded[n-1] != pkg) {
		r.links.loaded = append(r.links.loaded, pkg)
	}
	return pkg, err
}

// variable notes what else decides the value that a variable starts with.
func (r *resolver) variable() error {
	for _, pattern := range r.d.embeds {
		t := tree{dir: r.d.file.pkg.dir, pattern: pattern}
		files, err := r.program.readTree(&t)
		if err != nil {
			return err
		}
		r.links.trees = append(r.links.trees, t)
		r.extras = append(r.extras, pattern)
		r.extras = append(r.extras, files...)
		for _, file := range files {
			at := strings.LastIndexByte(file, '=')
			fmt.Fprintf(&r.besides, "\nembedded %q %.12s", file[:at], file[at+1:])
		}
	}
	spec, ok := r.d.node.(*ast.ValueSpec)
	if r.program.linked == "" || !ok {
		return nil
	}
	path := r.d.file.pkg.path
	if path == r.program.mainPath {
		path = "main"
	}
	for _, name := range spec.Names {
		// As in -X main.version=1.2, which replaces what the source says.
		if strings.Contains(r.program.linked, path+"."+name.Name+"=") {
			r.extras = append(r.extras, "-ldflags "+r.program.linked)
			fmt.Fprintf(&r.besides, "\n-ldflags %q", r.program.linked)
		}
	}
	return nil
}

// directives follows //go:linkname lines to the program's own packages. A
// function without a body must be found there, or in assembly.
func (r *resolver) directives() error {
	elsewhere := false
	for _, line := range r.d.linknames {
		words := strings.Fields(line)
		if len(words) < 3 {
			continue
		}
		elsewhere = true
		path, _ := cutSymbol(words[2])
		path = r.program.importPath(path)
		if from, module, _ := r.program.modules.locate(path); from == own {
			pkg, err := r.load(path, module)
			if err != nil {
				return err
			}
			decls := pkg.symbol(words[2])
			if len(decls) == 0 {
				return missing(r.d, words[2])
			}
			r.add(decls...)
		}
	}
	if decl, ok := r.d.node.(*ast.FuncDecl); ok && decl.Body == nil && !elsewhere {
		return r.inAssembly(decl.Name.Name)
	}
	return nil
}

// symbol returns the declarations behind a symbol of the package.
func (pkg *sourcePackage) symbol(symbol string) []*declaration {
	name := (&function{symbol: symbol}).declared()
	if name.receiver == "" {
		return pkg.declared[name.name]
	}
	var decls []*declaration
	for _, d := range pkg.methods[name.receiver] {
		if d.method == name.name {
			decls = append(decls, d)
		}
	}
	if len(decls) == 0 {
		return nil
	}
	return append(decls, pkg.declared[name.receiver]...)
}

// inAssembly reports whether a file of the package may hold the body of a
// function: another package could as well have pushed it here.
func (r *resolver) inAssembly(name string) error {
	brought, err := r.program.linksOfPackage(r.d.file.pkg)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(brought.foreign, func(file foreignFile) bool { return file.implements(name) }) {
		return nil
	}
	return untrusted(fmt.Sprintf("%s:%d: %s has no body, and no assembly file of the package names it, so where its code is cannot be told; give the function a Version, and change it with that code",
		r.d.file.path, r.d.line(), name))
}

// missing is a name that should have been declared: the source is not what was
// built.
func missing(d *declaration, name string) error {
	return untrusted(fmt.Sprintf("%s:%d: %s is not declared, so this is not the source that was built; build the program again", d.file.path, d.line(), name))
}
