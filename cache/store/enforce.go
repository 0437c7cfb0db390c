package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"labbook/cache/store/index"
)

const (
	// quiet is how many times as long as it took a store rests after a look at
	// its limits, so that it takes a small part of a core at most.
	quiet = 9

	// busyPause is how long it rests if another process is looking.
	busyPause = 20 * time.Millisecond

	// agePart is after which part of MaxAge the store looks again for what got
	// too old.
	agePart = 16
)

// An enforcer keeps a store within its limits, in a goroutine that runs when
// there is something to do.
type enforcer struct {
	began   atomic.Bool  // the limits were looked at once
	nextAge atomic.Int64 // when to look for what is too old
	active  atomic.Bool  // the goroutine runs

	mutex    sync.Mutex
	finished chan struct{} // closed when the goroutine ends
	hurry    chan struct{} // closed when somebody waits for it
	rest     time.Time     // until when it rests
}

// watch is called after each Put. It costs next to nothing unless something is
// to be done, and that happens elsewhere.
func (s *Store) watch() {
	if s.limits != (Limits{}) && s.due() {
		s.enforceSoon()
	}
}

func (s *Store) due() bool {
	e := &s.enforcer
	if !e.began.Load() {
		return true
	}
	if s.limits.MaxAge > 0 && s.now() > e.nextAge.Load() {
		return true
	}
	return s.limits.exceeded(s.index.Totals())
}

// enforceSoon starts the goroutine unless it runs.
func (s *Store) enforceSoon() {
	e := &s.enforcer
	if e.active.Load() {
		return
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.active.Swap(true) {
		return
	}
	e.finished, e.hurry = make(chan struct{}), make(chan struct{})
	go s.enforce(e.finished, e.hurry)
}

func (s *Store) enforce(finished, hurry chan struct{}) {
	e := &s.enforcer
	defer func() {
		e.mutex.Lock()
		e.active.Store(false)
		e.mutex.Unlock()
		close(finished)
	}()
	for {
		e.mutex.Lock()
		pause := time.Until(e.rest)
		e.mutex.Unlock()
		if pause > 0 {
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-hurry:
			}
			timer.Stop()
		}
		begun := time.Now()
		e.began.Store(true)
		e.nextAge.Store(s.now() + int64(s.limits.MaxAge/agePart))
		c, err := s.collect(context.Background(), s.limits, s.limits.eased(), false)
		pause = quiet * time.Since(begun)
		busy := errors.Is(err, index.ErrBusy)
		if busy {
			pause = busyPause
		} else if err != nil {
			s.report(err)
		}
		e.mutex.Lock()
		e.rest = time.Now().Add(pause)
		e.mutex.Unlock()
		if busy || c.Evicted == 0 || !s.due() {
			return
		}
	}
}

// wait waits for the goroutine, if it runs, and does not let it rest.
func (e *enforcer) wait() {
	e.mutex.Lock()
	finished, hurry := e.finished, e.hurry
	e.finished, e.hurry = nil, nil
	e.mutex.Unlock()
	if finished != nil {
		close(hurry)
		<-finished
	}
}

// A problemReport is who is told of what keeps the index from working.
type problemReport struct {
	once sync.Once
	tell func(error)
}

// OnProblem sets what is told, once, that entries are stored and found, but that
// limits may not be kept, since the index cannot be used. It must not call the
// store.
func (s *Store) OnProblem(tell func(error)) { s.problem.Store(&problemReport{tell: tell}) }

func (s *Store) report(err error) {
	if p := s.problem.Load(); p != nil {
		p.once.Do(func() { p.tell(err) })
	}
}
