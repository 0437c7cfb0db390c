// Hoard makes cached calls with random arguments in a cache that is too small
// for their results, in several goroutines, until it has made enough or is
// killed. It checks every result, and prints a line for each call.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"

	"labbook/cache"
)

// workers is how many goroutines are at it.
const workers = 3

// numbers is how many different calls there are.
const numbers = 300

func main() {
	dir := flag.String("cache", "", "the `folder` of the cache")
	limit := flag.Int64("bytes", 1<<20, "how much the cache may hold")
	calls := flag.Int("calls", 0, "how many calls each goroutine makes; 0 for no end")
	seed := flag.Uint64("seed", 1, "of the random arguments")
	flag.Parse()
	if err := hoard(*dir, *limit, *calls, *seed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func hoard(dir string, limit int64, calls int, seed uint64) error {
	m := cache.New(dir, cache.Options{MaxBytes: limit, MemoryBytes: int64(seed%2) * 256 << 10})
	pattern := cache.NewFunction(m, pattern)
	var group sync.WaitGroup
	failures := make(chan error, workers)
	for worker := range workers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(worker)))
			for i := 0; calls == 0 || i < calls; i++ {
				n := random.IntN(numbers)
				if err := check(n, pattern.Call(n)); err != nil {
					failures <- err
					return
				}
				if _, err := fmt.Fprintln(os.Stdout, n); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failures)
	if err := <-failures; err != nil {
		return err
	}
	return m.Close()
}

// length is how long a result is: most are small, and some take a while to
// write.
func length(n int) int {
	if n%10 == 0 {
		return 30_000 + n
	}
	return 10 + n
}

func pattern(n int) []int64 {
	xs := make([]int64, length(n))
	for i := range xs {
		xs[i] = int64(n*i + i%7)
	}
	return xs
}

func check(n int, xs []int64) error {
	if len(xs) != length(n) {
		return fmt.Errorf("the pattern of %d has %d numbers", n, len(xs))
	}
	for i, x := range xs {
		if x != int64(n*i+i%7) {
			return fmt.Errorf("the pattern of %d has %d at %d", n, x, i)
		}
	}
	return nil
}
