package codeid

import (
	"go/ast"
	"go/token"
)

func (s *surveyor) statements(list []ast.Stmt) {
	for _, stmt := range list {
		s.walk(stmt)
	}
}

// optional walks a statement that may be missing.
func (s *surveyor) optional(stmt ast.Stmt) {
	if stmt != nil {
		s.walk(stmt)
	}
}

// statement surveys a statement that opens a scope, declares names or holds
// labels. Of any other it reports that walking on does.
func (s *surveyor) statement(stmt ast.Stmt) (walkOn bool) {
	switch stmt := stmt.(type) {
	case *ast.BlockStmt:
		s.block(func() { s.statements(stmt.List) })
	case *ast.IfStmt:
		s.block(func() {
			s.optional(stmt.Init)
			s.walk(stmt.Cond)
			s.walk(stmt.Body)
			s.optional(stmt.Else)
		})
	case *ast.ForStmt:
		s.block(func() {
			s.optional(stmt.Init)
			s.walkAll(stmt.Cond)
			s.optional(stmt.Post)
			s.walk(stmt.Body)
		})
	case *ast.RangeStmt:
		s.rangeStatement(stmt)
	case *ast.SwitchStmt:
		s.block(func() {
			s.optional(stmt.Init)
			s.walkAll(stmt.Tag)
			s.walk(stmt.Body)
		})
	case *ast.TypeSwitchStmt:
		s.block(func() {
			s.optional(stmt.Init)
			s.walk(stmt.Assign)
			s.walk(stmt.Body)
		})
	case *ast.CaseClause:
		s.expressions(stmt.List)
		s.block(func() { s.statements(stmt.Body) })
	case *ast.CommClause:
		s.block(func() {
			s.optional(stmt.Comm)
			s.statements(stmt.Body)
		})
	case *ast.AssignStmt:
		s.assignment(stmt)
	case *ast.DeclStmt:
		if group, ok := stmt.Decl.(*ast.GenDecl); ok {
			s.localDeclaration(group)
		}
	case *ast.LabeledStmt:
		s.walk(stmt.Stmt)
	case *ast.BranchStmt:
	default:
		return true
	}
	return false
}

func (s *surveyor) block(survey func()) {
	s.open()
	defer s.close()
	survey()
}

func (s *surveyor) rangeStatement(stmt *ast.RangeStmt) {
	s.walk(stmt.X)
	s.block(func() {
		for _, x := range []ast.Expr{stmt.Key, stmt.Value} {
			name, plain := x.(*ast.Ident)
			if plain && stmt.Tok == token.DEFINE {
				s.declare(localVariable, name)
			} else {
				s.walkAll(x)
			}
		}
		s.walk(stmt.Body)
	})
}

// assignment surveys the right side first: in x := x, the second x is another
// one.
func (s *surveyor) assignment(stmt *ast.AssignStmt) {
	s.expressions(stmt.Rhs)
	for _, x := range stmt.Lhs {
		name, plain := x.(*ast.Ident)
		if plain && stmt.Tok == token.DEFINE {
			s.declare(localVariable, name)
		} else {
			s.walk(x)
		}
	}
}
