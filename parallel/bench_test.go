package parallel_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"labbook/parallel"
)

// increment is about as little as a task can do.
func increment(_ context.Context, n int) (int, error) { return n + 1, nil }

// spin takes some microseconds.
func spin(_ context.Context, n int) (int, error) {
	for range 5000 {
		n = n*1664525 + 1013904223
	}
	return n, nil
}

// perTask reports the time for each of n tasks.
func perTask(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/task")
}

// loop is the least that n tasks can cost on one core.
func loop(ctx context.Context, inputs []int, fn func(context.Context, int) (int, error)) ([]int, error) {
	outputs := make([]int, len(inputs))
	for i, in := range inputs {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		outputs[i] = out
	}
	return outputs, nil
}

// limited starts a goroutine for each task, with a semaphore: the common way
// with an errgroup and its limit.
func limited(ctx context.Context, inputs []int, fn func(context.Context, int) (int, error)) ([]int, error) {
	outputs := make([]int, len(inputs))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var first atomic.Pointer[error]
	var running sync.WaitGroup
	for i, in := range inputs {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			out, err := fn(ctx, in)
			if err != nil {
				first.CompareAndSwap(nil, &err)
				return
			}
			outputs[i] = out
		})
	}
	running.Wait()
	if err := first.Load(); err != nil {
		return nil, *err
	}
	return outputs, nil
}

// pooled hands each task to one of a few goroutines through a channel.
func pooled(ctx context.Context, inputs []int, fn func(context.Context, int) (int, error)) ([]int, error) {
	outputs := make([]int, len(inputs))
	indexes := make(chan int, 64)
	var first atomic.Pointer[error]
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for i := range indexes {
				out, err := fn(ctx, inputs[i])
				if err != nil {
					first.CompareAndSwap(nil, &err)
				}
				outputs[i] = out
			}
		})
	}
	for i := range inputs {
		indexes <- i
	}
	close(indexes)
	running.Wait()
	if err := first.Load(); err != nil {
		return nil, *err
	}
	return outputs, nil
}

func mapped(opts ...parallel.Option) func(context.Context, []int, func(context.Context, int) (int, error)) ([]int, error) {
	return func(ctx context.Context, inputs []int, fn func(context.Context, int) (int, error)) ([]int, error) {
		return parallel.Map(ctx, inputs, fn, opts...)
	}
}

func BenchmarkMap(b *testing.B) {
	for _, work := range []struct {
		name  string
		tasks int
		fn    func(context.Context, int) (int, error)
	}{
		{"trivial", 1_000_000, increment},
		{"micro", 10_000, spin},
		{"ten", 10, increment},
	} {
		inputs := make([]int, work.tasks)
		for _, way := range []struct {
			name string
			run  func(context.Context, []int, func(context.Context, int) (int, error)) ([]int, error)
		}{
			{"loop", loop},
			{"Map", mapped()},
			{"Map one job", mapped(parallel.Jobs(1))},
			{"goroutine each", limited},
			{"channel", pooled},
		} {
			b.Run(fmt.Sprintf("%s/%s", work.name, way.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := way.run(b.Context(), inputs, work.fn); err != nil {
						b.Fatal(err)
					}
				}
				perTask(b, work.tasks)
			})
		}
	}
}

func BenchmarkStream(b *testing.B) {
	for _, jobs := range []int{1, -1} {
		b.Run(fmt.Sprintf("jobs=%d", jobs), func(b *testing.B) {
			b.ReportAllocs()
			inputs := func(yield func(int) bool) {
				for b.Loop() {
					if !yield(1) {
						return
					}
				}
			}
			for _, err := range parallel.Stream(b.Context(), inputs, increment, parallel.Jobs(jobs)) {
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
