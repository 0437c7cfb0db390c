// Package capture records what a program prints while it prints it.
//
// The program's stdout and stderr lead to a helper: the program itself, started
// again in a role that this package takes over before main. The helper passes
// every byte on to where it was going and appends it to a spool. It ignores the
// terminal's signals and lives until its sources end, so that a panic's trace,
// what a child process prints, and whatever came before os.Exit or kill -9 reach
// both the terminal and the lab-book.
//
// The bytes of each stream are passed on exactly and in order. If both streams go
// to one place, a terminal most often, they share one source, so that their
// common order is kept too; which byte was of which stream is then not known. On
// Linux a stream that went to a terminal goes to one of the same size and settings
// (a pseudo-terminal), any other to a pipe. What is typed stays with the terminal,
// but for a process that opens by its name the one that it prints to, as pagers do:
// while it asks for single keys, they are passed on to it.
//
// A write to where nobody reads any more fails, as it would without a helper. Where
// there is no room the process that started the session finds out itself, since what
// it prints to there no longer goes through the helper; other processes go on, their
// output is recorded and does not arrive, and that is said on stderr.
//
// # The end of a process
//
// On Linux the helper also waits for the process to end, whichever way it does.
// One of its threads, which does nothing else, is traced (ptrace), so that the
// kernel holds the process for as long as it takes to pass on what is still on
// its way: whoever waits for the process finds all of its output, and its exit
// status or signal becomes an event.Exit. A process that becomes another program
// (execve) is not watched any more: an event.Note says so. Where tracing is not allowed, and on
// other systems, the last bytes can arrive a moment after the process is gone.
//
// # Volume
//
// Output is spooled in segments. Beyond the limit, which is half for the
// beginning and half for the end, segments from between that nobody has taken in
// yet are dropped. The offsets of what is left tell how much is missing. The
// helper never waits for those who take output in.
//
// Capturing works on Unix; elsewhere Start does nothing.
package capture

import (
	"os"

	"github.com/google/uuid"
)

// Options say what is captured and where to.
type Options struct {
	Dir string    // the folder of spools
	Run uuid.UUID // whose output it is
	// Limit is how many bytes are kept while nobody takes them in, half of them
	// the first; 0 for all.
	Limit int64
	// Watch has the end of this process waited for, where the system allows.
	Watch bool
	// Stdout and Stderr are where the output goes; nil for where that of this
	// process goes.
	Stdout, Stderr *os.File
}

// AtOnce is how many bytes can be written to a pipe without anything else coming
// between them, on every system.
const AtOnce = 512
