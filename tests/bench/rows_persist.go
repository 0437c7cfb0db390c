package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"labbook/cache/persist"
)

// budgetedMB is the size of dumps that the budgets are for.
const budgetedMB = 800

func persistRows(set settings) []row {
	scaled := func(d time.Duration) time.Duration { return d * time.Duration(set.dump) / budgetedMB }
	of := fmt.Sprintf(" of %d MB", set.dump)
	return []row{
		{
			name: "dump" + of, joblib: "dump",
			budget: scaled(190 * time.Millisecond), best: scaled(169 * time.Millisecond),
			limit: "create, write, close and rename",
			open:  dumping,
		},
		{
			name: "load" + of, joblib: "load",
			budget: scaled(210 * time.Millisecond), best: scaled(191 * time.Millisecond),
			limit: "read into new memory",
			open:  loading,
		},
	}
}

func ramp(mb int) []float64 {
	x := make([]float64, mb*125_000)
	for i := range x {
		x[i] = float64(i)
	}
	return x
}

func dumping(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	x, path := ramp(l.dump), filepath.Join(dir, "x")
	return &contest{
		ours:  each(func(int) error { return persist.Dump(path, x) }),
		limit: each(bareReplace(dir, memoryOf(x))),
	}, nil
}

func loading(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "x")
	if err := persist.Dump(path, ramp(l.dump)); err != nil {
		return nil, err
	}
	return &contest{
		ours: each(func(int) error {
			x, err := persist.Load[[]float64](path)
			runtime.KeepAlive(x)
			return err
		}),
		limit: each(bareLoad(path)),
	}, nil
}
