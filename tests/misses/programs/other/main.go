// Other is another study than the usual one, with functions of the same names.
package main

import (
	"context"
	"slices"

	"labbook/cache"
	"labbook/runlog"
)

func main() { runlog.Main(analyse) }

var (
	lab   = cache.New("", cache.Options{})
	sum   = cache.Wrap(lab, Sum, cache.Names("x"))
	total = cache.Wrap(lab, Sum, cache.Names("x"), cache.Name("total"))
)

// Sum adds from the end.
func Sum(x []float64) float64 {
	sum := 0.0
	for _, v := range slices.Backward(x) {
		sum += v
	}
	return sum
}

func analyse(_ context.Context, run *runlog.Run) error {
	p := struct {
		Named bool `help:"call the function that has been given a name"`
	}{}
	if err := run.Params(&p); err != nil {
		return err
	}
	if p.Named {
		total([]float64{1, 2, 3})
	} else {
		sum([]float64{1, 2, 3})
	}
	return nil
}
