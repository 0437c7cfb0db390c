// Package cache keeps the results of functions on disk, so that nothing is
// computed twice.
//
//	var mem = cache.New("", cache.Options{})
//	var train = cache.Wrap(mem, trainModel, cache.Names("x", "y", "c"))
//
//	model := train(x, y, 0.5) // computes and stores, or loads
//
// A result is found again by a key. The key is made of parts: each argument,
// by its value; the code of the function and of all that it calls in its own
// module; the versions of the other modules that it uses; the Go version.
// Change any of them and the function runs again; change it back, and the old
// result is found. What a key was made of is in the lab-book with every call,
// so that `labbook why-miss` can say what was different.
//
// # Guarantees
//
// A cache does not change what a program computes. A stored result that is
// damaged, cut short or of another type is computed again; a disk that is full
// or cannot be written costs time, never the result. Calls with equal
// arguments that run at the same time compute once, in one process and among
// all processes on the machine; one that dies or fails blocks nobody. Everything
// here is safe for concurrent use.
//
// A Memory also keeps small results that were used lately in memory. What other
// programs delete from the folder meanwhile, this program may go on to find
// there until it ends; what it deletes itself it does not.
//
// A function that returns a non-nil error as its last result runs again the
// next time: errors are returned, never stored.
//
// # What a function must be like
//
// It depends on its arguments only, and changes nothing but what it returns: a
// hit does not run it. Its arguments can be keyed, which functions, channels
// and unsafe pointers cannot; its results can be stored, see package persist.
// Arguments of type context.Context are no part of the key. It must not start
// another program that makes the same call, and wait for it: that one would wait
// for the first.
package cache
