package parallel

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/record"
)

func TestPanicOfTheLoopIsNotSwallowed(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			var begun, ended atomic.Int32
			book := &notebook{}
			caught := func() (caught any) {
				defer func() { caught = recover() }()
				for _, err := range Stream(t.Context(), naturals, func(context.Context, int) (int, error) {
					begun.Add(1)
					pass(time.Second)
					ended.Add(1)
					return 0, nil
				}, Jobs(jobs), recordTo(book)) {
					if err == nil {
						panic("the loop's own")
					}
				}
				return nil
			}()
			if caught != "the loop's own" {
				t.Errorf("%d jobs: the loop panics with %v", jobs, caught)
			}
			if begun.Load() != ended.Load() {
				t.Errorf("%d jobs: of %d tasks only %d had ended", jobs, begun.Load(), ended.Load())
			}
			if end := book.end(); end.Status != record.BatchCancelled {
				t.Errorf("%d jobs: recorded as %+v", jobs, end)
			}
		})
	}
}

func TestErrorEndsTheStreamAfterTheResultsBeforeIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		jobs int
		task func(ctx context.Context, n int) (int, error)
		why  string
	}{
		{"one job", 1, func(_ context.Context, n int) (int, error) {
			if n == 7 {
				return 0, errBoom
			}
			return n * n, nil
		}, "tasks before it are done by then"},
		{"slow tasks before it", 8, func(ctx context.Context, n int) (int, error) {
			if n == 7 {
				return 0, errBoom
			}
			select {
			case <-time.After(time.Hour):
			case <-ctx.Done():
				if n < 7 {
					t.Errorf("task %d is cancelled by the failure of task 7", n)
				}
			}
			return n * n, nil
		}, "tasks before it go on for an hour"},
		{"another failure after it, but earlier", 8, func(_ context.Context, n int) (int, error) {
			switch {
			case n == 7:
				pass(time.Second)
				return 0, errBoom
			case n > 7:
				return 0, errors.New("too early")
			}
			pass(time.Minute)
			return n * n, nil
		}, "task 7 is before the other"},
		{"failures after it, because of it", 8, func(ctx context.Context, n int) (int, error) {
			switch {
			case n == 7:
				return 0, errBoom
			case n > 7:
				<-ctx.Done()
				return 0, errors.New("too late")
			}
			pass(time.Minute)
			return n * n, nil
		}, "task 7 is before the others"},
		{"panic", 3, func(_ context.Context, n int) (int, error) {
			if n == 7 {
				panic(errBoom)
			}
			return n * n, nil
		}, "a panic is an error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				book := &notebook{}
				got, err := collect(Stream(t.Context(), naturals, c.task, Jobs(c.jobs), PreDispatch(12), recordTo(book), Label("naturals")))
				if diff := cmp.Diff(squares(7), got); diff != "" {
					t.Errorf("%s, results (-want +got):\n%s", c.why, diff)
				}
				failed, ok := errors.AsType[*TaskError](err)
				if !ok || failed.Index != 7 || failed.Input != "7" || failed.Batch != "naturals" || !errors.Is(err, errBoom) {
					t.Errorf("the stream ends with %v, want task 7 to fail with %v: %s", err, errBoom, c.why)
				}
				if end := book.end(); end.Status != record.BatchFailed || !strings.Contains(end.Error, "task 7 (input 7): ") {
					t.Errorf("recorded as %+v", end)
				}
			})
		})
	}
}

func TestFailureStopsTheTasksAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stopped atomic.Int32
		began := time.Now()
		got, err := collect(Stream(t.Context(), naturals, func(ctx context.Context, n int) (int, error) {
			switch n {
			case 0:
				pass(time.Minute)
				return 0, nil
			case 1:
				pass(time.Second)
				return 0, errBoom
			}
			<-ctx.Done()
			stopped.Add(1)
			if d := time.Since(began); d != time.Second {
				t.Errorf("task %d is stopped after %v, want 1s, when task 1 failed", n, d)
			}
			return 0, ctx.Err()
		}, Jobs(5)))
		if !errors.Is(err, errBoom) || stopped.Load() != 3 || len(got) != 1 {
			t.Errorf("%d tasks were stopped, results %v, error %v; want 3 and one result", stopped.Load(), got, err)
		}
	})
}

func TestNothingIsReadAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		read := 0
		inputs := func(yield func(int) bool) {
			for n := range naturals {
				pass(time.Second)
				if read++; !yield(n) {
					return
				}
			}
		}
		_, err := collect(Stream(t.Context(), inputs, func(_ context.Context, n int) (int, error) {
			pass(time.Minute)
			if n == 1 {
				return 0, errBoom
			}
			pass(time.Hour)
			return 0, nil
		}, Jobs(2), PreDispatch(1000)))
		// Task 1 fails after 62 seconds; the input that is then on its way is
		// the last one.
		if !errors.Is(err, errBoom) || read < 61 || read > 63 {
			t.Errorf("%d inputs were read, error %v; want 62 and %v", read, err, errBoom)
		}
	})
}

func TestPanicOfTheInputsIsAnError(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 2} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			book := &notebook{}
			got, err := collect(Stream(t.Context(), func(yield func(int) bool) {
				for n := range 5 {
					if !yield(n) {
						return
					}
				}
				panic(errBoom)
			}, square, Jobs(jobs), recordTo(book)))
			if diff := cmp.Diff(squares(5), got); diff != "" {
				t.Errorf("results before the panic (-want +got):\n%s", diff)
			}
			panicked, ok := errors.AsType[*PanicError](err)
			if !ok || !errors.Is(err, errBoom) || err.Error() != "read input 5: panic: boom" {
				t.Errorf("the stream ends with %v", err)
			} else if !strings.Contains(string(panicked.Stack), "TestPanicOfTheInputsIsAnError") {
				t.Errorf("the stack does not show where the panic began:\n%s", panicked.Stack)
			}
			if end := book.end(); end.Status != record.BatchFailed || end.Done != 5 {
				t.Errorf("recorded as %+v", end)
			}
		})
	}
}

func TestInputsThatPanicAfterABreakHarmNobody(t *testing.T) {
	t.Parallel()
	for _, err := range Stream(t.Context(), func(yield func(int) bool) {
		defer func() { panic("on the way out") }()
		naturals(yield)
	}, square, Jobs(2)) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	got, err := collect(Stream(t.Context(), slices.Values(upTo(3)), square))
	if diff := cmp.Diff(squares(3), got); err != nil || diff != "" {
		t.Errorf("the next stream ends with %v, results (-want +got):\n%s", err, diff)
	}
}

func TestCancellingAStream(t *testing.T) {
	t.Parallel()
	errEnough := errors.New("enough")
	for _, jobs := range []int{1, 3} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(10*time.Second, func() { cancel(errEnough) })
				book := &notebook{}
				_, err := collect(Stream(ctx, naturals, func(ctx context.Context, n int) (int, error) {
					select {
					case <-ctx.Done():
						return 0, errBoom
					case <-time.After(3 * time.Second):
						return n, nil
					}
				}, Jobs(jobs), recordTo(book)))
				if !errors.Is(err, errEnough) {
					t.Errorf("the stream ends with %v, want the cause %v", err, errEnough)
				}
				if end := book.end(); end.Status != record.BatchCancelled || end.Error != errEnough.Error() {
					t.Errorf("recorded as %+v", end)
				}
			})
		})
	}
}

func TestInputsThatEndOnCancellationAreNotTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	inputs := func(yield func(int) bool) {
		yield(0)
		cancel() // as an iterator that watches ctx might see
	}
	if _, err := collect(Stream(ctx, inputs, square, Jobs(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("the stream ends with %v, as if it were complete", err)
	}
}

func TestGoexitInAStreamIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// There are more tasks than the queue holds, so the stream is waiting
		// for a worker when all workers end their goroutines.
		_, err := collect(Stream(t.Context(), slices.Values(upTo(3*longestQueue)), func(context.Context, int) (int, error) {
			pass(time.Second)
			runtime.Goexit()
			return 0, nil
		}, Jobs(2), PreDispatch(3*longestQueue)))
		if failed, ok := errors.AsType[*TaskError](err); !ok || failed.Index != 0 || !errors.Is(err, ErrGoexit) {
			t.Errorf("the stream ends with %v, want task 0 to fail with %v", err, ErrGoexit)
		}
	})
}
