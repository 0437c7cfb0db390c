package main

import "time"

// A row is one job that is measured. To add one, append it to the rows of its
// area; an area with rows of its own is added to [rows].
type row struct {
	name   string
	joblib string        // what joblib.py calls the same job; "" if joblib has none
	budget time.Duration // for ours, on the machine that the budgets were set on
	best   time.Duration // what the limit took there; 0 if nobody measured it
	limit  string        // what is measured as the limit

	// open prepares the job. What it takes is not measured.
	open func(l *lab) (*contest, error)
}

// A contest is a job that is ready to be measured, beside the least that the
// machine must do for it.
type contest struct {
	ours, limit timed
	size        func() (int64, error) // of what ours wrote, where that matters
	close       func() error
}

// A timed job is done n times and tells how long that took.
type timed func(n int) (time.Duration, error)

// each is a job that is timed as a whole. It is told how often it was done
// before, over all rounds.
func each(do func(i int) error) timed {
	i := 0
	return func(n int) (time.Duration, error) {
		begun := time.Now()
		for range n {
			if err := do(i); err != nil {
				return 0, err
			}
			i++
		}
		return time.Since(begun), nil
	}
}

// prepared is a job before each of which something is done that is not timed.
func prepared(before, do func() error) timed {
	return func(n int) (took time.Duration, err error) {
		for range n {
			if err := before(); err != nil {
				return 0, err
			}
			begun := time.Now()
			if err := do(); err != nil {
				return 0, err
			}
			took += time.Since(begun)
		}
		return took, nil
	}
}

// rows returns all rows, in the order in which they are measured and printed.
func rows(set settings) []row {
	var all []row
	for _, area := range []func(settings) []row{digestRows, cacheRows, storeRows, persistRows} {
		all = append(all, area(set)...)
	}
	return all
}

// array returns how long an array is to be that usually has n elements.
func (s *settings) array(n int) int {
	if s.small {
		return n / 1000
	}
	return n
}
