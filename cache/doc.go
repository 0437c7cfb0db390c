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
// # Whether results are still right
//
// `labbook verify` starts a program again and compares. It does so by environment
// variables, which can be set for any program by hand:
//
//	LABBOOK_VERIFY=5%              verify that share of the results that are loaded, up to 100%
//	LABBOOK_VERIFY_FUNCTION=train  only of functions with this in their names
//	LABBOOK_VERIFY_KEY=3fa9        only of keys that begin so
//	LABBOOK_VERIFY_SEED=x          another seed, another share
//
// The function runs besides when a result is loaded, at most once for each key,
// and once more if it comes out otherwise, which tells a function that is not
// deterministic from a stored result that is out of date. It runs on a goroutine
// of its own, with copies of its arguments as far as these hold no unexported
// fields, and the call waits for it. The program gets the stored result in any
// case; files that the function made are put back. Results are equal if they are
// equal as arguments are, or in their stored form. What was found is in the
// lab-book, as a call inside of the one that was a hit, see package recheck, and
// is read by `labbook verify --recorded`; differences are told on Options.Messages
// too.
//
// Verified is whatever is loaded from memory or disk, mapped or not, and what
// Shelve refers to. Not verified is what a call waited for while an equal one
// computed it, what a Ref loads, since the function is not known there, and
// Checkpoints. A cached function that is called by one that is verified hits and
// is verified by itself, so that what is named is the one at fault.
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
