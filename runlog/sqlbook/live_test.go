package sqlbook

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A silentRun is a run in a lab-book whose clock the test sets.
type silentRun struct {
	t     *testing.T
	book  *Book
	clock time.Time
}

// begin starts a run that beats for the first time two seconds later.
func begin(t *testing.T, implicit bool) *silentRun {
	t.Helper()
	r := &silentRun{t: t, book: create(t), clock: start}
	r.book.now = func() time.Time { return r.clock }
	r.apply(&event.RunStart{Run: record.Run{Started: start, Implicit: implicit}})
	r.wait(2 * time.Second)
	r.apply(&event.Heartbeat{At: r.clock})
	return r
}

func (r *silentRun) apply(events ...event.Event) { apply(r.t, r.book, runUUID, events...) }

func (r *silentRun) wait(d time.Duration) { r.clock = r.clock.Add(d) }

// want checks the run's status, however it is asked for, and how long it has
// taken up to now.
func (r *silentRun) want(when string, status record.Status, took time.Duration) {
	r.t.Helper()
	run, err := r.book.Run(r.t.Context(), 1)
	if err != nil {
		r.t.Fatal(err)
	}
	if run.Status != status || run.Duration(r.clock) != took {
		r.t.Errorf("%s: %s for %v, want %s for %v", when, run.Status, run.Duration(r.clock), status, took)
	}
	if run.Status.Ended() && status != record.StatusDied && status != record.StatusEnded && run.Ended.IsZero() {
		r.t.Errorf("%s: it has no end", when)
	}
	runs, err := r.book.Runs(r.t.Context(), record.RunQuery{Filter: record.Filter{Statuses: []record.Status{status}}})
	if err != nil || len(runs) != 1 {
		r.t.Errorf("%s: %d runs are %s, %v; want it among them", when, len(runs), status, err)
	}
}

// A laptop was closed, or the program stopped with Ctrl-Z: when it goes on, so
// does its run.
func TestSilentRunComesBackToLife(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		last   []event.Event // made at the time when they come
		want   record.Status
	}{
		{"it ends well", []event.Event{&event.RunEnd{Status: record.StatusOK}}, record.StatusOK},
		{"it fails", []event.Event{&event.RunEnd{Status: record.StatusFailed, ExitCode: 1}}, record.StatusFailed},
		{"somebody sees it end", []event.Event{&event.Exit{}}, record.StatusOK},
		{"somebody sees it killed", []event.Event{&event.Exit{Signal: "killed"}}, record.StatusKilled},
		{"it is killed as it ends", []event.Event{&event.RunEnd{Status: record.StatusOK}, &event.Exit{Signal: "killed"}}, record.StatusKilled},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			r := begin(t, false)
			r.wait(silentAfter)
			r.want("just not too silent", record.StatusRunning, 2*time.Second+silentAfter)
			r.wait(time.Nanosecond)
			r.want("silent", record.StatusDied, 2*time.Second)
			r.wait(time.Hour)
			r.want("silent for an hour", record.StatusDied, 2*time.Second)
			r.apply(&event.Heartbeat{At: r.clock})
			r.want("alive again", record.StatusRunning, r.clock.Sub(start))
			r.wait(time.Second)
			for _, e := range test.last {
				switch e := e.(type) {
				case *event.RunEnd:
					e.Ended = r.clock
				case *event.Exit:
					e.At = r.clock
				}
				r.apply(e)
			}
			took := r.clock.Sub(start)
			r.wait(time.Hour)
			r.want("over", test.want, took)
		})
	}
}

// One that says nothing more after its silence but how it ended is not taken for
// dead either.
func TestSilentRunEnds(t *testing.T) {
	t.Parallel()
	r := begin(t, false)
	r.wait(time.Hour)
	r.apply(&event.RunEnd{Ended: r.clock, Status: record.StatusOK})
	r.want("over", record.StatusOK, time.Hour+2*time.Second)
}

// A run that was closed for dead, as far as could be told, is alive when it
// gives a sign of life later; but not one that was seen to end.
func TestRunThatWasGivenUpComesBackToLife(t *testing.T) {
	t.Parallel()
	for _, implicit := range []bool{false, true} {
		r := begin(t, implicit)
		if err := r.book.Finish(t.Context(), runUUID, true); err != nil {
			t.Fatal(err)
		}
		dead := record.StatusDied
		if implicit {
			dead = record.StatusEnded
		}
		r.want("given up", dead, 2*time.Second)
		r.wait(time.Hour)
		r.apply(&event.Heartbeat{At: r.clock})
		r.want("alive again", record.StatusRunning, time.Hour+2*time.Second)
		r.apply(&event.RunEnd{Ended: r.clock, Status: record.StatusOK})
		r.want("over", record.StatusOK, time.Hour+2*time.Second)
	}

	r := begin(t, false)
	if err := r.book.Finish(t.Context(), runUUID, true); err != nil {
		t.Fatal(err)
	}
	r.apply(&event.Heartbeat{At: r.clock}) // is not newer than what was known
	r.want("still given up", record.StatusDied, 2*time.Second)

	r = begin(t, false)
	r.apply(&event.Exit{At: r.clock, Signal: "killed"})
	r.wait(time.Second)
	r.apply(&event.Heartbeat{At: r.clock}) // written before, taken in later
	r.want("killed", record.StatusKilled, 2*time.Second)
}

// However long a run is, its series is short, and reaches from its beginning to
// its end.
func TestSamplesAreFew(t *testing.T) {
	t.Parallel()
	b := create(t)
	apply(t, b, runUUID, &event.RunStart{Run: record.Run{Started: start}})
	apply(t, b, "another", &event.RunStart{Run: record.Run{Started: start}}, &event.Sample{Sample: record.Sample{At: start}})
	for i := range 3*record.MaxSamples + 1 {
		at := start.Add(time.Duration(i) * time.Second)
		apply(t, b, runUUID, &event.Sample{Sample: record.Sample{At: at, RSS: int64(i)}})
		if i%50 != 0 && i < 3*record.MaxSamples {
			continue
		}
		run, err := b.Run(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		n := len(run.Samples)
		if n > record.MaxSamples || i >= record.MaxSamples && n < record.MaxSamples/2 {
			t.Errorf("after %d samples there are %d", i+1, n)
		}
		if first, last := run.Samples[0].At, run.Samples[n-1].At; !first.Equal(start) || !last.Equal(at) {
			t.Errorf("after %d samples they reach from %v to %v", i+1, first.Sub(start), last.Sub(start))
		}
	}
	run, err := b.Run(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(run.Samples); i++ {
		if run.Samples[i].RSS <= run.Samples[i-1].RSS {
			t.Fatalf("sample %d is %+v, after %+v", i, run.Samples[i], run.Samples[i-1])
		}
	}
	other, err := b.Run(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]record.Sample{{At: start}}, other.Samples); diff != "" {
		t.Errorf("samples of another run (-want +got):\n%s", diff)
	}
}
