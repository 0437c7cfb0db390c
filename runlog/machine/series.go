package machine

import (
	"context"
	"time"

	"labbook/runlog/record"
)

// A series is dense at its beginning, for the sake of short runs: that many
// points, with such intervals between them.
const (
	firstPoints, firstInterval   = 20, 100 * time.Millisecond
	secondPoints, secondInterval = 16, 500 * time.Millisecond
	laterInterval                = 2 * time.Second
)

// Sample calls take at once and then again and again, until ctx ends or take
// says no: every 0.1 s up to 2 s, every 0.5 s up to 10 s, every 2 s from then on,
// and half as often whenever there would be more than record.MaxSamples points.
// That is when the lab-book drops every second one, so that a series of any
// length has 50 to 100 from its third minute on: one every 8 s in a run of ten
// minutes, every 64 s in one of an hour, every two hours in one of a week.
//
// To wake an idle program costs it more than what take does here: that is why
// the intervals grow so early.
func Sample(ctx context.Context, take func(at time.Time) bool) {
	s := schedule{later: laterInterval}
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
	later time.Duration // the interval after the beginning
	taken int           // points so far
	kept  int           // of them by the lab-book
}

// next counts a point and returns the time until the one after it.
func (s *schedule) next() time.Duration {
	s.taken++
	s.kept++
	if s.kept > record.MaxSamples {
		s.kept = record.MaxSamples/2 + 1
		s.later *= 2
	}
	switch {
	case s.taken <= firstPoints:
		return firstInterval
	case s.taken <= firstPoints+secondPoints:
		return secondInterval
	}
	return s.later
}
