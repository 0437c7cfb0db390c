package machine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"labbook/runlog/record"
)

// Time passes in this test as fast as everybody waits for it: a week in a moment.
func TestSampleBecomesRarer(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), week)
		defer cancel()
		var kept []time.Duration
		wakeups := map[time.Duration]int{}
		last := time.Duration(-1)
		Sample(ctx, func(at time.Time) bool {
			age := at.Sub(begun)
			if age <= last {
				t.Fatalf("a point at %v after one at %v", age, last)
			}
			last = age
			for _, span := range []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, week} {
				if age <= span {
					wakeups[span]++
				}
			}
			kept = append(kept, age)
			if len(kept) > record.MaxSamples { // as the lab-book does
				thinned := kept[:0]
				for i := 0; i < len(kept); i += 2 {
					thinned = append(thinned, kept[i])
				}
				kept = thinned
			}
			return true
		})
		if wakeups[2*time.Second] != 21 || wakeups[10*time.Second] != 37 || wakeups[time.Minute] != 62 || wakeups[week] > 750 {
			t.Errorf("wakeups in 2 s, 10 s, a minute, and a week: %v", wakeups)
		}
		if len(kept) < record.MaxSamples/2 || len(kept) > record.MaxSamples {
			t.Errorf("%d points are kept", len(kept))
		}
		step := kept[len(kept)-1] - kept[len(kept)-2]
		for i, age := range kept[1:] {
			if gap := age - kept[i]; gap > step || gap < step && age > 10*step {
				t.Errorf("point %d of the week is at %v, %v after the one before; want it evenly spread by %v", i+1, age, gap, step)
			}
		}
		if kept[0] != 0 || week-last > step {
			t.Errorf("the points reach from %v to %v", kept[0], last)
		}
	})
}

func TestSampleStopsWhenTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		points := 0
		Sample(t.Context(), func(time.Time) bool { points++; return points < 3 })
		if points != 3 {
			t.Errorf("%d points after it was told to stop at 3", points)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		Sample(ctx, func(time.Time) bool { points++; return points < 5 })
		if points > 4 {
			t.Error("points are taken without end though ctx is over")
		}
	})
}
