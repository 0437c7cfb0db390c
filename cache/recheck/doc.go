// Package recheck is what becomes of stored results that are computed again, to
// see whether they still come out as they did: who is asked for it, how it is
// put on record, and how it is read back and summed up.
//
// A program that is started with the environment variable [Variable] computes
// again some of the results that it loads, see package cache. Each gives a call
// of its own in the lab-book, inside of the call that was the hit: its reason is
// record.Verified, its outcome "bypass", since nothing is stored, or "error" if
// nothing could be compared; its detail is a [Verdict]. One that is still running
// when the program has ended did not return.
package recheck
