// Busy makes cached calls and prints numbered lines, in several goroutines,
// until it has made enough of both or is killed. Each call that has returned
// and each line that has been printed it tells on file 3, after the fact: so
// that who kills it knows what must be on record. Before all else it tells its
// process ID there.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"labbook/cache"
	"labbook/runlog"
)

func main() { runlog.Main(work) }

// workers is how many goroutines are at it.
const workers = 3

// The cache is a small one, so that programs that run for long do not fill the
// disk, nor their memory.
var square = cache.Wrap(cache.New("", cache.Options{MaxEntries: 3000, MemoryBytes: 1 << 20}), compute, cache.Names("n"))

func compute(n int) int { return n * n }

type params struct {
	First    int           `help:"the first number to compute with"`
	Rounds   int           `help:"how many rounds each worker makes; 0 for no end"`
	Pause    time.Duration `help:"how long each worker rests after a round"`
	Input    bool          `help:"end with the input, if not before"`
	Artifact int           `help:"keep an artifact of so many bytes"`
	Fail     bool          `help:"return an error in the end"`
}

func work(_ context.Context, run *runlog.Run) error {
	var p params
	if err := run.Params(&p); err != nil {
		return err
	}
	told := os.NewFile(3, "told")
	if _, err := fmt.Fprintf(told, "begun %d\n", os.Getpid()); err != nil {
		return err
	}
	if p.Artifact > 0 {
		if err := run.Artifact("numbers.bin", bytes.Repeat([]byte{byte(p.First)}, p.Artifact)); err != nil {
			return err
		}
	}
	inputEnded := make(chan struct{})
	if p.Input {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // an input that cannot be read has ended
			close(inputEnded)
		}()
	}
	var group sync.WaitGroup
	failures := make(chan error, workers)
	for worker := range workers {
		group.Go(func() {
			for round := 0; p.Rounds == 0 || round < p.Rounds; round++ {
				select {
				case <-inputEnded:
					return
				default:
				}
				if err := step(told, p.First+round*workers+worker); err != nil {
					failures <- err
					return
				}
				if p.Pause > 0 {
					time.Sleep(p.Pause)
				}
			}
		})
	}
	group.Wait()
	close(failures)
	if err := <-failures; err != nil || !p.Fail {
		return err
	}
	return errors.New("it was told to fail")
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
