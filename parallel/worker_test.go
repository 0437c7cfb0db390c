package parallel

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

func TestChunksGrowWithShortTasksAndShrinkWithLongOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorker(0, &batch{}, nil)
		sizes := func(task time.Duration, chunks int) (got []int64) {
			for range chunks {
				got = append(got, w.size)
				w.resize(w.size, time.Duration(w.size)*task)
			}
			return got
		}
		if diff := cmp.Diff([]int64{1, 2, 4, 8, 16, 32, 50, 50}, sizes(time.Microsecond, 8)); diff != "" {
			t.Errorf("tasks of a microsecond make chunks of (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int64{50, 3, 3}, sizes(15*time.Microsecond, 3)); diff != "" {
			t.Errorf("tasks of 15 microseconds make chunks of (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int64{3, 1, 1}, sizes(time.Hour, 3)); diff != "" {
			t.Errorf("tasks of an hour make chunks of (-want +got):\n%s", diff)
		}
		w = newWorker(0, &batch{}, nil)
		for _, size := range sizes(0, 100) {
			if size > longestChunk {
				t.Fatalf("tasks that take no time make a chunk of %d", size)
			}
		}
	})
}

// schedule runs tasks that take so long, on one job, and returns the book.
func schedule(t *testing.T, took []time.Duration, opts ...Option) *notebook {
	t.Helper()
	book := &notebook{}
	_, err := Map(t.Context(), took, func(_ context.Context, d time.Duration) (int, error) {
		pass(d)
		return 0, nil
	}, append(opts, recordTo(book))...)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func TestTasksFromAMillisecondOnAreRecorded(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 2} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				took := []time.Duration{
					time.Millisecond, time.Millisecond - 1, 3 * time.Millisecond,
					0, 20 * time.Millisecond, 0, 0, 5 * time.Millisecond, 0, time.Second,
				}
				book := schedule(t, took, Jobs(jobs))
				var want, got []int64
				for i, d := range took {
					if d >= time.Millisecond {
						want = append(want, int64(i))
					}
				}
				for _, row := range book.tasks() {
					got = append(got, row.Index)
					if d := row.Ended.Sub(row.Started); d != took[row.Index] {
						t.Errorf("task %d took %v, recorded is %v", row.Index, took[row.Index], d)
					}
					if row.Status != record.BatchOK || row.Attempt != 1 || !row.Queued.Equal(began) || row.Worker >= jobs {
						t.Errorf("recorded is %+v", row)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("recorded tasks (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestShortTasksCostTwoEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		book := schedule(t, make([]time.Duration, 10_000), Jobs(2), Label("trivial"))
		want := []event.Event{
			&event.BatchStart{
				Batch: 1, Scope: event.Scope{Task: -1}, Label: "trivial", Backend: "goroutines",
				Jobs: 2, Tasks: 10_000, Started: began,
			},
			&event.BatchEnd{Batch: 1, Tasks: 10_000, Done: 10_000, Ended: began, Status: record.BatchOK},
		}
		if diff := cmp.Diff(want, book.events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestBatchWithoutLabelIsNamedAfterItsFunction(t *testing.T) {
	t.Parallel()
	book := &notebook{}
	if _, err := Map(t.Context(), upTo(3), square, recordTo(book)); err != nil {
		t.Fatal(err)
	}
	if got := eventsOf[*event.BatchStart](book)[0].Label; got != "labbook/parallel.square" {
		t.Errorf("the batch is recorded as %q", got)
	}
}

func TestLongTasksAreShownWhileTheyRun(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 2} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				book := &notebook{}
				_, err := Map(t.Context(), upTo(2), func(_ context.Context, n int) (int, error) {
					pass(time.Second)
					var running []int64
					for _, row := range book.rows() {
						if row.Status == record.BatchRunning && row.Ended.IsZero() {
							running = append(running, row.Index)
						}
					}
					if len(running) <= n {
						return 0, fmt.Errorf("task %d is not shown as running after a second: %v", n, running)
					}
					return 0, nil
				}, Jobs(jobs), recordTo(book))
				if err != nil {
					t.Fatal(err)
				}
				for i, row := range book.tasks() {
					started := began
					if jobs == 1 {
						started = began.Add(time.Duration(i) * time.Second)
					}
					if row.Status != record.BatchOK || !row.Started.Equal(started) || row.Ended.Sub(row.Started) != time.Second {
						t.Errorf("in the end task %d is recorded as %+v", i, row)
					}
				}
				if got := len(book.rows()); got != 4 {
					t.Errorf("two tasks make %d reports, want one each for running and ended", got)
				}
			})
		})
	}
}

// After many trivial tasks chunks are long. A task of a second in the middle of
// one is shown, and recorded with its end; so is the next one.
func TestLongTaskWithinAChunkIsSeenIfItLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		took := make([]time.Duration, 100_000)
		took[50_000] = time.Second
		took[50_001] = 2 * time.Second
		book := schedule(t, took, Jobs(1))
		var got []int64
		for _, row := range book.tasks() {
			// A report that is made as a long task ends may come upon a
			// short one.
			if took[row.Index] > 0 {
				got = append(got, row.Index)
			}
			if d := row.Ended.Sub(row.Started); d != took[row.Index] {
				t.Errorf("task %d took %v, recorded is %v", row.Index, took[row.Index], d)
			}
		}
		if diff := cmp.Diff([]int64{50_000, 50_001}, got); diff != "" {
			t.Errorf("recorded tasks (-want +got):\n%s", diff)
		}
	})
}

func TestTaskThatHasJustBegunIsNotShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// The first report is made after 200 milliseconds.
		book := schedule(t, []time.Duration{150 * time.Millisecond, 90 * time.Millisecond}, Jobs(1))
		for _, row := range book.rows() {
			if row.Status == record.BatchRunning {
				t.Errorf("reported: %+v", row)
			}
		}
		if got := len(book.rows()); got != 2 {
			t.Errorf("two tasks make %d reports, want 2", got)
		}
	})
}

// A slowNotebook takes a second to write down a report of tasks.
type slowNotebook struct{ notebook }

func (n *slowNotebook) Emit(e event.Event) {
	if _, ok := e.(*event.Tasks); ok {
		pass(time.Second)
	}
	n.notebook.Emit(e)
}

func TestTheEndOfABatchIsTheLastThatIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &slowNotebook{}
		began := time.Now()
		// When the task ends, a report that shows it running is being made.
		_, err := Map(t.Context(), upTo(1), func(context.Context, int) (int, error) {
			pass(300 * time.Millisecond)
			return 0, nil
		}, func(s *settings) { s.recorder = book })
		if got := time.Since(began); err != nil || got != 2200*time.Millisecond {
			t.Errorf("Map took %v, error %v; want the two seconds of both reports", got, err)
		}
		var got []string
		for _, e := range book.events {
			got = append(got, fmt.Sprintf("%T", e))
		}
		want := []string{"*event.BatchStart", "*event.Tasks", "*event.Tasks", "*event.BatchEnd"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestALongTaskPaysForTimingThoseAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		took := make([]time.Duration, 100_000)
		// Within a chunk of trivial tasks, and too short to be seen running.
		const surprise = 50_000
		took[surprise] = 99 * time.Millisecond
		// The rest of that chunk may have longestChunk tasks; from its end on
		// 99ms/20/200ns = 24,750 are timed.
		const second = surprise + longestChunk + 5000
		took[second] = 2 * time.Millisecond
		rows := schedule(t, took, Jobs(1)).tasks()
		if len(rows) != 1 || rows[0].Index != second {
			t.Errorf("recorded: %+v; want the second long task and no other", rows)
		}
	})
}

func TestFailedTaskIsRecordedHoweverShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{}
		long := strings.Repeat("x", 3*longestErrorText)
		_, err := Map(t.Context(), upTo(1000), func(_ context.Context, n int) (int, error) {
			if n == 500 {
				return 0, fmt.Errorf("%s", long)
			}
			return 0, nil
		}, Jobs(1), recordTo(book))
		if err == nil {
			t.Fatal("Map does not fail")
		}
		rows := book.tasks()
		if len(rows) != 1 || rows[0].Index != 500 || rows[0].Status != record.BatchFailed ||
			len(rows[0].Error) > longestErrorText || !strings.HasPrefix(rows[0].Error, "xxx") || !strings.HasSuffix(rows[0].Error, "…") {
			t.Errorf("recorded: %+v", rows)
		}
	})
}

func TestStoppedTasksAreRecordedAsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{}
		_, _ = Map(t.Context(), upTo(3), func(ctx context.Context, n int) (int, error) {
			if n == 2 {
				pass(time.Minute)
				return 0, errBoom
			}
			<-ctx.Done()
			return 0, ctx.Err()
		}, Jobs(3), recordTo(book))
		var got []record.BatchStatus
		for _, row := range book.tasks() {
			got = append(got, row.Status)
		}
		want := []record.BatchStatus{record.BatchCancelled, record.BatchCancelled, record.BatchFailed}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("status of tasks (-want +got):\n%s", diff)
		}
		if end := book.end(); end.Failed != 1 || end.Done != 0 {
			t.Errorf("recorded as %+v", end)
		}
	})
}

func TestTaskThatIsShownHasAnEndEvenIfItIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorker(0, &batch{started: time.Now()}, nil)
	w.begin(7, 0)
	w.scope.Move(7)
	if _, ok := w.scope.Mark(); !ok {
		t.Fatal("the task in hand cannot be marked")
	}
	w.end(7)
	rows := w.takeRows()
	if len(rows) != 1 || rows[0].Index != 7 || rows[0].Status != record.BatchCancelled || w.begun != 0 {
		t.Errorf("%d tasks begun, rows %+v", w.begun, rows)
	}
}

func TestStreamTasksAreRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		book := &notebook{}
		took := []time.Duration{time.Second, 0, 2 * time.Millisecond}
		for _, err := range Stream(t.Context(), func(yield func(int) bool) {
			for n := range 3 {
				pass(time.Minute)
				if !yield(n) {
					return
				}
			}
		}, func(_ context.Context, n int) (int, error) {
			pass(took[n])
			return 0, nil
		}, Jobs(2), recordTo(book)) {
			if err != nil {
				t.Fatal(err)
			}
		}
		var got []int64
		for _, row := range book.tasks() {
			got = append(got, row.Index)
			if want := began.Add(time.Duration(row.Index+1) * time.Minute); !row.Queued.Equal(want) || !row.Started.Equal(want) {
				t.Errorf("task %d was queued and started at %v, recorded is %+v", row.Index, want, row)
			}
			if d := row.Ended.Sub(row.Started); d != took[row.Index] || row.Status != record.BatchOK {
				t.Errorf("task %d took %v, recorded is %+v", row.Index, took[row.Index], row)
			}
		}
		if diff := cmp.Diff([]int64{0, 2}, got); diff != "" {
			t.Errorf("recorded tasks (-want +got):\n%s", diff)
		}
		start := eventsOf[*event.BatchStart](book)[0]
		if end := book.end(); start.Tasks != -1 || end.Tasks != 3 || end.Done != 3 {
			t.Errorf("recorded as %+v, then %+v", start, end)
		}
	})
}
