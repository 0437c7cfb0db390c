package codeid

import (
	"go/ast"
	"go/token"
)

// uses is what the text of a declaration refers to outside of itself.
type uses struct {
	names    []nameUse
	selected []selection
	members  []string // the names selected from anything: fields, methods, packages' declarations

	// Of a literal: the local variables of the enclosing function that it
	// captures, and whether it refers to other local declarations there.
	captured       []string
	needsEnclosing bool
}

// A nameUse is a plain name that no local declaration accounts for.
type nameUse struct {
	name string
	// perhaps marks the key of a composite literal, which can just as well be
	// the name of a field.
	perhaps bool
}

// A selection is x.Sel where no local declaration accounts for x: x is a
// package or a declaration of this package.
type selection struct{ base, name string }

// usesOf returns what a declaration refers to, by its tokens if they tell.
func usesOf(d *declaration) (*uses, error) {
	if found, ok := d.quickUses(); ok {
		return found, nil
	}
	return usesBySyntax(d)
}

// usesBySyntax walks the declaration with the scopes of the language.
func usesBySyntax(d *declaration) (*uses, error) {
	s := &surveyor{recording: true}
	node, err := d.syntax()
	if err != nil {
		return nil, err
	}
	switch node := node.(type) {
	case *ast.FuncDecl:
		s.function(node)
	case *ast.TypeSpec:
		s.typeSpec(node)
	case *ast.ValueSpec:
		if d.inherited != nil {
			s.walkAll(d.inherited.Type)
			s.expressions(d.inherited.Values)
		}
		s.walkAll(node.Type)
		s.expressions(node.Values)
	case *ast.FuncLit:
		s.recording, s.target = false, node
		outer, err := d.enclosing.syntax()
		if err != nil {
			return nil, err
		}
		switch outer := outer.(type) {
		case *ast.FuncDecl:
			s.function(outer)
		case *ast.ValueSpec:
			s.expressions(outer.Values)
		}
	}
	return &s.uses, nil
}

// A surveyor walks syntax and keeps track of local names.
type surveyor struct {
	uses      uses
	scope     *scope
	recording bool
	target    *ast.FuncLit // only what it holds is recorded, unless nil
	boundary  *scope       // the scope around target
}

func (s *surveyor) selector(x *ast.SelectorExpr) {
	if s.recording {
		s.uses.members = append(s.uses.members, x.Sel.Name)
	}
	base, plain := x.X.(*ast.Ident)
	switch {
	case !plain:
		s.walk(x.X)
	case s.recording && !s.refer(base.Name, false):
		s.uses.selected = append(s.uses.selected, selection{base: base.Name, name: x.Sel.Name})
	}
}

// walk surveys one piece of syntax. What opens a scope or declares names is
// handled here, the rest by walking on.
func (s *surveyor) walk(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			s.name(n.Name, false)
		case *ast.SelectorExpr:
			s.selector(n)
		case *ast.CompositeLit:
			s.composite(n)
		case *ast.FuncLit:
			s.literal(n)
		case *ast.Field:
			s.walkAll(n.Type) // the names are of fields, methods or parameters
		case ast.Stmt:
			return s.statement(n)
		default:
			return true
		}
		return false
	})
}

// walkAll walks expressions of which some may be nil.
func (s *surveyor) walkAll(exprs ...ast.Expr) { s.expressions(exprs) }

func (s *surveyor) expressions(exprs []ast.Expr) {
	for _, x := range exprs {
		if x != nil {
			s.walk(x)
		}
	}
}

func (s *surveyor) composite(lit *ast.CompositeLit) {
	s.walkAll(lit.Type)
	keysAreValues := false
	switch lit.Type.(type) {
	case *ast.ArrayType, *ast.MapType:
		keysAreValues = true
	}
	for _, element := range lit.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			s.walk(element)
			continue
		}
		if key, plain := pair.Key.(*ast.Ident); plain {
			s.name(key.Name, !keysAreValues)
		} else {
			s.walk(pair.Key)
		}
		s.walk(pair.Value)
	}
}

func (s *surveyor) literal(lit *ast.FuncLit) {
	if lit == s.target {
		s.recording, s.boundary = true, s.scope
		defer func() { s.recording, s.boundary = false, nil }()
	}
	s.open()
	defer s.close()
	s.signature(lit.Type)
	s.statements(lit.Body.List)
}

func (s *surveyor) function(decl *ast.FuncDecl) {
	s.open()
	defer s.close()
	if decl.Recv != nil {
		for _, field := range decl.Recv.List {
			s.receiver(field.Type)
			s.declare(localVariable, field.Names...)
		}
	}
	s.typeParameters(decl.Type.TypeParams)
	s.signature(decl.Type)
	if decl.Body != nil {
		s.statements(decl.Body.List)
	}
}

// receiver surveys the type of a receiver, whose type arguments declare names.
func (s *surveyor) receiver(expr ast.Expr) {
	var arguments []ast.Expr
	switch x := expr.(type) {
	case *ast.StarExpr:
		s.receiver(x.X)
		return
	case *ast.ParenExpr:
		s.receiver(x.X)
		return
	case *ast.IndexExpr:
		expr, arguments = x.X, []ast.Expr{x.Index}
	case *ast.IndexListExpr:
		expr, arguments = x.X, x.Indices
	}
	s.walk(expr)
	for _, arg := range arguments {
		if name, ok := arg.(*ast.Ident); ok {
			s.declare(localOther, name)
		}
	}
}

func (s *surveyor) typeParameters(fields *ast.FieldList) {
	if fields == nil {
		return
	}
	for _, field := range fields.List {
		s.declare(localOther, field.Names...)
	}
	for _, field := range fields.List {
		s.walkAll(field.Type)
	}
}

func (s *surveyor) signature(t *ast.FuncType) {
	for _, fields := range []*ast.FieldList{t.Params, t.Results} {
		if fields == nil {
			continue
		}
		for _, field := range fields.List {
			s.walkAll(field.Type)
		}
	}
	for _, fields := range []*ast.FieldList{t.Params, t.Results} {
		if fields == nil {
			continue
		}
		for _, field := range fields.List {
			s.declare(localVariable, field.Names...)
		}
	}
}

func (s *surveyor) typeSpec(spec *ast.TypeSpec) {
	s.open()
	defer s.close()
	s.typeParameters(spec.TypeParams)
	s.walk(spec.Type)
}

// localDeclaration declares what a declaration among statements declares.
func (s *surveyor) localDeclaration(group *ast.GenDecl) {
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			s.walkAll(spec.Type)
			s.expressions(spec.Values)
			kind := localVariable
			if group.Tok == token.CONST {
				kind = localOther
			}
			s.declare(kind, spec.Names...)
		case *ast.TypeSpec:
			s.declare(localOther, spec.Name)
			s.typeSpec(spec)
		}
	}
}
