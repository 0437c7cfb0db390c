package cache

import "fmt"

// ArgumentError is an argument that cannot be part of a key. A wrapped function
// whose last result is an error returns it; one without panics with it. The
// message names the argument and the path inside it.
type ArgumentError struct {
	Function string
	Argument string
	Err      error // a *diffargs.UnkeyableError
}

func (e *ArgumentError) Error() string {
	return fmt.Sprintf("call %s: argument %s: %v", e.Function, e.Argument, e.Err)
}

// Unwrap returns what is wrong with the argument.
func (e *ArgumentError) Unwrap() error { return e.Err }
