// Package conformance meets joblib's behaviours one by one: each is a test that
// is named for it and uses what a program would use. What makes no sense in Go
// is in the list below, with the reason.
//
// # Digests
//
//	memory order of arrays   A slice of slices has rows and nothing else; what numpy
//	  (C, Fortran, strides)  tells apart by strides is another type or other rows here,
//	                         and that counts.
//	interned strings         Go does not show which strings share memory. That they may
//	                         is tested, that a program asks for it is not.
//	bound methods            They are refused where they would be cached, since the
//	                         receiver does not show; a method expression takes it as
//	                         an argument.
package conformance
