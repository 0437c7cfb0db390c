package parallel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

var errBoom = errors.New("boom")

// upTo returns 0 to n-1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func square(_ context.Context, n int) (int, error) { return n * n, nil }

func squares(n int) []int {
	all := upTo(n)
	for i := range all {
		all[i] *= i
	}
	return all
}

func TestMapRunsEveryTaskOnceAndKeepsOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				inputs := upTo(random.IntN(400))
				jobs := 1 + random.IntN(9)
				longest := []time.Duration{0, time.Microsecond, time.Millisecond, time.Second}[random.IntN(4)]
				took := make([]time.Duration, len(inputs))
				for i := range took {
					// A few long tasks among many short ones are the hard
					// case for the size of chunks.
					if random.IntN(3) == 0 {
						took[i] = time.Duration(random.Int64N(int64(longest) + 1))
					}
				}
				calls := make([]atomic.Int32, len(inputs))
				book := &notebook{}
				got, err := Map(t.Context(), inputs, func(ctx context.Context, n int) (int, error) {
					calls[n].Add(1)
					pass(took[n])
					return square(ctx, n)
				}, Jobs(jobs), recordTo(book))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(squares(len(inputs)), got); diff != "" {
					t.Errorf("results (-want +got):\n%s", diff)
				}
				for i := range calls {
					if n := calls[i].Load(); n != 1 {
						t.Errorf("task %d ran %d times", i, n)
					}
				}
				n := int64(len(inputs))
				if end := book.end(); end.Tasks != n || end.Done != n || end.Failed != 0 || end.Status != record.BatchOK {
					t.Errorf("the batch of %d tasks is recorded as %+v", n, end)
				}
			})
		})
	}
}

func TestMapOfNothingStartsNothing(t *testing.T) {
	t.Parallel()
	for name, inputs := range map[string][]int{"nil": nil, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Map(t.Context(), inputs, func(context.Context, int) (int, error) {
				t.Error("the function is called")
				return 0, nil
			}, Jobs(4))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]int{}, got); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMapUsesAsManyJobsAsAsked(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 2, 3, 64} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var running, most atomic.Int32
				began := time.Now()
				const tasks = 130
				_, err := Map(t.Context(), upTo(tasks), func(context.Context, int) (int, error) {
					now := running.Add(1)
					defer running.Add(-1)
					for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
					}
					pass(time.Second)
					return 0, nil
				}, Jobs(jobs))
				if err != nil {
					t.Fatal(err)
				}
				if got := int(most.Load()); got != jobs {
					t.Errorf("%d tasks ran at the same time, want %d", got, jobs)
				}
				rounds := (tasks + jobs - 1) / jobs
				if got, want := time.Since(began), time.Duration(rounds)*time.Second; got != want {
					t.Errorf("%d tasks of a second took %v, want %v", tasks, got, want)
				}
			})
		})
	}
}

func TestOneJobRunsOnTheGoroutineOfTheCaller(t *testing.T) {
	t.Parallel()
	caller := goroutineID()
	var order []int
	_, err := Map(t.Context(), upTo(100), func(_ context.Context, n int) (int, error) {
		order = append(order, n)
		if got := goroutineID(); got != caller {
			return 0, fmt.Errorf("runs on %q, not on %q", got, caller)
		}
		return 0, nil
	}, Jobs(1))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(upTo(100), order); diff != "" {
		t.Errorf("order of tasks (-want +got):\n%s", diff)
	}
}

func goroutineID() string {
	stack := make([]byte, 64)
	id, _, _ := bytes.Cut(stack[:runtime.Stack(stack, false)], []byte(" ["))
	return string(id)
}

func TestMapRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	_, err := Map(nil, upTo(3), square) //nolint:staticcheck // that it is refused is what is tested
	if !errors.Is(err, errNoContext) {
		t.Errorf("without a context: %v", err)
	}
	if _, err := Map[int, int](t.Context(), upTo(3), nil); !errors.Is(err, errNoFunction) {
		t.Errorf("without a function: %v", err)
	}
	if _, err := Map(t.Context(), upTo(3), square, Jobs(0)); !errors.Is(err, errNoJobs) || !strings.HasPrefix(err.Error(), "map 3 inputs: ") {
		t.Errorf("without jobs: %v", err)
	}
	if _, err := Map(t.Context(), upTo(3), square, nil); err != nil {
		t.Errorf("a nil option: %v", err)
	}
}

func TestNestedMapsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	var depth func(ctx context.Context, levels int) (int, error)
	depth = func(ctx context.Context, levels int) (int, error) {
		if levels == 0 {
			return 1, nil
		}
		got, err := Map(ctx, []int{levels - 1, levels - 1, levels - 1}, depth, Jobs(2))
		sum := 0
		for _, n := range got {
			sum += n
		}
		return sum, err
	}
	got, err := depth(t.Context(), 5)
	if err != nil || got != 3*3*3*3*3 {
		t.Errorf("five levels of three tasks count %d leaves, error %v; want 243", got, err)
	}
}

func TestInnerBatchIsStoppedWithTheOuter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inner error
		errInner := errors.New("the inner task's own")
		_, err := Map(t.Context(), upTo(2), func(ctx context.Context, n int) (int, error) {
			if n == 1 {
				pass(time.Second)
				return 0, errBoom
			}
			_, inner = Map(ctx, upTo(2), func(ctx context.Context, _ int) (int, error) {
				<-ctx.Done()
				return 0, errInner
			}, Jobs(2))
			return 0, inner
		}, Jobs(2))
		if failed, ok := errors.AsType[*TaskError](err); !ok || failed.Index != 1 || !errors.Is(err, errBoom) {
			t.Errorf("outer Map: %v, want task 1 to fail with %v", err, errBoom)
		}
		if _, ok := errors.AsType[*TaskError](inner); ok || !errors.Is(inner, context.Canceled) {
			t.Errorf("inner Map: %v, want %v of no task of its own", inner, context.Canceled)
		}
	})
}

func TestTasksAreInTheScopeOfTheirBatch(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 3} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			book := &notebook{batches: 6} // so that the batch is number 7
			ctx, leave := runlog.Enter(t.Context(), event.Scope{Call: 5, Batch: 2, Task: 1}, "call")
			defer leave()
			check := func(where string, got event.Scope, n int) error {
				if want := (event.Scope{Call: 5, Batch: 7, Task: int64(n)}); got != want {
					return fmt.Errorf("%s: %+v, want %+v", where, got, want)
				}
				return nil
			}
			_, err := Map(ctx, upTo(50), func(ctx context.Context, n int) (int, error) {
				var child sync.WaitGroup
				var inChild event.Scope
				child.Go(func() { inChild = runlog.ScopeOf(t.Context()) })
				child.Wait()
				return 0, errors.Join(
					check("by context", runlog.ScopeOf(ctx), n),
					check("by goroutine", runlog.ScopeOf(t.Context()), n),
					check("in a child goroutine", inChild, n))
			}, Jobs(jobs), recordTo(book))
			if err != nil {
				t.Error(err)
			}
			if got, want := runlog.ScopeOf(t.Context()), (event.Scope{Call: 5, Batch: 2, Task: 1}); got != want {
				t.Errorf("after the batch the caller is in %+v, want %+v", got, want)
			}
			start := eventsOf[*event.BatchStart](book)[0]
			if want := (event.Scope{Call: 5, Batch: 2, Task: 1}); start.Scope != want || start.Batch != 7 {
				t.Errorf("the batch is recorded as number %d in %+v, want 7 in %+v", start.Batch, start.Scope, want)
			}
		})
	}
}

// labelled counts the goroutines that carry the label of a batch.
func labelled(t *testing.T, label string) int {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	return strings.Count(profile.String(), fmt.Sprintf("%q:%q", "labbook", label))
}

func TestNoGoroutineIsLeft(t *testing.T) {
	t.Parallel()
	const label = "nothing must be left of this map"
	for _, failing := range []int{-1, 0, 50} {
		seen, counted := 0, make(chan struct{})
		_, err := Map(t.Context(), upTo(100), func(_ context.Context, n int) (int, error) {
			if n == 0 {
				seen = labelled(t, label)
				close(counted)
			}
			if n == failing {
				<-counted // what fails keeps the tasks that have not begun from running
				return 0, errBoom
			}
			return n, nil
		}, Jobs(8), Label(label))
		if (err != nil) != (failing >= 0) {
			t.Errorf("Map: %v, though task %d was to fail", err, failing)
		}
		if seen == 0 {
			t.Error("goroutines cannot be counted by their label")
		}
		if left := labelled(t, label); left != 0 {
			t.Errorf("%d goroutines are left", left)
		}
	}
}

func FuzzMapAgreesWithALoop(f *testing.F) {
	f.Add(uint16(100), int8(2), uint16(40), uint16(7))
	f.Add(uint16(0), int8(-1), uint16(0), uint16(0))
	f.Add(uint16(1000), int8(100), uint16(999), uint16(999))
	f.Fuzz(func(t *testing.T, n uint16, jobs int8, fails, panics uint16) {
		got, err := Map(t.Context(), upTo(int(n)), func(_ context.Context, i int) (int, error) {
			switch i {
			case int(panics):
				panic(errBoom)
			case int(fails):
				return 0, errBoom
			}
			return i * i, nil
		}, Jobs(int(jobs)))
		switch {
		case jobs == 0:
			if !errors.Is(err, errNoJobs) {
				t.Errorf("0 jobs: %v", err)
			}
		case fails < n || panics < n:
			failed, ok := errors.AsType[*TaskError](err)
			if !ok || !errors.Is(err, errBoom) || failed.Index != int(fails) && failed.Index != int(panics) {
				t.Errorf("Map: %v, want task %d or %d to fail", err, fails, panics)
			}
		default:
			if diff := cmp.Diff(squares(int(n)), got); err != nil || diff != "" {
				t.Errorf("error %v, results (-want +got):\n%s", err, diff)
			}
		}
	})
}
