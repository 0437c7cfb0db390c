package codeid

import (
	"fmt"
	"go/token"
	"slices"
	"strings"
	"unicode/utf8"

	"labbook/diffargs"
)

// A reach is the closure of a function while it is being found.
type reach struct {
	program *program
	queue   []*declaration
	via     map[*declaration]*declaration
	order   []*declaration
	// imports and extras are what the texts alone do not say.
	imports map[*declaration][]string
	extras  map[*declaration][]string

	packages map[*sourcePackage]*declaration // reached, and by what
	direct   map[string]bool                 // other modules that are imported, by path
	selected map[string]bool                 // names that reached code selects
	waiting  map[string][]*declaration       // unexported methods that nothing has selected yet

	foreign []foreignFile
}

// A foreignFile is an assembly or C file of a reached package.
type foreignFile struct {
	name, path string
	text       string // "" if it is not text
	content    diffargs.Digest
	via        *declaration
}

func newReach(p *program) *reach {
	return &reach{
		program: p,
		via:     map[*declaration]*declaration{}, imports: map[*declaration][]string{}, extras: map[*declaration][]string{},
		packages: map[*sourcePackage]*declaration{}, direct: map[string]bool{},
		selected: map[string]bool{}, waiting: map[string][]*declaration{},
	}
}

// add reaches declarations from another one, nil for the function itself.
func (r *reach) add(via *declaration, decls ...*declaration) {
	for _, d := range decls {
		if _, known := r.via[d]; known {
			continue
		}
		r.via[d] = via
		r.order = append(r.order, d)
		r.queue = append(r.queue, d)
	}
}

// follow goes on until nothing new is reached.
func (r *reach) follow() error {
	for len(r.queue) > 0 {
		d := r.queue[0]
		r.queue = r.queue[1:]
		if err := r.visit(d); err != nil {
			return err
		}
	}
	return nil
}

func (r *reach) visit(d *declaration) error {
	if d.uses == nil {
		d.uses = usesOf(d)
	}
	pkg := d.file.pkg
	if err := r.touch(d, pkg); err != nil {
		return err
	}
	if d.uses.needsEnclosing {
		r.add(d, d.enclosing)
	}
	for _, name := range d.uses.members {
		r.selectMember(name)
	}
	for _, use := range d.uses.names {
		if err := r.name(d, use); err != nil {
			return err
		}
	}
	for _, s := range d.uses.selected {
		if err := r.selection(d, s); err != nil {
			return err
		}
	}
	if err := r.directives(d); err != nil {
		return err
	}
	switch d.keyword {
	case token.VAR:
		r.add(d, pkg.inits...)
		return r.variable(d)
	case token.TYPE:
		r.methods(d)
	}
	return nil
}

// methods brings the methods of a type.
func (r *reach) methods(d *declaration) {
	for _, m := range d.file.pkg.methods[d.typeName] {
		m.receiver = d
		if token.IsExported(m.method) || r.selected[m.method] {
			r.add(d, m)
		} else {
			r.waiting[m.method] = append(r.waiting[m.method], m)
		}
	}
}

// selectMember brings the unexported methods of this name that reached types
// have.
func (r *reach) selectMember(name string) {
	if r.selected[name] {
		return
	}
	r.selected[name] = true
	for _, m := range r.waiting[name] {
		r.add(m.receiver, m)
	}
	delete(r.waiting, name)
}

// name reaches what a plain name stands for.
func (r *reach) name(d *declaration, use nameUse) error {
	pkg := d.file.pkg
	if decls := pkg.declared[use.name]; decls != nil {
		r.add(d, decls...)
		return nil
	}
	if predeclared[use.name] {
		return nil
	}
	dotted := false
	for _, imported := range d.file.imports {
		if imported.name != "." {
			continue
		}
		dotted = true
		found, err := r.imported(d, imported, use.name)
		if err != nil || found {
			return err
		}
	}
	if use.perhaps || dotted {
		return nil
	}
	return missing(d, use.name)
}

// missing is a name that should have been declared: the source is not what was
// built.
func missing(d *declaration, name string) error {
	return untrusted(fmt.Sprintf("%s:%d: %s is not declared, so this is not the source that was built", d.file.path, d.line(), name))
}

// selection reaches what a selection stands for: a member of an imported
// package, or of a declaration.
func (r *reach) selection(d *declaration, s selection) error {
	if d.file.pkg.declared[s.base] != nil || predeclared[s.base] {
		return r.name(d, nameUse{name: s.base})
	}
	for _, imported := range d.file.imports {
		if imported.name == s.base {
			return r.member(d, imported, s)
		}
	}
	// Where an import gives no name, the files of the package do. Those of
	// other modules are not read; there the path has to do.
	for _, likely := range []bool{true, false} {
		candidates, err := r.candidates(d.file, s.base, likely)
		if err != nil {
			return err
		}
		for _, imported := range candidates {
			if err := r.member(d, imported, s); err != nil {
				return err
			}
		}
		if len(candidates) > 0 {
			return nil
		}
	}
	return r.name(d, nameUse{name: s.base})
}

// candidates returns the imports that may be the package of a name: one of the
// program's own that is called so, or else those of which it is not known.
// Only likely ones, by their paths, are considered, or only the others.
func (r *reach) candidates(f *sourceFile, base string, likely bool) ([]*fileImport, error) {
	var candidates []*fileImport
	for _, imported := range f.imports {
		if imported.name != "" || mayBeCalled(imported.path, base) != likely {
			continue
		}
		from, module, _ := r.program.modules.locate(imported.path)
		switch from {
		case own:
			pkg, err := r.program.load(imported.path, module)
			if err != nil {
				return nil, err
			}
			if pkg.name == base {
				return []*fileImport{imported}, nil
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

func (r *reach) member(d *declaration, imported *fileImport, s selection) error {
	found, err := r.imported(d, imported, s.name)
	if err == nil && !found {
		err = missing(d, s.base+"."+s.name)
	}
	return err
}

// imported reaches a declaration of an imported package. Found is false only if
// the package is known not to have it.
func (r *reach) imported(d *declaration, imported *fileImport, name string) (found bool, err error) {
	r.imports[d] = append(r.imports[d], imported.name+"="+imported.path+imported.text)
	pkg, err := r.importedPackage(d, imported.path)
	if pkg == nil || err != nil {
		return true, err
	}
	decls := pkg.declared[name]
	r.add(d, decls...)
	return len(decls) > 0, nil
}

// importedPackage returns the package of that path if it is the program's own,
// and else notes which module it is from.
func (r *reach) importedPackage(d *declaration, path string) (*sourcePackage, error) {
	from, module, dep := r.program.modules.locate(path)
	switch from {
	case own:
		return r.program.load(path, module)
	case other:
		r.direct[dep.Path] = true
	case unknown:
		return nil, untrusted(fmt.Sprintf("%s imports %s, which is in no module that the program says it was built from", d.file.path, path))
	}
	return nil, nil
}

// touch brings what comes with a package as a whole: its files in other
// languages, and what it imports for its effects alone.
func (r *reach) touch(d *declaration, pkg *sourcePackage) error {
	if _, known := r.packages[pkg]; known {
		return nil
	}
	r.packages[pkg] = d
	for _, path := range pkg.foreign {
		data, changed, err := readBounded(path, maxSourceFile)
		if err != nil {
			return err
		}
		if err := r.program.checkFile(path, changed); err != nil {
			return err
		}
		file := foreignFile{name: pkg.path + "/" + path[strings.LastIndexAny(path, `/\`)+1:], path: path, content: diffargs.Sum(data), via: d}
		if utf8.Valid(data) {
			file.text = string(data)
		}
		r.foreign = append(r.foreign, file)
		r.add(d, pkg.namedInAssembly(file)...)
	}
	for _, f := range pkg.files {
		for _, imported := range f.imports {
			if imported.name != "_" {
				continue
			}
			effects, err := r.importedPackage(d, imported.path)
			if err != nil {
				return err
			}
			if effects != nil {
				r.add(d, effects.inits...)
				if err := r.touch(d, effects); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// namedInAssembly returns the declarations of the package that an assembly file
// names: "·name" there.
func (pkg *sourcePackage) namedInAssembly(file foreignFile) []*declaration {
	var decls []*declaration
	for _, word := range strings.Split(file.text, "·")[1:] {
		end := strings.IndexFunc(word, func(c rune) bool { return !isLetterOrDigit(c) })
		if end >= 0 {
			word = word[:end]
		}
		decls = append(decls, pkg.declared[word]...)
	}
	return decls
}

// variable notes what else decides the value that a variable starts with.
func (r *reach) variable(d *declaration) error {
	for _, pattern := range d.embeds {
		files, err := r.program.embedded(d.file.pkg.dir, pattern)
		if err != nil {
			return err
		}
		r.extras[d] = append(r.extras[d], pattern)
		r.extras[d] = append(r.extras[d], files...)
	}
	symbol := d.name
	if rest, found := strings.CutPrefix(symbol, r.program.mainPath+"."); found {
		symbol = "main." + rest
	}
	if strings.Contains(r.program.linked, symbol+"=") {
		r.extras[d] = append(r.extras[d], "-ldflags "+r.program.linked)
	}
	return nil
}

// directives follows //go:linkname lines to the program's own packages.
func (r *reach) directives(d *declaration) error {
	for _, line := range d.linknames {
		words := strings.Fields(line)
		if len(words) < 3 {
			continue
		}
		path, name := cutSymbol(words[2])
		path = r.program.importPath(path)
		if from, module, _ := r.program.modules.locate(path); from == own {
			pkg, err := r.program.load(path, module)
			if err != nil {
				return err
			}
			r.add(d, pkg.declared[name]...)
		}
	}
	return nil
}

// contents digests everything that was reached.
func (r *reach) contents() []reachedContent {
	contents := make([]reachedContent, 0, len(r.order)+len(r.foreign))
	for _, d := range r.order {
		contents = append(contents, reachedContent{name: d.name, content: d.content(r.imports[d], r.extras[d])})
	}
	for _, f := range r.foreign {
		contents = append(contents, reachedContent{name: f.name, content: f.content})
	}
	return contents
}

// sources lists everything that was reached: what the function is first, the
// rest by name.
func (r *reach) sources() []Source {
	sources := make([]Source, 0, len(r.order)+len(r.foreign))
	for _, d := range r.order {
		sources = append(sources, Source{Name: d.name, File: d.file.path, Line: d.line(), Text: d.text(), Via: nameOf(r.via[d])})
	}
	for _, f := range r.foreign {
		sources = append(sources, Source{Name: f.name, File: f.path, Line: 1, Text: f.text, Via: nameOf(f.via)})
	}
	if len(sources) > 0 {
		slices.SortStableFunc(sources[1:], func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	}
	return sources
}

func nameOf(d *declaration) string {
	if d == nil {
		return ""
	}
	return d.name
}
