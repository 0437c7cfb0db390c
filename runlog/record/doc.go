// Package record holds the vocabulary of the lab-book: the rows that a reader
// gets back, free of any database or screen.
//
// A run is one execution of a program. A call is one invocation of a cached
// function in a run; its outcome is hit, miss, error or bypass. A batch is one
// parallel run of tasks. A part is one named ingredient of a cache key. A
// reason says why a miss missed.
//
// The JSON form of these types is what the commands print with --json; fields
// are only ever added to it.
package record
