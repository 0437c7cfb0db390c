package machine

import (
	"context"
	"time"

	"labbook/runlog/record"
)

// firstInterval is how long a series waits between its first points.
const firstInterval = 100 * time.Millisecond

// Sample calls take at once and then again and again, until ctx ends or take
// says no: every 0.1 s at first, and half as often whenever there would be more
// than record.MaxSamples points. That is when the lab-book drops every second
// one, so that a series of any length has some 50 to 100, evenly spread over the
// run: one every 0.1 s in a run of ten seconds, every 1.6 s in one of two
// minutes, every two hours in one of a week.
//
// The wakeups become rarer with it: 10 a second up to 10 s, 5 up to 20 s, 2.5 up
// to 40 s, less than one a second after 80 s.
func Sample(ctx context.Context, take func(at time.Time) bool) {
	s := schedule{interval: firstInterval}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if !take(time.Now()) {
			return
		}
		timer.Reset(s.next())
	}
}

// A schedule says when the points of a series are taken.
type schedule struct {
	interval time.Duration
	points   int // that the lab-book keeps
}

// next counts a point and returns the time until the one after it.
func (s *schedule) next() time.Duration {
	s.points++
	if s.points > record.MaxSamples {
		s.points = record.MaxSamples/2 + 1
		s.interval *= 2
	}
	return s.interval
}
