package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
)

func appendTag(t testing.TB, w *Writer, tag string) {
	t.Helper()
	if err := w.Append(&event.Tag{Tag: tag}); err != nil {
		t.Fatal(err)
	}
}

// isMapped skips a test of mappings where there are none.
func isMapped(t testing.TB, w *Writer) {
	t.Helper()
	if w.room.mapping == nil {
		t.Skip("this system has no mappings")
	}
}

// The steps by which a spool grows, and events larger than they are, leave
// nothing out; a reader comes along while it is written.
func TestGrowing(t *testing.T) {
	t.Parallel()
	for name, isMapped := range map[string]bool{"mapped": true, "written": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := create(t)
			if !isMapped {
				if err := w.room.close(); err != nil {
					t.Fatal(err)
				}
				w.room.end, w.room.prepareAt = math.MaxInt64, math.MaxInt64
			}
			sizes := []int{0, 1, 50, 3 << 10, 40 << 10, 100 << 10, 500, 7 << 20, 3 << 10, 10}
			written := make(chan error, 1)
			var want int64
			go func() {
				for i := range 2000 {
					size := sizes[i%len(sizes)]
					if size > 1<<20 && i > 100 {
						size = 1000
					}
					tag := fmt.Sprint(i, " ", strings.Repeat("x", size))
					if err := w.Append(&event.Tag{Tag: tag}); err != nil {
						written <- err
						return
					}
				}
				written <- w.Close()
			}()
			r := open(t, w.Path())
			for over := false; ; {
				e, err := r.Next()
				if err == nil {
					tag := e.(*event.Tag).Tag
					if number, rest, _ := strings.Cut(tag, " "); number != fmt.Sprint(want) || strings.Trim(rest, "x") != "" {
						t.Fatalf("event %d is %.20q", want, tag)
					}
					want++
					continue
				}
				if !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				if over {
					break
				}
				select {
				case err := <-written:
					if err != nil {
						t.Fatal(err)
					}
					over = true // one last look
				default:
					runtime.Gosched()
				}
			}
			if want != 2000 {
				t.Errorf("%d events were read, want 2000", want)
			}
			if size, err := r.Size(); err != nil || size != r.Offset() {
				t.Errorf("closed, the spool has %d bytes (%v), want the %d of its events", size, err, r.Offset())
			}
		})
	}
}

func TestCallsAreAppendedWithoutAllocating(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	w := create(t)
	digest := make([]byte, 32)
	origin := run.String()
	end := hit(1, digest)
	start := &event.CallStart{Call: 1, Scope: end.Scope, Function: 1, Key: digest, Started: end.Started}
	for name, appendIt := range map[string]func() error{
		"the end of a call on the stack": func() error {
			return w.AppendCallEnd(&event.CallEnd{Call: 1, Key: digest, Outcome: "hit", OriginRun: origin, Started: end.Started})
		},
		"the end of a call":   func() error { return w.Append(end) },
		"the start of a call": func() error { return w.Append(start) },
	} {
		allocations := testing.AllocsPerRun(2000, func() {
			if err := appendIt(); err != nil {
				t.Fatal(err)
			}
		})
		if allocations > 0 {
			t.Errorf("%s costs %v allocations", name, allocations)
		}
	}
}

// Who copies a file system's snapshot over a spool, or fills the disk of one
// that copies on write, ends recording and not the program.
func TestFaultIsAnError(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows cuts no file short that is mapped")
	}
	w := create(t)
	isMapped(t, w)
	appendTag(t, w, "before")
	if err := os.Truncate(w.Path(), w.used); err != nil {
		t.Fatal(err)
	}
	err := w.Append(&event.Tag{Tag: strings.Repeat("x", 20<<10)}) // not on the page that is left
	if err == nil {
		t.Fatal("an event was appended to memory that is gone")
	}
	if again := w.Append(&event.Tag{}); !errors.Is(again, err) {
		t.Errorf("the next time: %v; want again %v", again, err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"before"}, tags(t, open(t, w.Path()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A writer that nobody follows is held up, then left alone, then stopped.
func TestNobodyTakesIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := create(t)
		w.bounds = bounds{soft: 10_000, hard: 1_000_000, patience: 10 * time.Millisecond, stalled: time.Second, lookAgain: 20_000}
		w.backlog.check = w.bounds.soft
		tag := strings.Repeat("x", 998-recordHead-2)
		var waited, longest time.Duration
		for range 2000 {
			begun := time.Now()
			err := w.Append(&event.Tag{Tag: tag})
			took := time.Since(begun)
			waited += took
			longest = max(longest, took)
			if w.used <= w.bounds.soft && took > 0 {
				t.Fatalf("at %d bytes it waits %v", w.used, took)
			}
			if err != nil {
				if !errors.Is(err, ErrNotTakenIn) {
					t.Fatal(err)
				}
				break
			}
		}
		if longest != w.bounds.patience {
			t.Errorf("an event waits for %v, want %v", longest, w.bounds.patience)
		}
		if waited < w.bounds.stalled-w.bounds.patience || waited > w.bounds.stalled+w.bounds.patience {
			t.Errorf("all events wait for %v, want about %v: nothing moves", waited, w.bounds.stalled)
		}
		if w.used < w.bounds.hard || w.used > w.bounds.hard+w.bounds.lookAgain+1000 {
			t.Errorf("it ends at %d bytes, want soon after %d", w.used, w.bounds.hard)
		}
	})
}

// A writer goes on as soon as others catch up, and looks again when it is ahead
// of them again.
func TestOthersCatchUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := create(t)
		w.bounds = bounds{soft: 10_000, hard: 100_000, patience: time.Hour, stalled: 2 * time.Hour, lookAgain: 1}
		w.backlog.check = w.bounds.soft
		r := open(t, w.Path())
		tag := strings.Repeat("x", 998-recordHead-2)
		for round := range 3 {
			appended := make(chan struct{})
			go func() {
				defer close(appended)
				for range 15 {
					appendTag(t, w, tag)
				}
			}()
			synctest.Wait()
			select {
			case <-appended:
				t.Fatalf("round %d: nobody takes in %d bytes, and it does not wait", round, w.used-r.Offset())
			default:
			}
			got := len(tags(t, r))
			r.TakenIn(r.Offset())
			<-appended
			got += len(tags(t, r))
			r.TakenIn(r.Offset())
			if got != 15 {
				t.Errorf("round %d: %d events were taken in, want 15", round, got)
			}
		}
	})
}

// What was taken in is skipped by those who do not know how far others came.
func TestBegin(t *testing.T) {
	t.Parallel()
	w := create(t)
	r := open(t, w.Path())
	appendTag(t, w, "first")
	tags(t, r)
	r.TakenIn(r.Offset())
	appendTag(t, w, "second")
	again := open(t, w.Path())
	again.SkipTo(0)
	if diff := cmp.Diff([]string{"second"}, tags(t, again)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	content := read(t, w.Path())
	if begin := binary.LittleEndian.Uint64(content[beginAt:]); begin != uint64(r.Offset()) {
		t.Errorf("the header says that records begin at %d, want %d", begin, r.Offset())
	}
	// One that is damaged does not keep anybody from the records.
	for _, begin := range []uint64{1, math.MaxUint64, 1 << 61} {
		binary.LittleEndian.PutUint64(content[beginAt:], begin)
		path := w.Path() + "-damaged"
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"first", "second"}, tags(t, open(t, path))); diff != "" {
			t.Errorf("with begin %d (-want +got):\n%s", begin, diff)
		}
	}
}
