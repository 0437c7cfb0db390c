package codeid

import (
	"cmp"
	"go/token"
	"slices"
	"strings"

	"labbook/diffargs"
)

// A reach is the closure of one function while it is being found.
type reach struct {
	program *program
	via     map[*declaration]*declaration
	order   []*declaration
	visited int // how many of order have been followed

	packages map[*sourcePackage]*declaration // reached, and by what
	direct   map[string]bool                 // other modules that are imported, by path
	selected map[string]bool                 // names that reached code selects
	waiting  map[string][]*declaration       // unexported methods that nothing has selected yet
	late     bool                            // one of them was reached after others that are further away
}

func newReach(p *program) *reach {
	return &reach{
		program: p,
		via:     map[*declaration]*declaration{}, packages: map[*sourcePackage]*declaration{}, direct: map[string]bool{},
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
	}
}

// follow goes on until nothing new is reached. What is nearer to the function is
// followed first, so that each declaration is reached by one of the shortest
// chains.
func (r *reach) follow() error {
	roots := slices.Clone(r.order)
	for ; r.visited < len(r.order); r.visited++ {
		if err := r.visit(r.order[r.visited]); err != nil {
			return err
		}
	}
	if !r.late {
		return nil
	}
	// Once it is known which methods are selected, they come with their types.
	again := newReach(r.program)
	again.direct, again.selected = r.direct, r.selected
	for _, d := range roots {
		again.add(r.via[d], d)
	}
	*r = *again
	return r.follow()
}

func (r *reach) visit(d *declaration) error {
	if err := r.touch(d, d.file.pkg); err != nil {
		return err
	}
	l, err := r.program.linksOf(d)
	if err != nil {
		return err
	}
	r.link(d, l)
	for _, name := range l.members {
		r.selectMember(name)
	}
	if d.keyword == token.TYPE {
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
		r.late = true
		r.add(m.receiver, m)
	}
	delete(r.waiting, name)
}

// touch brings what comes with a package as a whole.
func (r *reach) touch(d *declaration, pkg *sourcePackage) error {
	if _, known := r.packages[pkg]; known {
		return nil
	}
	r.packages[pkg] = d
	brought, err := r.program.linksOfPackage(pkg)
	if err != nil {
		return err
	}
	r.link(d, &brought.links)
	for _, effects := range brought.packages {
		if err := r.touch(d, effects); err != nil {
			return err
		}
	}
	return nil
}

// link follows links from d.
func (r *reach) link(d *declaration, l *links) {
	r.add(d, l.decls...)
	for _, path := range l.modules {
		r.direct[path] = true
	}
}

// A reachedSource is one entry of what the digest of the code covers, and how
// it reads.
type reachedSource struct {
	Source

	content diffargs.Digest
}

// sources lists everything that was reached, sorted by name.
func (r *reach) sources() []reachedSource {
	sources := make([]reachedSource, 0, len(r.order))
	for _, d := range r.order {
		source := d.links.source
		source.Via = nameOf(r.via[d])
		sources = append(sources, reachedSource{Source: source, content: d.links.content})
	}
	for pkg, via := range r.packages {
		for _, f := range pkg.links.foreign {
			source := f.source
			source.Via = nameOf(via)
			sources = append(sources, reachedSource{Source: source, content: f.content})
		}
	}
	sources = append(sources, r.orders()...)
	if settings := r.program.godebug; settings != "" {
		sources = append(sources, reachedSource{
			Source: Source{Name: "GODEBUG", Via: nameOf(r.first()), Text: settings}, content: diffargs.Sum([]byte(settings)),
		})
	}
	slices.SortFunc(sources, func(a, b reachedSource) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return cmp.Or(slices.Compare(a.content[:], b.content[:]), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return sources
}

func nameOf(d *declaration) string {
	if d == nil {
		return ""
	}
	return d.name
}
