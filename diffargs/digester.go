package diffargs

import "reflect"

// Digester is for a type that knows better than its fields what makes two of
// its values equal. AppendKey appends bytes to b that two values share exactly
// if they are equal, and returns the longer slice. It is called with a pointer
// to the value, so that either kind of receiver does; it must not change the
// value, and may be called by many goroutines at once. The type's name is part
// of the digest, so that bytes need only tell values of one type apart. An
// error ends up in an *UnkeyableError.
//
// A struct that embeds a Digester is walked field by field nevertheless: the
// promoted method would leave out the struct's other fields unnoticed.
type Digester interface {
	AppendKey(b []byte) ([]byte, error)
}

var digesterType = reflect.TypeFor[Digester]()

// isDigester reports whether values of t define their own digests.
func isDigester(t reflect.Type) bool {
	if !reflect.PointerTo(t).Implements(digesterType) {
		return false
	}
	if t.Kind() == reflect.Struct {
		for f := range t.Fields() {
			if f.Anonymous && (f.Type.Implements(digesterType) || reflect.PointerTo(f.Type).Implements(digesterType)) {
				return false
			}
		}
	}
	return true
}
