// Package codeid finds out the identity of a function's code: what a cached
// result depends on besides the arguments.
//
// The identity covers the function and every declaration that it can reach in
// the program's own modules: the main module, modules that a replace directive
// takes from a local folder, and the modules of a workspace. It is read from
// source, by syntax alone and without the go command, and leaves out comments
// and layout, though not parentheses that gofmt takes away. Other modules count
// with their versions, the standard library with the version of Go.
//
// # What is reached
//
// Starting at the function: the package-level functions, variables with their
// initialisers, constants and types that its text names, in its own package
// and in imported ones, and what these name in turn. Local names hide
// package-level ones as the language has it. Besides:
//
//   - A type brings its exported methods, also those that are declared for an
//     alias of it, since the standard library and other
//     modules can call them through interfaces or by reflection; an unexported
//     method comes along once reached code selects its name. A method need not
//     be looked for in types that are not reached: a value of a type can only
//     be made, or taken as an argument, by code that reaches the type.
//   - A variable brings the init functions of its package, which can assign it,
//     the declarations of blank variables, which run for their effects, and other
//     variables whose initialisers call something from which it is named, as
//     var a = register("a") fills a table. Where several such variables are
//     reached, their order counts.
//   - A reached package brings the init functions of packages that it imports
//     for their effects alone, its assembly and C files as a whole with the
//     declarations that assembly names and the functions that C can call, and
//     //go:embed variables bring the contents of the embedded files.
//   - A type argument of a generic instance is reached like a type in the text.
//
// Files are chosen by build tags as the program was built, those that the build
// information does not name (experiments that a version of Go has by default, most
// levels of processors) both ways. The value that -ldflags -X gives to a reached
// variable counts, and so do the GODEBUG settings of the main module. A copy of a
// module under vendor counts with its content: anybody can edit it.
//
// Unless build tags choose other files, how a program is built does not count:
// for the race detector, for coverage (which rewrites the source, but keeps the
// places), with a profile, or without optimisation.
//
// # What is not
//
// The dynamic type behind an argument of interface type (its name is part of
// the argument's digest, the code of its methods is not); functions passed
// inside of arguments; variables that code outside of the closure assigns at
// run time, be it in init functions of other packages; registrations in packages
// that nothing reached imports for them; C headers outside of the package's
// folder, which the go command does not follow either; files that -overlay puts
// in the place of others; the processor and its level, on which the last bits of
// floating-point results can depend, for compilers may fuse operations; what a
// function reads from files or the environment. Labbook's own packages cache,
// parallel and runlog are not followed: they carry results and do not make
// them, so that a cached function that calls another depends on that one's
// code, not on how labbook stores its results.
//
// # When source is trusted
//
// The source on disk stands for the running code only if no file of a reached
// package, and no embedded file, is newer than the executable: on Linux and
// macOS by the time of its last change, which restoring an old file does not
// set back, elsewhere by the time of its last modification. Nor may a
// declaration be missing that reached code names, or be without a body that is
// found. The function itself must lie in the file that it was built from. Otherwise, or without source
// (-trimpath, a program deployed elsewhere), the build ID stands in and Reason
// says why: everything that another build computed is then computed again,
// never served wrongly. The go command may run an executable that it built
// before the sources were touched; that too can only lead to the build ID.
//
// Three cases are beyond this test. An executable that was copied after its
// sources had been edited again, so that the copy is younger than an edit that it
// does not contain: copy with the times (cp -p). An edit while the go command was
// compiling: the executable is younger. And a file that was deleted since, if
// nothing names what it declared. Build again, or give the function a version.
//
// With -trimpath nothing is known of the source, nor of -ldflags -X; the build ID
// covers both. A build ID that was given by hand (-ldflags=-buildid=x) says
// nothing, and the content of the executable stands in.
//
// # Notes
//
// [Noted] has a memory, so that a program that starts again reads no source while
// nothing has changed: not the executable's build ID, but all that the identity
// was found from must be as it was. That is the build information, where modules
// are, the names of the files in the folders of packages, and the stamps of these
// and of embedded and vendored files: device, inode, size, and the times of
// modification and change. A stamp counts if the file had not been changed within
// the tick of the clock before it was read. Files must be older than the
// executable all the same. Where change times are not known (Windows and others
// than Linux and macOS), nothing is noted.
//
// New notes of a function replace the old ones. One that is damaged, or of another
// version, is none. Functions of a program share the texts of declarations. See
// note.go for the format.
//
// # Names
//
// A function is named by import path: "example.com/digits.train" rather than
// "main.train", and the same in a test of its package. A program run from
// files ("go run train.go") has no import path and keeps "main". Methods are
// "path.T.M" and "path.(*T).M", generic instances "path.f[int]". Literals are
// called by position, as the compiler does: "path.init.func1" is the first one
// among the package's variables. Another literal before it, or a call that is
// compiled in line, changes the name, though not Code.
//
// # The digest
//
//	code     = digest( "labbook code\x01" root { reached } )    reached ones sorted by name
//	root     = text                    the function's name, "func" for a literal
//	reached  = text digest             name and content
//	content  = digest( { token 0 } { 1 import 0 } { 2 extra 0 } )
//	token    = its text, but for commas and semicolons that layout decides
//	import   = name "=" path           of the packages that the declaration names
//	extra    = language version, iota, directives, contents of embedded files
//	           (of an order of initialisation, and of GODEBUG settings, content is
//	           the digest of their text)
//	text     = uvarint length, then the bytes
//
//	build    = digest( "labbook build\x01" text text varint )    build ID, name, and where it lies
//	                                                               in the executable
//
// The digest is diffargs.Sum.
package codeid
