package cache

import (
	"errors"
	"fmt"

	"labbook/diffargs"
)

// ArgumentError is an argument that cannot be part of a key. A wrapped function
// whose last result is an error returns it; one without panics with it. The
// message names the argument and the path inside it.
type ArgumentError struct {
	Function string
	Argument string
	Err      error // a *diffargs.UnkeyableError
}

func (e *ArgumentError) Error() string {
	err := e.Err
	// The file itself is in the way, not that it is an argument.
	if file, ok := errors.AsType[*FileError](err); ok {
		err = file
	}
	return fmt.Sprintf("call %s: argument %s%s: %v", e.Function, e.Argument, e.path(), err)
}

// path returns the way from the argument to its File, if that is what is wrong.
func (e *ArgumentError) path() string {
	var unkeyable *diffargs.UnkeyableError
	if _, isFile := errors.AsType[*FileError](e.Err); isFile && errors.As(e.Err, &unkeyable) {
		return unkeyable.Path
	}
	return ""
}

// Unwrap returns what is wrong with the argument.
func (e *ArgumentError) Unwrap() error { return e.Err }
