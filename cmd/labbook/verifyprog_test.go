package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"labbook/cache"
	"labbook/runlog"
)

// Functions that are not as cached functions should be, each in its own way.
var (
	progRegion = cache.Wrap(progMemory, region, cache.Names("n"))
	progRead   = cache.Wrap(progMemory, read, cache.Names("path"))
	progNoise  = cache.Wrap(progMemory, noise, cache.Names("n"))
	progMedian = cache.Wrap(progMemory, median, cache.Names("values", "level"), cache.Ignore("level"))
	progMoody  = cache.Wrap(progMemory, moody, cache.Names("n"))
	progReport = cache.Wrap(progMemory, report, cache.Names("path", "n"))
	progOuter  = cache.Wrap(progMemory, outer, cache.Names("n"))
)

// A place is where something was computed.
type place struct {
	Region string
	Level  int
}

// region depends on a variable that is no part of its key.
func region(n int) []place { return []place{{"world", n}, {os.Getenv("REGION"), n + 1}} }

// read depends on a file that is no part of its key.
func read(path string) (string, error) {
	text, err := os.ReadFile(path)
	return string(text), err
}

// noise adds numbers in an order that differs from call to call, as that of a map
// does, but never by chance.
func noise(n int) float64 {
	numbers := []float64{0.1, 0.2, 0.3}
	if noiseCalls++; noiseCalls%2 == 0 {
		slices.Reverse(numbers)
	}
	sum := 0.0
	for _, x := range numbers {
		sum += x
	}
	return sum * float64(n)
}

// noiseCalls are counted from one more when the program verifies, so that the
// first differs from what was stored.
var noiseCalls = map[bool]int{true: 1}[os.Getenv("LABBOOK_VERIFY") != ""]

// median sorts what it is given, in place.
func median(values []float64, _ string) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// moody does what MOOD says, once the result is stored.
func moody(n int) (int, error) {
	switch os.Getenv("MOOD") {
	case "error":
		return 0, errors.New("not today\x1b[2J")
	case "panic":
		panic("not today")
	case "goexit":
		runtime.Goexit()
	case "exit":
		os.Exit(7) //nolint:revive // a program of its own
	case "interrupt": // as somebody would who presses ^C until it helps
		self, err := os.FindProcess(os.Getpid())
		for err == nil {
			err = self.Signal(os.Interrupt)
			runtime.Gosched()
		}
		return 0, err
	}
	return n, nil
}

// report makes a file.
func report(path string, n int) (cache.File, error) {
	text := fmt.Sprintf("%d in %s\n", n, os.Getenv("REGION"))
	return cache.File(path), os.WriteFile(path, []byte(text), 0o600)
}

// outer is deterministic, and calls what is not.
func outer(n int) int64 { return progClock(n) + 1 }

func init() {
	withNumber := func(do func(n int)) func(context.Context, *runlog.Run, string) error {
		return func(_ context.Context, _ *runlog.Run, about string) error {
			n, err := strconv.Atoi(about)
			if err == nil {
				do(n)
			}
			return err
		}
	}
	progActions["region"] = withNumber(func(n int) { fmt.Println(progRegion(n)) })
	progActions["noise"] = withNumber(func(n int) { fmt.Println(progNoise(n)) })
	progActions["outer"] = withNumber(func(n int) { progOuter(n) })
	progActions["moody"] = withNumber(func(n int) { fmt.Println(progMoody(n)) })
	progActions["read"] = func(_ context.Context, _ *runlog.Run, about string) error {
		text, err := progRead(about)
		fmt.Println(text)
		return err
	}
	progActions["median"] = func(_ context.Context, _ *runlog.Run, about string) error {
		var values []float64
		for word := range strings.SplitSeq(about, ",") {
			x, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return err
			}
			values = append(values, x)
		}
		m := progMedian(values, about)
		fmt.Println(m, values)
		return nil
	}
	progActions["report"] = func(_ context.Context, _ *runlog.Run, about string) error {
		path, err := progReport(about, 1)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(string(path))
		fmt.Print(string(text))
		return err
	}
}
