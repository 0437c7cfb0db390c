// Package misses measures how good labbook's explanations are: situations in
// which people wonder why something was computed again, each of them real runs
// of real programs with one known cause, and what labbook why-miss should say.
//
// The situations are tables, by theme, that are meant to be read: what happened,
// and what a good explanation names. They come from what people report of caches
// and workflow engines rather than from what labbook can do; so an expectation
// stays as it is where labbook falls short of it, and where nobody can know more
// than that something changed, it asks for no more.
//
// An explanation gets four marks: for the reason (with all further causes, in
// order, and the run that it compares with, where these matter), for the parts
// that it names, for the paths, and for the kinds of difference. A situation is
// understood if all four are right. What is named beyond the expectation is as
// wrong as what is missing.
//
//	make misses                              # the table
//	go test ./tests/misses -run Test/misses/rows  # some of them, with all that was said
package misses
