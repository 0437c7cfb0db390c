package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// A lab is where things are measured.
type lab struct {
	settings
	dir     string
	folders int
	quiet   bool
}

func newLab(set settings) (*lab, error) {
	dir, err := os.MkdirTemp(set.dir, "labbook-bench-*")
	if err != nil {
		return nil, err
	}
	return &lab{settings: set, dir: dir}, nil
}

func (l *lab) close() error { return os.RemoveAll(l.dir) }

// progress tells the person who waits, apart from the results.
func (l *lab) progress(format string, args ...any) {
	if !l.quiet {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}

// fresh makes a folder that nothing was ever deleted from: file systems create
// files far slower in folders where many were.
func (l *lab) fresh() (string, error) {
	l.folders++
	dir := filepath.Join(l.dir, strconv.Itoa(l.folders))
	return dir, os.Mkdir(dir, 0o700)
}

// A round lasts at least so long, unless that takes too many repetitions.
const (
	roundTime  = 20 * time.Millisecond
	maxRepeats = 1 << 17
)

// A result is a row that was measured. Durations are of one job.
type result struct {
	Name        string        `json:"name"`
	Joblib      time.Duration `json:"joblib_ns,omitempty"`
	Limit       time.Duration `json:"limit_ns,omitempty"`
	LimitIs     string        `json:"limit_is,omitempty"`
	Ours        time.Duration `json:"ours_ns"`
	Budget      time.Duration `json:"budget_ns"`
	Size        int64         `json:"size,omitempty"`
	JoblibSize  int64         `json:"joblib_size,omitempty"`
	OursLimit   float64       `json:"ours_per_limit,omitempty"`
	JoblibOurs  float64       `json:"joblib_per_ours,omitempty"`
	BudgetLimit float64       `json:"budget_per_limit,omitempty"` // where the budget was set
	Met         verdict       `json:"met"`

	joblib string
}

// A verdict says whether a budget is met.
type verdict string

const (
	met verdict = "yes"
	// metAsRatio is slower than the budget on a machine whose limit is slower
	// too: beside that, it is within the budget.
	metAsRatio verdict = "as a ratio"
	missed     verdict = "no"
	tooLarge   verdict = "no: larger than joblib's"
)

// measure measures a row: ours and the limit in turn, so that what else goes on
// in the machine meets both.
func (l *lab) measure(r row) (got result, err error) {
	c, err := r.open(l)
	if err != nil {
		return got, err
	}
	if c.close != nil {
		defer func() { err = errors.Join(err, c.close()) }()
	}
	contestants := []timed{c.ours}
	if c.limit != nil {
		contestants = append(contestants, c.limit)
	}
	repeats := make([]int, len(contestants))
	samples := make([][]time.Duration, len(contestants))
	for i, job := range contestants {
		if repeats[i], err = l.calibrate(job); err != nil {
			return got, err
		}
	}
	for range l.rounds {
		for i, job := range contestants {
			runtime.GC() // what a round left is not the next one's to clear
			took, err := job(repeats[i])
			if err != nil {
				return got, err
			}
			samples[i] = append(samples[i], took/time.Duration(repeats[i]))
		}
	}
	got = result{Name: r.name, Ours: median(samples[0]), Budget: r.budget, joblib: r.joblib}
	if c.limit != nil {
		got.Limit, got.LimitIs = median(samples[1]), r.limit
	}
	if c.size != nil {
		if got.Size, err = c.size(); err != nil {
			return got, err
		}
	}
	if r.best > 0 {
		got.BudgetLimit = ratio(r.budget, r.best)
	}
	got.judge()
	return got, nil
}

// calibrate warms a job up and finds out how often it fits into a round.
func (l *lab) calibrate(job timed) (int, error) {
	for n := 1; ; n *= 2 {
		took, err := job(n)
		if err != nil || l.small || took >= roundTime || n >= maxRepeats {
			return n, err
		}
	}
}

// judge fills in what follows from the times.
func (r *result) judge() {
	r.OursLimit, r.JoblibOurs = ratio(r.Ours, r.Limit), ratio(r.Joblib, r.Ours)
	switch {
	case r.Size > 0 && r.JoblibSize > 0 && r.Size > r.JoblibSize:
		r.Met = tooLarge
	case r.Ours <= r.Budget:
		r.Met = met
	case r.OursLimit > 0 && r.OursLimit <= r.BudgetLimit:
		r.Met = metAsRatio
	default:
		r.Met = missed
	}
}

func ratio(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// median returns the middle one; of an even number, the larger of both.
func median(samples []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[len(sorted)/2]
}
