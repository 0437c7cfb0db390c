package parallel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/record"
)

func TestMapFailsWithTheLowestOfRealFailures(t *testing.T) {
	t.Parallel()
	errOther := errors.New("other")
	for _, c := range []struct {
		name string
		task func(ctx context.Context, n int) error
		want int
		is   error
		why  string
	}{
		{
			"one", func(_ context.Context, n int) error {
				if n == 3 {
					return errBoom
				}
				return nil
			}, 3, errBoom, "it is the only one",
		},
		{
			"same time", func(_ context.Context, n int) error {
				pass(time.Second)
				return errBoom
			}, 0, errBoom, "all fail at once",
		},
		{
			"later but lower", func(ctx context.Context, n int) error {
				if n == 3 {
					pass(time.Second) // until all have begun
					return errBoom
				}
				<-ctx.Done()
				if n == 1 {
					return errOther
				}
				return nil
			}, 1, errOther, "task 1 fails by itself, even if only when it is told to stop",
		},
		{
			"consequences", func(ctx context.Context, n int) error {
				if n == 3 {
					pass(time.Second) // until all have begun
					return errBoom
				}
				<-ctx.Done()
				return []error{ctx.Err(), context.Cause(ctx), fmt.Errorf("read: %w", ctx.Err())}[n%3]
			}, 3, errBoom, "the others only say that they were cancelled",
		},
		{
			"own cancellation", func(_ context.Context, n int) error {
				if n == 2 {
					return context.Canceled
				}
				pass(time.Second)
				return nil
			}, 2, context.Canceled, "nobody cancelled the batch, so the error is the task's own",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, err := Map(t.Context(), upTo(4), func(ctx context.Context, n int) (int, error) {
					return n, c.task(ctx, n)
				}, Jobs(4))
				failed, ok := errors.AsType[*TaskError](err)
				if !ok || failed.Index != c.want || !errors.Is(err, c.is) {
					t.Errorf("Map: %v; want task %d to fail with %v: %s", err, c.want, c.is, c.why)
				}
				if got != nil {
					t.Errorf("a batch that failed returns results: %v", got)
				}
			})
		})
	}
}

func TestFirstFailureKeepsTheRestFromBeginning(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 3} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var begun atomic.Int64
				book := &notebook{}
				_, err := Map(t.Context(), upTo(1000), func(ctx context.Context, n int) (int, error) {
					begun.Add(1)
					pass(time.Second)
					if n == 10 {
						return 0, errBoom
					}
					return n, nil
				}, Jobs(jobs), recordTo(book))
				if !errors.Is(err, errBoom) {
					t.Fatalf("Map: %v, want %v", err, errBoom)
				}
				if got, most := begun.Load(), int64(11+2*jobs); got > most {
					t.Errorf("%d of 1000 tasks were begun though task 10 failed, want at most %d", got, most)
				}
				end := book.end()
				if end.Status != record.BatchFailed || end.Failed != 1 || end.Done != begun.Load()-1 || end.Tasks != 1000 {
					t.Errorf("%d tasks were begun and one failed; recorded is %+v", begun.Load(), end)
				}
				if !strings.Contains(end.Error, "task 10 (input 10): boom") {
					t.Errorf("the batch is recorded with error %q", end.Error)
				}
			})
		})
	}
}

func TestCancellingFromOutside(t *testing.T) {
	t.Parallel()
	errEnough := errors.New("enough")
	for _, c := range []struct {
		name   string
		jobs   int
		answer func(ctx context.Context) error
	}{
		{"obedient", 3, func(ctx context.Context) error { return ctx.Err() }},
		{"with an error of their own", 3, func(context.Context) error { return errBoom }},
		{"as if nothing were", 3, func(context.Context) error { return nil }},
		{"sequential", 1, func(ctx context.Context) error { return ctx.Err() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(5*time.Second, func() { cancel(errEnough) })
				began := time.Now()
				book := &notebook{}
				_, err := Map(ctx, upTo(100), func(ctx context.Context, _ int) (int, error) {
					<-ctx.Done()
					pass(time.Second) // a task takes its time to go
					return 0, c.answer(ctx)
				}, Jobs(c.jobs), recordTo(book))
				if !errors.Is(err, errEnough) {
					t.Errorf("Map: %v, want the cause %v", err, errEnough)
				}
				if got := time.Since(began); got != 6*time.Second {
					t.Errorf("Map took %v, want 6s: it waits for tasks that run, and begins no others", got)
				}
				if end := book.end(); end.Status != record.BatchCancelled || end.Error != errEnough.Error() {
					t.Errorf("recorded as %+v", end)
				}
			})
		})
	}
}

func TestMapUnderACancelledContextRunsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, jobs := range []int{1, 2} {
		_, err := Map(ctx, upTo(10), func(context.Context, int) (int, error) {
			t.Error("a task runs")
			return 0, nil
		}, Jobs(jobs))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%d jobs: Map: %v, want %v", jobs, err, context.Canceled)
		}
	}
}

func TestCancellationThatComesTooLateIsNoError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	got, err := Map(ctx, upTo(3), func(ctx context.Context, n int) (int, error) {
		if n == 2 {
			cancel()
		}
		return square(ctx, n)
	}, Jobs(1))
	if diff := cmp.Diff(squares(3), got); err != nil || diff != "" {
		t.Errorf("error %v, results (-want +got):\n%s", err, diff)
	}
}

func TestTaskThatCancelsIsTheLastToBegin(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var begun []int
	_, err := Map(ctx, upTo(10_000), func(_ context.Context, n int) (int, error) {
		begun = append(begun, n)
		if n == 5000 {
			cancel()
		}
		return 0, nil
	}, Jobs(1))
	if !errors.Is(err, context.Canceled) || len(begun) != 5001 {
		t.Errorf("Map: %v after %d tasks, want %v after 5001", err, len(begun), context.Canceled)
	}
}

type rudeError struct{}

func (rudeError) Error() string { panic("an error that cannot be printed") }

func TestTasksThatDoNotReturn(t *testing.T) {
	t.Parallel()
	isBoom := func(err error) bool { return errors.Is(err, errBoom) }
	isPanicOfNil := func(err error) bool {
		_, is := errors.AsType[*runtime.PanicNilError](err)
		return is
	}
	for _, c := range []struct {
		name  string
		task  func()
		text  string
		is    func(error) bool
		stack string
	}{
		{"panic with text", func() { panic("at the disco") }, "panic: at the disco", nil, "TestTasksThatDoNotReturn.func3("},
		{"panic with an error", func() { panic(fmt.Errorf("wrapped: %w", errBoom)) }, "panic: wrapped: boom", isBoom, "TestTasksThatDoNotReturn.func4("},
		{"panic of the runtime", func() { _ = none[0] }, "index out of range", nil, "TestTasksThatDoNotReturn.func5("},
		{"panic with nil", func() { panic(nothing) }, "panic called with nil argument", isPanicOfNil, ""},
		{"panic with an error that panics", func() { panic(rudeError{}) }, "PANIC=Error method", nil, ""},
	} {
		for _, jobs := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s, %d jobs", c.name, jobs), func(t *testing.T) {
				t.Parallel()
				book := &notebook{}
				_, err := Map(t.Context(), upTo(100), func(_ context.Context, n int) (int, error) {
					if n == 42 {
						c.task()
					}
					return n, nil
				}, Jobs(jobs), recordTo(book))
				failed, ok := errors.AsType[*TaskError](err)
				if !ok || failed.Index != 42 {
					t.Fatalf("Map: %v, want task 42 to fail", err)
				}
				if !strings.Contains(err.Error(), c.text) {
					t.Errorf("Map: %v, want it to say %q", err, c.text)
				}
				if c.is != nil && !c.is(err) {
					t.Errorf("errors.Is and errors.As do not see the error that the panic carried")
				}
				panicked, ok := errors.AsType[*PanicError](err)
				if _, frames, _ := strings.Cut(string(failed.Stack), "\n"); !strings.HasPrefix(frames, "panic(") {
					t.Errorf("the stack does not begin with the panic:\n%s", failed.Stack)
				}
				if !ok || !bytes.Contains(panicked.Stack, []byte(c.stack)) || !bytes.Equal(panicked.Stack, failed.Stack) {
					t.Errorf("the stack does not show where the panic began:\n%s", failed.Stack)
				}
				// On a slow machine others are recorded too, as running for long.
				rows := book.tasks()
				at := slices.IndexFunc(rows, func(row record.Task) bool { return row.Index == 42 })
				if at < 0 || rows[at].Status != record.BatchFailed || !strings.Contains(rows[at].Error, "goroutine ") {
					t.Errorf("the task is not recorded with its stack: %+v", rows)
				}
			})
		}
	}
}

var (
	none    []int
	nothing any
)

func TestErrorThatCannotBePrintedIsAPanicOfItsTask(t *testing.T) {
	t.Parallel()
	_, err := Map(t.Context(), upTo(3), func(_ context.Context, n int) (int, error) {
		if n == 1 {
			return 0, rudeError{}
		}
		return n, nil
	}, Jobs(2))
	if want := "task 1 (input 1): panic: an error that cannot be printed"; err == nil || err.Error() != want {
		t.Errorf("Map: %v, want %s", err, want)
	}
}

type touchyError struct{ error }

func (touchyError) Is(error) bool { panic("an error that cannot be compared") }

func TestErrorThatCannotBeComparedHarmsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{}
		_, err := Map(t.Context(), upTo(3), func(ctx context.Context, n int) (int, error) {
			if n == 0 {
				pass(time.Second) // until all have begun
				return 0, errBoom
			}
			<-ctx.Done()
			if n == 1 {
				return 0, touchyError{errBoom}
			}
			panic(touchyError{errBoom})
		}, Jobs(3), recordTo(book))
		if failed, ok := errors.AsType[*TaskError](err); !ok || failed.Index != 0 {
			t.Errorf("Map: %v, want task 0 to fail", err)
		}
		if end := book.end(); end.Failed != 3 {
			t.Errorf("recorded as %+v", end)
		}
	})
}

func TestGoexitInATaskIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{}
		_, err := Map(t.Context(), upTo(100), func(_ context.Context, n int) (int, error) {
			if n == 42 {
				runtime.Goexit()
			}
			return n, nil
		}, Jobs(2), recordTo(book))
		failed, ok := errors.AsType[*TaskError](err)
		if !ok || failed.Index != 42 || !errors.Is(err, ErrGoexit) {
			t.Errorf("Map: %v, want task 42 to fail with %v", err, ErrGoexit)
		}
		if end := book.end(); end.Failed != 1 || end.Done < 1 || end.Done > 99 {
			t.Errorf("recorded as %+v", end)
		}
	})
}

func TestGoexitWithOneJobEndsTheCallerAndTheRecord(t *testing.T) {
	t.Parallel()
	book := &notebook{}
	returned := false
	var caller sync.WaitGroup
	caller.Go(func() {
		_, _ = Map(t.Context(), upTo(3), func(_ context.Context, n int) (int, error) {
			if n == 1 {
				runtime.Goexit()
			}
			return n, nil
		}, Jobs(1), recordTo(book))
		returned = true
	})
	caller.Wait()
	if returned {
		t.Error("Map returned, though a task ended its goroutine")
	}
	if end := book.end(); end.Status != record.BatchFailed || end.Done != 1 || end.Failed != 1 {
		t.Errorf("recorded as %+v", end)
	}
}
