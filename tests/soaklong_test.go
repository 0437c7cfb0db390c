//go:build unix

package tests

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"labbook/runlog"
	"labbook/runlog/record"

	"github.com/google/go-cmp/cmp"
)

// A longRun is the program that goes on all the time.
type longRun struct {
	busy *busyRun
	over chan error

	mu      sync.Mutex
	calls   int       // that had returned
	last    time.Time // when it told of something
	silence time.Duration
	memory  []int64 // at regular moments; empty where the system does not tell
	files   []int   // open ones, likewise
}

func (s *soak) startLong(t *testing.T) *longRun {
	t.Helper()
	l := &longRun{over: make(chan error, 1), last: time.Now()}
	l.busy = newBusyWithin(t, s.asked+5*deadline, s.dir, longFirst, "-input", "-pause", "10ms")
	l.busy.cmd.Env = append(l.busy.cmd.Env, fmt.Sprint("LABBOOK_OUTPUT_LIMIT=", longLimit))
	l.busy.start(t)
	go func() {
		err := l.busy.deeds(func(d deed) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if !d.isPrinting() {
				l.calls++
			}
			l.silence, l.last = max(l.silence, time.Since(l.last)), time.Now()
		})
		l.over <- errors.Join(err, l.busy.cmd.Wait())
	}()
	return l
}

// end has it end by itself.
func (l *longRun) end(t *testing.T) {
	t.Helper()
	if err := l.busy.stdin.Close(); err != nil {
		t.Error(err)
	}
	if err := <-l.over; err != nil {
		t.Errorf("the long-running program: %v\n%s", err, l.busy.stderr.Bytes())
	}
}

func (l *longRun) returned() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

func (l *longRun) bytes() int { return l.busy.stdout.Len() + l.busy.stderr.Len() }

// measure looks at its memory and its open files.
func (l *longRun) measure() {
	proc := "/proc/" + strconv.Itoa(l.busy.cmd.Process.Pid)
	statm, err := os.ReadFile(filepath.Join(proc, "statm"))
	if err != nil {
		return
	}
	var size, resident int64
	files, err := os.ReadDir(filepath.Join(proc, "fd"))
	if n, _ := fmt.Sscan(string(statm), &size, &resident); n < 2 || err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.memory = append(l.memory, resident*int64(os.Getpagesize()))
	l.files = append(l.files, len(files))
}

// quarters are the largest values of each quarter of a series.
func quarters[T int | int64](series []T) (largest [4]T) {
	for i, n := range series {
		at := i * 4 / len(series)
		largest[at] = max(largest[at], n)
	}
	return largest
}

func (l *longRun) growth() string {
	return fmt.Sprintf("its memory by quarters %d, its open files %d, at most silent for %v", quarters(l.memory), quarters(l.files), l.silence.Round(time.Millisecond))
}

// check looks for all of its calls, and for what is to be kept of its output.
func (l *longRun) check(t *testing.T, book *runlog.Reader, run *record.Run) {
	t.Helper()
	calls := callsOf(t, book, run.ID)
	want := record.Counts{Calls: int64(l.calls), Hits: int64(l.calls / 2), Misses: int64(l.calls / 2), Saved: run.Counts.Saved, Spent: run.Counts.Spent}
	if diff := cmp.Diff(want, run.Counts); diff != "" || len(calls) != l.calls || run.Status != record.StatusOK {
		t.Errorf("the long-running program is %s and has %d calls; its counts are (-want +got):\n%s", run.Status, len(calls), diff)
	}
	printed := map[record.Stream]string{record.Stdout: l.busy.stdout.String(), record.Stderr: l.busy.stderr.String()}
	on, missing := keptOf(t, book, run.ID, printed)
	if missing+on != int64(l.bytes()) || missing > 0 && on < longLimit/2 || on > 2*longLimit {
		t.Errorf("of %d bytes %d are on record and %d are known to be missing; about %d are to be kept", l.bytes(), on, missing, longLimit)
	}
	// What is there in the second quarter is about what it takes, but for the keys that
	// it remembers to have told of: 65,536 of 175 bytes, and as much again that the
	// garbage collector leaves, which takes it some eight minutes.
	if q := quarters(l.memory); q[3] > q[1]+q[1]/8+23<<20 {
		t.Errorf("the long-running program's memory grows: %d in each quarter at the most", q)
	}
	if q := quarters(l.files); q[3] > q[1]+2 {
		t.Errorf("the long-running program opens more and more files: %d in each quarter at the most", q)
	}
}
