// Package parallel runs one function over many inputs, on every core, without
// the caller having to think about it.
//
//	scores, err := parallel.Map(ctx, folds, func(ctx context.Context, f Fold) (float64, error) {
//		return evaluate(ctx, f)
//	}, parallel.Jobs(-1))
//
// [Map] takes a slice and returns all results; [Stream] takes an iterator and
// hands out results while it goes on. Both return results in the order of
// their inputs, whatever the order in which they were computed.
//
// # What it guarantees
//
// Every task is begun at most once, and exactly once if no error stops the
// batch. An error of a task comes back as a [*TaskError] that says which task
// it was and on what input; errors.Is and errors.As see the task's own error
// behind it. A panic in a task is such an error too (a [*PanicError], with its
// stack), and so is runtime.Goexit, as t.FailNow calls it. When Map or the
// loop over Stream is over, none of the goroutines that it started is left.
//
// # What it does not
//
// Cancellation is a request: a task that ignores its context is waited for.
// Errors that Go itself treats as fatal, such as unsynchronised writes to a map
// or a full memory, end the program here as anywhere. With a single job, tasks
// run on the caller's own goroutine, one after the other in the order of the
// inputs; runtime.Goexit then ends that goroutine, as in a plain loop.
//
// Calls may be nested: a task may call Map. Each call has goroutines of its
// own, so that inner calls never wait for the jobs of outer ones.
//
// # What is recorded
//
// Each call is a batch in the lab-book, and whatever a task does (a cached
// call, an inner batch) is filed under its task, whether or not it was handed
// the task's context. A task that takes a millisecond or longer is recorded
// with its times, and so is every task that fails. Shorter ones are run in
// chunks that are timed as a whole, and only counted: writing each down would
// cost many times what the task does. A long task that comes as a surprise
// within such a chunk is only counted as well, unless it lasts long enough to
// be seen running; the tasks after it are again timed one by one. Tasks that
// run for longer than 100 milliseconds are shown while they run, with a delay
// of at most 200 milliseconds.
package parallel
