//go:build unix

package capture

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/record"
)

// roleVariable makes a program take the helper's role, which the value describes.
const roleVariable = "LABBOOK_CAPTURE_ROLE"

// helperName is what process listings show.
const helperName = "labbook-capture"

// A role is what the helper has to know.
type role struct {
	Dir     string
	Run     uuid.UUID
	Limit   int64
	Token   string
	Sources []roleSource
	// PID and TID are the process to be watched and its thread for that; 0 for
	// none.
	PID, TID int
}

type roleSource struct {
	Stream   record.Stream
	Terminal bool
}

// Files that the helper is born with, after the standard three; then come what
// to read and where to write it, for each source. The crash pipe has no
// destination: a trace reaches stderr by itself.
const (
	fdAsks = 3 + iota
	fdAnswers
	fdCrash
	fdSources
)

// What the program asks of the helper, a byte each. Its end of the pipe ends with
// it.
const (
	askWatch byte = 'w' // begin to watch: it is allowed by now
	askStop  byte = 's' // stop watching, and say when all that was printed so far has arrived
)

// What the helper answers. A source's number follows answerBroken and answerFull,
// and after that, as after answerLost, a system's error number.
const (
	answerWatching byte = 'w' // or that it cannot
	answerTrace    byte = 't' // a Go program's trace was printed; comes before answerDrained
	answerDrained  byte = 'd'
	answerBroken   byte = 'b' // a destination takes no more
	answerFull     byte = 'f' // a destination has no room for what was printed
	answerLost     byte = 'l' // what is printed is not recorded any more, but for its end
)

// init takes the helper's role before main, before the database is initialised,
// and before all packages of the program that import runlog. Go initialises what
// does not depend on each other by import path, so that a package that comes
// before labbook's in the alphabet is initialised in the helper too.
func init() {
	description, isHelper := os.LookupEnv(roleVariable)
	if !isHelper {
		return
	}
	// All that a terminal sends to its foreground processes, and what a
	// process manager sends to a group: the helper outlives the program.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTSTP, syscall.SIGTTOU, syscall.SIGTTIN)
	// A write to a closed destination is seen as an error and passed on to the
	// program by closing its source.
	signal.Ignore(syscall.SIGPIPE)
	nameProcess(helperName)
	var r role
	if err := json.Unmarshal([]byte(description), &r); err != nil {
		os.Exit(1)
	}
	if newHelper(&r).serve() != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

type helper struct {
	role    *role
	sink    *sink // nil if it cannot be made
	tees    []*tee
	crash   *tee
	asks    *os.File
	mu      sync.Mutex // held while an answer is written
	answers *os.File
}

func newHelper(r *role) *helper {
	h := &helper{role: r, asks: os.NewFile(fdAsks, "asks"), answers: os.NewFile(fdAnswers, "answers")}
	for i, source := range r.Sources {
		t := &tee{
			from: os.NewFile(uintptr(fdSources+2*i), "source"), to: os.NewFile(uintptr(fdSources+2*i+1), string(source.Stream)),
			marks:  newMarks(source.Stream, r.Token),
			broken: func() { h.answer(answerBroken, byte(i)) },
			full:   func(why syscall.Errno) { h.answer(answerFull, byte(i), byte(why)) },
		}
		if source.Terminal {
			t.settings = followSettings(t.from, t.to)
		}
		h.tees = append(h.tees, t)
	}
	last := h.tees[len(h.tees)-1] // stderr, or both
	h.crash = &tee{from: os.NewFile(fdCrash, "crash pipe"), marks: newMarks(last.marks.stream, r.Token)}
	return h
}

// serve is the helper's whole life. If there can be no spool it says so on the
// program's stderr: passing the output on matters more than recording it.
func (h *helper) serve() error {
	sink, err := newSink(h.role.Dir, h.role.Run, h.role.Limit)
	if err != nil {
		_, _ = fmt.Fprintf(h.tees[len(h.tees)-1].to, "labbook: %v; what the program prints is not recorded\n", err)
	} else {
		h.sink = sink
		sink.lost = func(err error) {
			errno, _ := errors.AsType[syscall.Errno](err)
			h.answer(answerLost, byte(errno))
		}
	}
	var group sync.WaitGroup
	for _, t := range append(h.tees, h.crash) {
		t.sink = h.sink
		group.Go(t.run)
	}
	w := newWatch(h)
	go h.listen(w) // it ends with the process
	group.Wait()
	w.wait()
	return h.sink.close()
}

// listen does what the program asks for.
func (h *helper) listen(w *watch) {
	ask := make([]byte, 1)
	for {
		if n, _ := h.asks.Read(ask); n == 0 {
			w.forgo()
			return
		}
		switch ask[0] {
		case askWatch:
			w.begin()
		case askStop:
			w.leave()
			h.drain(time.Time{})
			if h.sawTrace() {
				h.answer(answerTrace)
			}
			h.answer(answerDrained)
		}
	}
}

// drain waits until all that was printed so far has arrived, but not beyond the
// deadline unless that is zero.
func (h *helper) drain(deadline time.Time) {
	for _, t := range h.tees {
		for !t.isEmpty() && (deadline.IsZero() || time.Now().Before(deadline)) {
			time.Sleep(50 * time.Microsecond) //nolint:forbidigo // the tee is at work, and has no time for signals
		}
	}
}

// sawTrace reports whether the trace of a Go program was printed.
func (h *helper) sawTrace() bool {
	return slices.ContainsFunc(h.tees, func(t *tee) bool { return t.trace.found.Load() })
}

// answer tells the program something. If it does not listen any more, all is
// well.
func (h *helper) answer(bytes ...byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = h.answers.Write(bytes)
}

// environment is the process's, without what would make the helper's own
// runtime behave like the program's.
func environment() []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		switch name {
		case "GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GOTRACEBACK", "GOCOVERDIR", roleVariable:
		default:
			env = append(env, entry)
		}
	}
	return append(env, "GOMAXPROCS=2")
}
