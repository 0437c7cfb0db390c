// Package runlog writes what a program does into a lab-book, and reads it back.
//
// One line instruments a program:
//
//	func main() { runlog.Main(analyse) }
//
//	func analyse(ctx context.Context, run *runlog.Run) error {
//		p := struct {
//			C float64 `default:"1.0" help:"regularisation"`
//		}{}
//		if err := run.Params(&p); err != nil {
//			return err
//		}
//		run.Metric("accuracy", evaluate(ctx, p.C))
//		return nil
//	}
//
// From then on each execution is a run in the lab-book: its arguments and
// parameters, the state of its source, the machine, what it printed, every call
// of a cached function and every parallel batch, its metrics and artifacts, and
// how it ended. A program that has a main function of its own uses Start and
// End. One that does neither, but uses package cache or parallel, is recorded
// too, without its output and its end.
//
// # Guarantees
//
// Recording does not change a program: not what it prints, nor its exit status.
// If the lab-book cannot be used, the program says so once on stderr and goes
// on. What was recorded survives the program: once a cached call has returned,
// or a byte has been printed, killing the program cannot take it back. Whoever
// opens the lab-book next finds it there. Readers never keep a program waiting.
//
// # Output
//
// What a program prints goes through a helper process that outlives it: by way of
// a pipe, or on Linux, where it goes to a terminal, of another one of the same size
// and settings. If both streams go to one place, the lab-book has them as
// one stream, in order. LABBOOK_CAPTURE=off leaves the streams alone. Stdout and
// Stderr tell which call or task printed what. Of much output the beginning and
// the end are kept, see LABBOOK_OUTPUT_LIMIT.
//
// # The end of a run
//
// On Linux the helper watches the process end, and holds it for the moment that
// the last of its output needs to arrive: its exit status, or the signal that
// killed it, is on record even if it says nothing. To that end one idle thread of
// the program is traced, so that a debugger cannot attach to that thread while
// output is captured. Elsewhere, or where a sandbox forbids tracing, a program
// that ends by os.Exit or is killed is recorded as died, and its last bytes can
// arrive a moment after it is gone.
//
// Programs that do not use this package are recorded by "labbook run", see
// Command.
//
// # Limits
//
// Windows has no capture. To read from stdout or stderr, as if they were the
// terminal itself, fails while they are captured; what is printed to /dev/tty is not
// recorded; a shell that is started so has no job control. Go finds no deadlock of all
// goroutines while a run is recorded, since recording goes on. A program that puts its terminal into raw
// mode where it prints, rather than where it reads, has that passed on to the
// terminal a moment later.
//
// # Resources
//
// While a program runs, its memory, CPU time and disk traffic are sampled: every
// 0.1 s at first and soon more rarely, so that a run of any length has at most 100
// points (see machine.Sample, and package machine for what is known on which
// system). Time counts with that of children that the program has waited for;
// memory is that of the process alone. An idle program is woken for it 36 times
// in its first ten seconds, then once in two seconds and more and more rarely,
// beside the recorder's own wakeups, one a second and one every other second.
//
// A run whose heartbeat has not been heard for a minute is shown as died, and as
// running again when it goes on: after a laptop was closed, or Ctrl-Z.
//
// # Secrets
//
// What looks like a password, a token or a key is masked in the environment, in
// arguments and parameters, and in uncommitted changes; package secrets says how.
// LABBOOK_SECRETS, and a file named secrets in the lab-book's folder, add patterns
// of your own. What the program prints, and previews of the arguments of cached
// functions, are kept as they are.
//
// # Where it is
//
// Dir says where the lab-book of a working directory is. Its folder holds
// labbook.sqlite, the spools of running programs, artifacts, and the default
// cache. It is private to the user.
package runlog
