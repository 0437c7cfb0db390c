package parallel

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

func FuzzCursorDealsEachTaskOnce(f *testing.F) {
	f.Add(uint32(0), uint8(1), uint64(0))
	f.Add(uint32(1), uint8(8), uint64(1))
	f.Add(uint32(10_000), uint8(3), uint64(2))
	f.Fuzz(func(t *testing.T, n uint32, workers uint8, seed uint64) {
		n %= 20_000
		w := 1 + int(workers)%16
		c := newCursor(int64(n), w)
		dealt := make([]int32, n)
		var claiming sync.WaitGroup
		for id := range w {
			claiming.Go(func() {
				random := rand.New(rand.NewPCG(seed, uint64(id)))
				for {
					size := 1 + random.Int64N(1<<random.IntN(14))
					first, limit := c.claim(size)
					if first == limit {
						return
					}
					if limit-first > size {
						t.Errorf("asked for %d tasks, got %d", size, limit-first)
					}
					for i := first; i < limit; i++ {
						dealt[i]++ // its own, or the race detector says so
					}
				}
			})
		}
		claiming.Wait()
		for i, times := range dealt {
			if times != 1 {
				t.Fatalf("task %d of %d was dealt %d times", i, n, times)
			}
		}
	})
}

func TestWorkersThatClaimAtTheSameTimeGetDifferentTasks(t *testing.T) {
	t.Parallel()
	const n = 300_000
	c := newCursor(n, 4)
	dealt := make([]atomic.Int32, n)
	var claiming sync.WaitGroup
	for range 4 {
		claiming.Go(func() {
			for {
				first, limit := c.claim(1)
				if first == limit {
					return
				}
				dealt[first].Add(1)
			}
		})
	}
	claiming.Wait()
	for i := range dealt {
		if times := dealt[i].Load(); times != 1 {
			t.Fatalf("task %d was dealt %d times", i, times)
		}
	}
}

func TestChunksShrinkTowardsTheEnd(t *testing.T) {
	t.Parallel()
	const workers = 4
	c := newCursor(10_000, workers)
	for {
		left := 10_000 - c.next.Load()
		first, limit := c.claim(longestChunk)
		if first == limit {
			break
		}
		if got, most := limit-first, max(1, left/(2*workers)); got > most {
			t.Errorf("with %d tasks left a chunk has %d, want at most %d", left, got, most)
		}
	}
}
