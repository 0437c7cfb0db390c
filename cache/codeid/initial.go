package codeid

import (
	"cmp"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"labbook/diffargs"
)

// Initialising one variable can change another one: var b = register("b") fills
// a table. And it can depend on the order in which that happens: both of
// var a, b = next(), next().

// initialEffects are what the initialisers of a package's variables can do,
// as far as syntax tells: names of other packages are not followed, for those
// cannot name this one's variables.
type initialEffects struct {
	// touching holds, for each variable, those others whose initialisers call
	// something from which it is named.
	touching map[*declaration][]*declaration
	// ordered are the variables of which it may matter which comes first, in the
	// order of the source.
	ordered []*declaration
}

func (p *program) initialEffectsOf(pkg *sourcePackage) (*initialEffects, error) {
	if pkg.effects != nil {
		return pkg.effects, nil
	}
	effects := &initialEffects{touching: map[*declaration][]*declaration{}}
	for _, d := range pkg.variables() {
		if !callsSomething(d) {
			continue
		}
		named, stateful, err := p.namedFrom(d)
		if err != nil {
			return nil, err
		}
		for _, other := range named {
			effects.touching[other] = append(effects.touching[other], d)
		}
		if len(named) > 0 || stateful {
			effects.ordered = append(effects.ordered, d)
		}
	}
	pkg.effects = effects
	return effects, nil
}

// variables returns the variables in the order of the source.
func (pkg *sourcePackage) variables() []*declaration {
	var variables []*declaration
	consider := func(decls []*declaration) {
		for _, d := range decls {
			if d.keyword == token.VAR {
				variables = append(variables, d)
			}
		}
	}
	for _, decls := range pkg.declared {
		consider(decls)
	}
	consider(pkg.inits)
	pkg.sort(variables)
	return slices.Compact(variables)
}

// sort brings declarations into the order of the source.
func (pkg *sourcePackage) sort(decls []*declaration) {
	slices.SortFunc(decls, func(a, b *declaration) int {
		return cmp.Or(strings.Compare(a.file.path, b.file.path), cmp.Compare(a.node.Pos(), b.node.Pos()))
	})
}

// callsSomething reports whether initialising the variable runs a function: not
// what a literal would do, if that is all.
func callsSomething(d *declaration) bool {
	spec, ok := d.node.(*ast.ValueSpec)
	if !ok {
		return false
	}
	calls := false
	for _, value := range spec.Values {
		ast.Inspect(value, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.UnaryExpr:
				calls = calls || n.Op == token.ARROW
			case *ast.CallExpr:
				called, plain := n.Fun.(*ast.Ident)
				_, immediate := n.Fun.(*ast.FuncLit)
				calls = calls || immediate || !plain || !predeclared[called.Name] || d.file.pkg.declared[called.Name] != nil
			}
			return !calls
		})
	}
	return calls
}

// namedFrom returns the other variables of the package that are named by an
// initialiser and by what it names in turn, and whether something of another
// package of the program or of a module is, which may have a state as well.
func (p *program) namedFrom(start *declaration) (named []*declaration, stateful bool, err error) {
	pkg := start.file.pkg
	seen := map[*declaration]bool{start: true}
	queue := []*declaration{start}
	for len(queue) > 0 {
		d := queue[0]
		queue = queue[1:]
		if d.keyword == token.VAR && d != start {
			named = append(named, d)
		}
		found, err := usesOf(d)
		if err != nil {
			return nil, false, err
		}
		var next []*declaration
		for _, use := range found.names {
			next = append(next, pkg.declared[use.name]...)
		}
		for _, s := range found.selected {
			decls := pkg.declared[s.base]
			next = append(next, decls...)
			stateful = stateful || decls == nil && !p.isStandard(d.file, s.base)
		}
		if d.keyword == token.TYPE {
			next = append(next, pkg.methods[d.typeName]...)
		}
		for _, d := range next {
			if !seen[d] {
				seen[d] = true
				queue = append(queue, d)
			}
		}
	}
	return named, stateful, nil
}

// isStandard reports whether a name in a file is that of a package of the
// standard library, and can be that of no other.
func (p *program) isStandard(f *sourceFile, name string) bool {
	found := false
	for _, imported := range f.imports {
		if imported.name != name && (imported.name != "" || !slices.Contains(imported.usual, name)) {
			continue
		}
		if from, _, _ := p.locate(imported); from != standard {
			return false
		}
		found = true
	}
	return found
}

// orders describes, for each package of which it may matter, in which order the
// reached variables are initialised.
func (r *reach) orders() []reachedSource {
	var orders []reachedSource
	for pkg := range r.packages {
		if pkg.effects == nil { // no variable of the package is reached
			continue
		}
		var names []string
		for _, d := range pkg.effects.ordered {
			if _, reached := r.via[d]; reached {
				names = append(names, d.name)
			}
		}
		if len(names) > 1 {
			text := strings.Join(names, "\n")
			orders = append(orders, reachedSource{
				Source:  Source{Name: pkg.path + " initialises in this order", Via: nameOf(r.packages[pkg]), Text: text},
				content: diffargs.Sum([]byte(text)),
			})
		}
	}
	return orders
}
