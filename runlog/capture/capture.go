// Package capture records what a program prints while it prints it.
//
// The program's file descriptors 1 and 2 become pipes to a helper: the program
// itself, started again in a role that this package takes over before main. The
// helper passes every byte on to where it was going and appends it to a spool.
// It ignores the terminal's signals and lives until both pipes end, so that a
// panic's trace, what a child process prints, and whatever came before os.Exit
// or kill -9 reach both the terminal and the lab-book.
//
// The bytes of each stream are passed on exactly and in order. If both streams go
// to one place, a terminal most often, they share one pipe, so that their common
// order is kept too; which byte was of which stream is then not known. While
// captured, the streams are pipes, not a terminal, to the program.
//
// Capturing works on Unix; elsewhere Start does nothing.
package capture
