package codeid

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// A declaration is one declaration at package level, or a function literal that
// is itself the function in question.
type declaration struct {
	file *sourceFile
	name string // with its import path

	// node is an *ast.FuncDecl, *ast.FuncLit, *ast.ValueSpec or *ast.TypeSpec. If
	// function is there, node lacks what the body holds, see syntax.
	node     ast.Node
	function *functionText
	parsed   ast.Node // with the body, once that was asked for

	keyword   token.Token    // func, var, const, type
	method    string         // its name, if it is one
	typeName  string         // of a type
	aliasOf   string         // the type of the package that it is another name of
	inherited *ast.ValueSpec // of a constant without values: the specification above that it repeats
	iota      int            // of a constant
	embeds    []string       // the patterns of its //go:embed lines
	linknames []string

	enclosing *declaration // of a literal: the declaration it stands in
	receiver  *declaration // of a method: its type, once that is reached

	// What it refers to, or why that cannot be told; found when it is first
	// reached.
	links   *links
	problem error
}

// index sorts the declarations of all files.
func (pkg *sourcePackage) index() {
	count := 0
	for _, f := range pkg.files {
		count += len(f.syntax.Decls)
	}
	pkg.declared = make(map[string][]*declaration, count)
	pkg.methods = map[string][]*declaration{}
	for _, f := range pkg.files {
		after := f.syntax.Name.End()
		for _, decl := range f.syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				pkg.addFunction(f, decl)
			case *ast.GenDecl:
				pkg.addGroup(f, decl, after)
			}
			after = decl.End()
		}
	}
	pkg.addMethodsOfAliases()
}

// addMethodsOfAliases gives a type the methods that are declared for it under
// another name.
func (pkg *sourcePackage) addMethodsOfAliases() {
	receivers := slices.Sorted(maps.Keys(pkg.methods))
	for _, receiver := range receivers {
		base := receiver
		for range maxAliases {
			i := slices.IndexFunc(pkg.declared[base], func(d *declaration) bool { return d.aliasOf != "" })
			if i < 0 {
				break
			}
			base = pkg.declared[base][i].aliasOf
		}
		if base != receiver {
			pkg.methods[base] = append(pkg.methods[base], pkg.methods[receiver]...)
		}
	}
}

// maxAliases bounds how often an alias is followed: those of source that was
// never built can go in circles.
const maxAliases = 100

func (pkg *sourcePackage) addFunction(f *sourceFile, decl *ast.FuncDecl) {
	d := &declaration{file: f, node: decl, keyword: token.FUNC, function: f.functionAt(decl)}
	name := decl.Name.Name
	switch {
	case decl.Recv != nil:
		receiver, pointer := receiverOf(decl)
		d.method = name
		d.name = pkg.path + "." + receiver + "." + name
		if pointer {
			d.name = pkg.path + ".(*" + receiver + ")." + name
		}
		pkg.methods[receiver] = append(pkg.methods[receiver], d)
	case name == "init":
		d.name = pkg.unnamed(f, "init")
		pkg.inits = append(pkg.inits, d)
	case name == "_":
		// It can never run.
	default:
		d.name = pkg.path + "." + name
		d.linknames = f.linknames[name]
		pkg.declared[name] = append(pkg.declared[name], d)
	}
}

// unnamed makes a name for a declaration without one of its own.
func (pkg *sourcePackage) unnamed(f *sourceFile, what string) string {
	name := fmt.Sprintf("%s.%s(%s)", pkg.path, what, filepath.Base(f.path))
	n := 1
	for _, d := range pkg.inits {
		if d.name == name || strings.HasPrefix(d.name, name+"#") {
			n++
		}
	}
	if n > 1 {
		name = fmt.Sprintf("%s#%d", name, n)
	}
	return name
}

// receiverOf returns the type of a method.
func receiverOf(decl *ast.FuncDecl) (name string, pointer bool) {
	if len(decl.Recv.List) == 0 {
		return "", false
	}
	return baseType(decl.Recv.List[0].Type)
}

// baseType returns the name of the type of its own package that an expression
// is, points to, or is an instance of.
func baseType(expr ast.Expr) (name string, pointer bool) {
	for {
		switch x := expr.(type) {
		case *ast.StarExpr:
			expr, pointer = x.X, true
		case *ast.ParenExpr:
			expr = x.X
		case *ast.IndexExpr:
			expr = x.X
		case *ast.IndexListExpr:
			expr = x.X
		case *ast.Ident:
			return x.Name, pointer
		default:
			return "", pointer
		}
	}
}

// addGroup adds what a declaration holds, which stands after what ends there.
func (pkg *sourcePackage) addGroup(f *sourceFile, group *ast.GenDecl, after token.Pos) {
	var above *ast.ValueSpec // the last specification with values
	after = max(after, group.Lparen)
	for i, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			d := &declaration{file: f, node: spec, keyword: token.TYPE, typeName: spec.Name.Name, name: pkg.path + "." + spec.Name.Name}
			if spec.Assign.IsValid() {
				d.aliasOf, _ = baseType(spec.Type)
			}
			pkg.declared[spec.Name.Name] = append(pkg.declared[spec.Name.Name], d)
		case *ast.ValueSpec:
			d := &declaration{file: f, node: spec, keyword: group.Tok}
			if group.Tok == token.CONST {
				d.iota = i
				if len(spec.Values) > 0 {
					above = spec
				} else {
					d.inherited = above
				}
			} else {
				d.embeds = f.embedPatterns(after, spec.Pos())
			}
			pkg.addValues(d, spec)
		}
		after = spec.End()
	}
}

// addValues adds a var or const specification under each of its names.
func (pkg *sourcePackage) addValues(d *declaration, spec *ast.ValueSpec) {
	for _, name := range spec.Names {
		if name.Name == "_" {
			continue
		}
		if d.name == "" {
			d.name = pkg.path + "." + name.Name
		}
		d.linknames = append(d.linknames, d.file.linknames[name.Name]...)
		pkg.declared[name.Name] = append(pkg.declared[name.Name], d)
	}
	if d.name == "" && d.keyword == token.VAR {
		d.name = pkg.unnamed(d.file, "_")
		pkg.inits = append(pkg.inits, d)
	}
}

// text is the declaration as it stands in its file.
func (d *declaration) text() string {
	from, to := d.span()
	text := string(d.file.src[from:to])
	if d.keyword != token.FUNC {
		return d.keyword.String() + " " + text
	}
	return text
}

func (d *declaration) line() int { return d.file.positions.Line(d.node.Pos()) }

// span returns where the declaration stands in its file.
func (d *declaration) span() (from, to int) { return d.file.offsets(d.node.Pos(), d.node.End()) }

// offsets turns positions into offsets that are safe to slice with: those of
// incomplete syntax can lie beyond the end.
func (f *sourceFile) offsets(from, to token.Pos) (start, end int) {
	limit := len(f.src)
	start = min(max(0, f.positions.Offset(from)), limit)
	end = min(max(start, f.positions.Offset(to)), limit)
	return start, end
}
