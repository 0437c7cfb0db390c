// Busy makes cached calls and prints numbered lines, in several goroutines,
// until it has made enough of both or is killed. Each call that has returned
// and each line that has been printed it tells on file 3, after the fact: so
// that who kills it knows what must be on record.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"labbook/cache"
	"labbook/runlog"
)

func main() { runlog.Main(work) }

// workers is how many goroutines are at it.
const workers = 3

var square = cache.Wrap(cache.New("", cache.Options{}), compute, cache.Names("n"))

func compute(n int) int { return n * n }

func work(_ context.Context, run *runlog.Run) error {
	p := struct {
		First  int `help:"the first number to compute with"`
		Rounds int `help:"how many rounds each worker makes; 0 for no end"`
	}{}
	if err := run.Params(&p); err != nil {
		return err
	}
	told := os.NewFile(3, "told")
	var group sync.WaitGroup
	failures := make(chan error, workers)
	for worker := range workers {
		group.Go(func() {
			for round := 0; p.Rounds == 0 || round < p.Rounds; round++ {
				if err := step(told, p.First+round*workers+worker); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failures)
	return <-failures
}

// step does one of everything, with one number. Every line is one write, which
// pipes keep whole.
func step(told *os.File, n int) error {
	for _, outcome := range []string{"miss", "hit"} {
		if got := square(n); got != n*n {
			return fmt.Errorf("square(%d) = %d", n, got)
		}
		if _, err := fmt.Fprintf(told, "%s %d\n", outcome, n); err != nil {
			return err
		}
	}
	for name, stream := range map[string]*os.File{"stdout": os.Stdout, "stderr": os.Stderr} {
		if _, err := fmt.Fprintf(stream, "%s line %d\n", name, n); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(told, "%s %d\n", name, n); err != nil {
			return err
		}
	}
	return nil
}
