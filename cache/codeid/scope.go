package codeid

import (
	"go/ast"
)

// A scope is a block of local names.
type scope struct {
	outer *scope
	names map[string]localKind
}

type localKind int

const (
	notLocal localKind = iota
	localVariable
	localOther // a constant, a type, a type parameter
)

func (s *surveyor) open()  { s.scope = &scope{outer: s.scope} }
func (s *surveyor) close() { s.scope = s.scope.outer }

func (s *surveyor) declare(kind localKind, names ...*ast.Ident) {
	for _, name := range names {
		if name.Name == "_" {
			continue
		}
		if s.scope.names == nil {
			s.scope.names = map[string]localKind{}
		}
		s.scope.names[name.Name] = kind
	}
}

// find looks a name up, from the innermost scope outward. Outside says that it
// is declared outside of the literal in question.
func (s *surveyor) find(name string) (kind localKind, outside bool) {
	for at := s.scope; at != nil; at = at.outer {
		outside = outside || s.target != nil && at == s.boundary
		if kind := at.names[name]; kind != notLocal {
			return kind, outside
		}
	}
	return notLocal, false
}

// refer records the use of a local name, if there is one, that the literal in
// question finds outside of itself.
func (s *surveyor) refer(name string, perhaps bool) (local bool) {
	kind, outside := s.find(name)
	switch {
	case !outside:
	case kind == localVariable:
		// Where addresses tell captures anyway, this is only for the message.
		if !perhaps || !addressesTell {
			s.uses.captured = append(s.uses.captured, name)
		}
	case kind == localOther:
		s.uses.needsEnclosing = true
	}
	return kind != notLocal
}

func (s *surveyor) name(name string, perhaps bool) {
	if name == "_" || !s.recording || s.refer(name, perhaps) {
		return
	}
	s.uses.names = append(s.uses.names, nameUse{name: name, perhaps: perhaps})
}
