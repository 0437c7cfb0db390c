// Package noquery keeps Bubble Tea from asking the terminal for its colours while
// the program is being initialised.
//
// Version 1 of Bubble Tea asks in an init function, whatever the program is about
// to do. That is for the explorer alone: other commands would wait five seconds for
// a terminal that does not answer, and labbook run would take what was typed ahead
// from the program that it is for.
//
// Go initialises packages whose imports are initialised in the order of their
// import paths. This one only imports syscall, and its path sorts before "os", which
// Bubble Tea imports: so its init function runs before Bubble Tea's. It must import
// nothing else.
package noquery

import "syscall"

// variable names the kind of terminal. Of one that is dumb nothing is asked.
const variable = "TERM"

var before, isSet = syscall.Getenv(variable)

func init() { _ = syscall.Setenv(variable, "dumb") } // if it cannot be, the terminal is asked

// Restore makes the environment what it was. Call it once all packages are
// initialised.
func Restore() {
	if !isSet {
		_ = syscall.Unsetenv(variable) // as it was
		return
	}
	_ = syscall.Setenv(variable, before)
}
