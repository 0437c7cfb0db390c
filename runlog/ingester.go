package runlog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/spool"
	"labbook/runlog/sqlbook"
)

const (
	// settle is how long events gather before they are taken in together.
	settle         = 100 * time.Millisecond
	heartbeatEvery = 2 * time.Second
	// endWait is how long the end of a program waits while others write to the
	// lab-book: what has been recorded is safe by then.
	endWait = time.Second
	// lookAround is how often the folder is searched for spools that helpers
	// of this run have started.
	lookAround = time.Second
)

// An ingester moves the events of its program's run from the spools into the
// lab-book while the program runs, and beats its heart. One goroutine owns it;
// the others send it work.
type ingester struct {
	recorder *Recorder
	awake    atomic.Bool // since the last round that took everything in has begun
	wake     chan struct{}
	requests chan func(context.Context)
	stop     context.CancelFunc
	done     chan struct{}

	// Owned by the goroutine, and by finish after it.
	book    *sqlbook.Book
	readers map[string]*spool.Reader
}

func startIngester(r *Recorder) *ingester {
	ctx, stop := context.WithCancel(context.Background())
	i := &ingester{
		recorder: r, wake: make(chan struct{}, 1), requests: make(chan func(context.Context)),
		stop: stop, done: make(chan struct{}), readers: map[string]*spool.Reader{},
	}
	go i.loop(ctx)
	return i
}

// notify says that there are new events. It never blocks, and costs next to
// nothing while the events before are still gathering.
func (i *ingester) notify() {
	if i.awake.Load() || i.awake.Swap(true) {
		return
	}
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

func (i *ingester) loop(ctx context.Context) {
	defer close(i.done)
	heartbeat := time.NewTicker(heartbeatEvery)
	defer heartbeat.Stop()
	look := time.NewTicker(lookAround)
	defer look.Stop()
	// What earlier programs left comes first: runs are numbered in the order in
	// which the lab-book hears of them.
	if err := i.open(ctx); err == nil {
		err = takeInLeftovers(ctx, i.book, i.recorder.dir)
		if err != nil && ctx.Err() == nil {
			i.recorder.warn(fmt.Errorf("take in what an earlier program left: %w", err))
		}
	}
	// That there is a run is known at once.
	settled := time.After(0) // nil while nothing new is known of
	for {
		select {
		case <-ctx.Done():
			return
		case request := <-i.requests:
			request(ctx)
			continue
		case <-heartbeat.C:
			i.recorder.Emit(&event.Heartbeat{At: time.Now(), Usage: i.recorder.usage().Event()})
			continue
		case <-i.wake:
			if settled == nil {
				settled = time.After(settle)
			}
			continue
		case <-settled:
			settled = nil
		case <-look.C:
		}
		// What goes wrong here is tried again, and reported at the end if it
		// is still wrong: the events are safe in the spool. What no trying will
		// mend is said at once.
		i.awake.Store(false) // before it looks, so that nothing goes unnoticed
		more, err := i.takeIn(ctx)
		if isHopeless(err) {
			i.recorder.warn(i.kept(err))
		}
		if more {
			settled = time.After(0)
		}
	}
}

// isHopeless reports whether the lab-book cannot be used by this program,
// however long it waits.
func isHopeless(err error) bool {
	_, newer := errors.AsType[*sqlbook.NewerError](err)
	return newer || errors.Is(err, sqlbook.ErrNotLabbook)
}

// kept adds to an error what becomes of the events.
func (i *ingester) kept(err error) error {
	return fmt.Errorf("%w; what was recorded is kept in %s and will be taken in later",
		err, filepath.Join(i.recorder.dir, spoolFolder))
}

// takeIn moves what the run's spools hold into the lab-book. It does not run
// after a program that records faster than that; more says that there is more.
func (i *ingester) takeIn(ctx context.Context) (more bool, err error) {
	if err := i.open(ctx); err != nil {
		return false, err
	}
	var problems []error
	// In the order of their names: output comes in segments.
	for _, name := range slices.Sorted(maps.Keys(i.readers)) {
		rest, err := i.takeInOne(ctx, name)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
		more = more || rest
	}
	return more && len(problems) == 0, errors.Join(problems...)
}

// takeInOne takes in what one spool holds, and deletes it if its writer, a helper
// of this program, is done with it.
func (i *ingester) takeInOne(ctx context.Context, name string) (more bool, err error) {
	r := i.readers[name]
	abandoned := false
	if !r.IsMain() {
		if abandoned, err = r.Abandoned(); err != nil {
			return false, err
		}
	}
	if !abandoned {
		return takeIn(ctx, i.book, r)
	}
	delete(i.readers, name)
	return false, finishSpool(ctx, i.book, r)
}

// open opens what is not open yet: the lab-book, and spools of the run.
func (i *ingester) open(ctx context.Context) error {
	if i.book == nil {
		book, err := sqlbook.Create(ctx, filepath.Join(i.recorder.dir, bookFile))
		if err != nil {
			return err
		}
		limit, err := outputLimit()
		if err != nil {
			i.recorder.warn(err)
		}
		book.LimitOutput(limit)
		i.book = book
	}
	return i.openReaders()
}

// openReaders opens the spools of the run that are not open yet.
func (i *ingester) openReaders() error {
	paths, err := spool.List(filepath.Join(i.recorder.dir, spoolFolder))
	if err != nil {
		return err
	}
	for _, path := range paths {
		name := filepath.Base(path)
		if _, open := i.readers[name]; open || !i.isOurs(name) {
			continue
		}
		r, err := spool.Open(path)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, spool.ErrForeign) {
			continue // gone, or still being born
		}
		if err != nil {
			return err
		}
		i.readers[name] = r
	}
	return nil
}

// isOurs reports whether a spool is for this process to take in. If the program
// of a Command records itself, each of the two has its own.
func (i *ingester) isOurs(name string) bool {
	rest, ofRun := strings.CutPrefix(name, i.recorder.id.String()+"-")
	return ofRun && strings.HasPrefix(rest, innerPart) == i.recorder.isInner
}

// flush takes in everything that has been emitted so far and returns the
// lab-book and the number of the run in it. The book is for reading, until the
// run ends.
func (i *ingester) flush(ctx context.Context) (book *sqlbook.Book, run int64, err error) {
	answered := make(chan struct{})
	request := func(loopCtx context.Context) {
		defer close(answered)
		both, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(loopCtx, func() { cancel(context.Cause(loopCtx)) })()
		if _, err = i.takeIn(both); err == nil {
			book = i.book
			run, err = book.RunID(both, i.recorder.UUID())
		}
	}
	select {
	case i.requests <- request:
		<-answered
		return book, run, err
	case <-ctx.Done():
		return nil, 0, fmt.Errorf("take in events: %w", context.Cause(ctx))
	case <-i.done:
		return nil, 0, errors.New("take in events: the run is over")
	}
}

// finish stops the goroutine, takes in the rest and deletes the spools whose
// writers are gone.
func (i *ingester) finish(ctx context.Context) error {
	i.stop()
	<-i.done
	err := i.openToFinish(ctx)
	for _, name := range slices.Sorted(maps.Keys(i.readers)) {
		r := i.readers[name]
		if err != nil {
			err = errors.Join(err, r.Close())
			continue
		}
		abandoned, lockErr := r.Abandoned()
		switch {
		case lockErr != nil:
			err = errors.Join(lockErr, r.Close())
		case abandoned:
			err = finishSpool(ctx, i.book, r)
		default:
			_, err = takeIn(ctx, i.book, r)
			err = errors.Join(err, r.Close())
		}
	}
	if i.book != nil {
		if err == nil {
			forgetSpools(ctx, i.book, i.recorder.dir)
		}
		err = errors.Join(err, i.book.Close())
	}
	if err != nil && !sqlbook.IsBusy(err) { // else whoever opens the lab-book next takes it in
		return i.kept(err)
	}
	return nil
}

// openToFinish is open for what is to be taken in last. It waits as briefly as what
// follows will.
func (i *ingester) openToFinish(ctx context.Context) error {
	if i.book == nil {
		short, cancel := context.WithTimeout(ctx, endWait)
		defer cancel()
		ctx = short
	}
	err := i.open(ctx)
	if i.book != nil {
		i.book.LimitWait(endWait)
	}
	return err
}
