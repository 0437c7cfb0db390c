package parallel

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"labbook/runlog"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// collect loops over a stream to its end.
func collect[Out any](stream iter.Seq2[Out, error]) (got []Out, err error) {
	for out, e := range stream {
		if err != nil {
			return got, fmt.Errorf("the stream went on after its error: %w", err)
		}
		if err = e; e == nil {
			got = append(got, out)
		}
	}
	return got, err
}

// naturals counts from 0 and never ends.
func naturals(yield func(int) bool) {
	for n := 0; yield(n); n++ {
	}
}

func TestStreamRunsEveryTaskOnceAndKeepsOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 2))
				inputs := upTo(random.IntN(200))
				jobs := 1 + random.IntN(9)
				ahead := 1 + random.IntN(20)
				took := make([]time.Duration, len(inputs))
				for i := range took {
					took[i] = time.Duration(random.IntN(3)) * time.Second
				}
				calls := make([]atomic.Int32, len(inputs))
				book := &notebook{}
				got, err := collect(Stream(t.Context(), slices.Values(inputs), func(ctx context.Context, n int) (int, error) {
					calls[n].Add(1)
					pass(took[n])
					return square(ctx, n)
				}, Jobs(jobs), PreDispatch(ahead), recordTo(book)))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, squares(len(inputs))) {
					t.Errorf("results: %v", got)
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

func TestStreamReadsNoFurtherAheadThanPreDispatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		options []Option
		want    int
	}{
		{"twice the jobs by default", []Option{Jobs(3)}, 6},
		{"more", []Option{Jobs(3), PreDispatch(10)}, 10},
		{"fewer than jobs", []Option{Jobs(3), PreDispatch(2)}, 2},
		{"one", []Option{Jobs(3), PreDispatch(1)}, 1},
		{"one job", []Option{Jobs(1)}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				read, given, most := 0, 0, 0
				inputs := func(yield func(int) bool) {
					for n := range naturals {
						read++
						most = max(most, read-given)
						if !yield(n) {
							return
						}
					}
				}
				for got, err := range Stream(t.Context(), inputs, func(_ context.Context, n int) (int, error) {
					pass(time.Duration(1+n%5) * time.Second)
					return n, nil
				}, c.options...) {
					if err != nil || got != given {
						t.Fatalf("result %d is %d, error %v", given, got, err)
					}
					if given++; given == 100 {
						break
					}
				}
				if most != c.want {
					t.Errorf("up to %d inputs were read ahead, want %d", most, c.want)
				}
			})
		})
	}
}

func TestStreamKeepsAllJobsBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := collect(Stream(t.Context(), slices.Values(upTo(100)), func(_ context.Context, n int) (int, error) {
			pass(time.Second)
			return n, nil
		}, Jobs(4)))
		if got := time.Since(began); err != nil || got != 25*time.Second {
			t.Errorf("100 tasks of a second took 4 jobs %v, error %v; want 25s", got, err)
		}
	})
}

func TestReadyResultsDoNotWaitForAFullWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		given := 0
		inputs := func(yield func(int) bool) {
			for n := range 5 {
				if !yield(n) {
					return
				}
				pass(time.Minute)
			}
		}
		began := time.Now()
		for _, err := range Stream(t.Context(), inputs, func(_ context.Context, n int) (int, error) {
			pass(time.Second)
			return n, nil
		}, Jobs(2), PreDispatch(100)) {
			if err != nil {
				t.Fatal(err)
			}
			// It is handed out when the next input comes, not when 100 have.
			want := min(time.Duration(given+1)*time.Minute, 5*time.Minute)
			if got := time.Since(began); got != want {
				t.Errorf("result %d came after %v, want %v", given, got, want)
			}
			given++
		}
	})
}

func TestLeavingTheLoopStopsTheStream(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 4} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var begun, ended atomic.Int32
				closed := false
				inputs := func(yield func(int) bool) {
					defer func() { closed = true }()
					naturals(yield)
				}
				book := &notebook{}
				began := time.Now()
				for got, err := range Stream(t.Context(), inputs, func(ctx context.Context, n int) (int, error) {
					begun.Add(1)
					defer ended.Add(1)
					if n < 5 {
						return n, nil
					}
					<-ctx.Done()
					pass(time.Second)
					return 0, ctx.Err()
				}, Jobs(jobs), recordTo(book)) {
					if err != nil {
						t.Fatal(err)
					}
					if got == 4 {
						break
					}
				}
				if begun.Load() != ended.Load() {
					t.Errorf("of %d tasks only %d had ended when the loop was over", begun.Load(), ended.Load())
				}
				if !closed {
					t.Error("the input iterator was not ended")
				}
				if got := time.Since(began); jobs > 1 && got != time.Second {
					t.Errorf("leaving took %v, want the second that tasks took to stop", got)
				}
				if end := book.end(); end.Status != record.BatchCancelled || end.Error != "" || end.Failed != 0 || end.Done != 5 {
					t.Errorf("recorded as %+v", end)
				}
			})
		})
	}
}

func TestStreamStartsNoMoreWorkersThanItHasTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{}
		_, err := collect(Stream(t.Context(), slices.Values(upTo(100)), func(context.Context, int) (int, error) {
			pass(time.Second)
			return 0, nil
		}, Jobs(1000), PreDispatch(3), recordTo(book)))
		if err != nil {
			t.Fatal(err)
		}
		workers := map[int]bool{}
		for _, row := range book.tasks() {
			workers[row.Worker] = true
		}
		if len(workers) != 3 {
			t.Errorf("%d workers ran tasks, want 3", len(workers))
		}
	})
}

func TestStreamsSideBySideAndAgain(t *testing.T) {
	t.Parallel()
	stream := Stream(t.Context(), slices.Values(upTo(100)), square, Jobs(2))
	next, stop := iter.Pull2(stream)
	defer stop()
	sum := 0
	for out, err := range stream {
		other, err2, ok := next()
		if err != nil || err2 != nil || !ok || other != out {
			t.Fatalf("one stream gives %d, %v, the other %d, %v, %v", out, err, other, err2, ok)
		}
		sum += out
	}
	if sum != 328350 {
		t.Errorf("the squares sum to %d, want 328350", sum)
	}
	if _, _, ok := next(); ok {
		t.Error("the pulled stream goes on after the last result")
	}
}

func TestStreamRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	one := slices.Values(upTo(1))
	for _, c := range []struct {
		name   string
		stream iter.Seq2[int, error]
		want   string
	}{
		{"no context", Stream(nil, one, square), "open stream: the context is nil"}, //nolint:staticcheck // that it is refused is what is tested
		{"no inputs", Stream(t.Context(), nil, square), "open stream: the input iterator is nil"},
		{"no function", Stream[int, int](t.Context(), one, nil), "open stream: the function to run is nil"},
		{"no jobs", Stream(t.Context(), one, square, Jobs(0)), "open stream: 0 jobs would run nothing"},
		{"no window", Stream(t.Context(), one, square, PreDispatch(0)), "open stream: pre-dispatch is 0"},
		{"less than no window", Stream(t.Context(), one, square, PreDispatch(-3)), "open stream: pre-dispatch is -3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := collect(c.stream)
			if len(got) != 0 || err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("results %v, error %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestGenerousBoundsTakeNoMemory(t *testing.T) {
	t.Parallel()
	got, err := collect(Stream(t.Context(), slices.Values(upTo(10)), square, Jobs(math.MaxInt), PreDispatch(math.MaxInt)))
	if err != nil || !slices.Equal(got, squares(10)) {
		t.Errorf("results %v, error %v", got, err)
	}
	got, err = collect(Stream(t.Context(), slices.Values(upTo(10)), square, Jobs(math.MaxInt)))
	if err != nil || !slices.Equal(got, squares(10)) {
		t.Errorf("results %v, error %v", got, err)
	}
}

func TestStreamHoldsNothingThatTheLoopHasSeen(t *testing.T) {
	t.Parallel()
	const tasks, ahead = 200, 10
	// Neither is so small that the allocator keeps it with its neighbours.
	type value [1 << 10]byte
	var inputs, outputs []weak.Pointer[value]
	alive := func(all []weak.Pointer[value]) (n int) {
		for _, p := range all {
			if p.Value() != nil {
				n++
			}
		}
		return n
	}
	for out, err := range Stream(t.Context(), func(yield func(*value) bool) {
		for range tasks {
			in := new(value)
			inputs = append(inputs, weak.Make(in))
			if !yield(in) {
				return
			}
		}
	}, func(context.Context, *value) (*value, error) { return new(value), nil }, Jobs(2), PreDispatch(ahead)) {
		if err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, weak.Make(out))
		if len(outputs) != tasks/2 {
			continue
		}
		runtime.GC()
		if in, out := alive(inputs), alive(outputs); in > ahead+1 || out > 1 {
			t.Errorf("after %d results %d inputs and %d results are held", len(outputs), in, out)
		}
	}
	if len(outputs) != tasks {
		t.Errorf("%d results, want %d", len(outputs), tasks)
	}
}

func TestOnlyTasksAreInTheScopeOfAStream(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 3} {
		book := &notebook{}
		here := runlog.ScopeOf(t.Context())
		inputs := func(yield func(int) bool) {
			for n := range 20 {
				if got := runlog.ScopeOf(t.Context()); got != here {
					t.Errorf("%d jobs: inputs are in %+v", jobs, got)
				}
				if !yield(n) {
					return
				}
			}
		}
		for got, err := range Stream(t.Context(), inputs, func(context.Context, int) (event.Scope, error) {
			return runlog.ScopeOf(t.Context()), nil
		}, Jobs(jobs), recordTo(book)) {
			if err != nil || got.Batch != 1 || got.Call != 0 {
				t.Errorf("%d jobs: task in %+v, error %v", jobs, got, err)
			}
			if got := runlog.ScopeOf(t.Context()); got != here {
				t.Errorf("%d jobs: the loop is in %+v", jobs, got)
			}
		}
	}
}

func TestWhatOutlivesAStreamIsOutsideOfIt(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	here := runlog.ScopeOf(t.Context())
	var survivors sync.WaitGroup
	_, err := collect(Stream(t.Context(), slices.Values(upTo(10)), func(context.Context, int) (int, error) {
		survivors.Go(func() {
			<-over
			if got := runlog.ScopeOf(t.Context()); got != here {
				t.Errorf("after the stream a goroutine is in %+v", got)
			}
		})
		return 0, nil
	}, Jobs(2)))
	if err != nil {
		t.Error(err)
	}
	close(over)
	survivors.Wait()
}

func TestStreamLeavesNoGoroutine(t *testing.T) {
	t.Parallel()
	const label = "nothing must be left of this stream"
	leave := errors.New("leave")
	for _, how := range []error{nil, errBoom, leave} {
		seen := 0
		var once sync.Once
		for n, err := range Stream(t.Context(), slices.Values(upTo(100)), func(_ context.Context, n int) (int, error) {
			once.Do(func() { seen = labelled(t, label) })
			if n == 50 && errors.Is(how, errBoom) {
				return 0, errBoom
			}
			return n, nil
		}, Jobs(8), Label(label)) {
			if err != nil && !errors.Is(err, how) {
				t.Error(err)
			}
			if n == 50 && errors.Is(how, leave) {
				break
			}
		}
		if seen == 0 {
			t.Error("goroutines cannot be counted by their label")
		}
		if left := labelled(t, label); left != 0 {
			t.Errorf("%d goroutines are left", left)
		}
	}
}
