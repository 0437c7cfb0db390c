package diffargs

import (
	"errors"
	"reflect"
	"strings"
)

// UnkeyableError says which part of a value cannot be part of a key, and what
// to do about it.
type UnkeyableError struct {
	Path   string       // from the value down to the part: ".Opts.Callback"; "" for the value itself
	Type   reflect.Type // of that part
	Reason string
	Err    error // what AppendKey returned, if that is the reason
}

func (e *UnkeyableError) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(shorten(e.Type.String(), 200))
	b.WriteString(" cannot be part of a key (")
	b.WriteString(e.Reason)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	if strings.Contains(e.Path, ".") {
		// The field itself may be of a type that others wrote.
		b.WriteString("); leave the field, or one around it, out with the tag labbook:\"-\"")
	} else {
		b.WriteString("); pass a value that stands for it, such as a name")
	}
	return b.String()
}

// Unwrap returns what AppendKey returned.
func (e *UnkeyableError) Unwrap() error { return e.Err }

// CheckType reports whether values of static type t can be digested: nil, or an
// *UnkeyableError that holds for all of them. What an interface holds shows
// only when a value is digested.
func CheckType(t reflect.Type) error {
	if t == nil {
		return nil
	}
	if err := nativePlans.get(t).err; err != nil {
		return err
	}
	return nil
}

// maxPath bounds the path of an error in a value that is very deep.
const maxPath = 4096

// below moves an error about a part of a value up to the value that reaches
// the part by step.
func below(step string, err error) error {
	var unkeyable *UnkeyableError
	if !errors.As(err, &unkeyable) || len(unkeyable.Path) > maxPath {
		return err
	}
	moved := *unkeyable
	moved.Path = step + moved.Path
	return &moved
}

// unkeyable returns why no value of t can be digested and whether a value of t
// can hold, at any depth, an interface or another t: only such values can have
// cycles or be deep.
func (s *typeSurvey) unkeyable(t reflect.Type) *UnkeyableError {
	switch state, known := s.states[t]; {
	case known && state == surveying:
		s.recursive = true
		return nil
	case known:
		return nil
	}
	s.states[t] = surveying
	defer func() { s.states[t] = surveyed }()

	if reason := refusal(t); reason != "" {
		return &UnkeyableError{Type: t, Reason: reason}
	}
	if treatmentOf(t) != walked {
		return nil
	}
	switch t.Kind() {
	case reflect.Interface:
		s.recursive = true
	case reflect.Pointer:
		return s.unkeyable(t.Elem())
	case reflect.Array:
		if t.Len() > 0 {
			return s.unkeyable(t.Elem()).below("[]")
		}
	case reflect.Slice:
		return s.unkeyable(t.Elem()).below("[]")
	case reflect.Map:
		if err := s.unkeyable(t.Key()); err != nil {
			return err.below("[key]")
		}
		return s.unkeyable(t.Elem()).below("[]")
	case reflect.Struct:
		for _, f := range keyFields(t) {
			if err := s.unkeyable(f.Type); err != nil {
				return err.below("." + f.Name)
			}
		}
	}
	return nil
}

func (e *UnkeyableError) below(step string) *UnkeyableError {
	if e != nil {
		e.Path = step + e.Path
	}
	return e
}

// A typeSurvey finds out what can be known of the values of a type by looking
// at the types that it is made of.
type typeSurvey struct {
	states    map[reflect.Type]surveyState
	recursive bool
}

type surveyState uint8

const (
	surveying surveyState = iota
	surveyed
)
