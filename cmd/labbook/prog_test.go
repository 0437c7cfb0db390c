package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"labbook/cache"
	"labbook/parallel"
	"labbook/runlog"
)

var (
	progMemory = cache.New("", cache.Options{})

	progSquare = cache.Wrap(progMemory, square, cache.Names("x"))
	progHalf   = cache.Wrap(progMemory, half, cache.Names("n"))
	progTotal  = cache.Wrap(progMemory, total, cache.Names("values", "scale"))
	progChoose = cache.Wrap(progMemory, choose, cache.Names("label", "options"))
	progDie    = cache.Wrap(progMemory, die, cache.Names("n"))
	progWait   = cache.Wrap(progMemory, wait, cache.Names("long"))
	progClock  = cache.Wrap(progMemory, clock, cache.Names("n"))
)

func square(x float64) float64 { return x * x }

var errOdd = errors.New("the number is odd")

func half(n int) (int, error) {
	if n%2 != 0 {
		return 0, errOdd
	}
	return n / 2, nil
}

func total(values []float64, scale float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum * scale
}

func choose(label string, options any) (string, error) {
	return fmt.Sprintf("%s of %v", label, options), nil
}

// wait takes at least that long, as costly functions do.
func wait(long time.Duration) string {
	<-time.After(long)
	return long.String()
}

// clock is not deterministic.
func clock(int) int64 { return time.Now().UnixNano() }

// die kills the program, as the system does when memory runs out.
func die(n int) int {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // until the signal has come
}

// prog is a program for the scripts. Its arguments say what it does, in order:
// each is an action and what the action is about, with a colon between.
func prog(ctx context.Context, run *runlog.Run) error {
	// Whatever a script gets wrong, it never hangs.
	deadline := time.AfterFunc(time.Minute, func() { panic("prog: its time is over") })
	defer deadline.Stop()
	settings := struct {
		C    float64 `default:"1" help:"how far to trust the data"`
		Seed int     `default:"42"`
	}{}
	if err := run.Params(&settings); err != nil {
		return err
	}
	for _, arg := range run.Args() {
		action, about, _ := strings.Cut(arg, ":")
		if action == "params" {
			fmt.Printf("C=%g Seed=%d\n", settings.C, settings.Seed)
			continue
		}
		do, known := progActions[action]
		if !known {
			return &runlog.UsageError{Err: fmt.Errorf("there is no action %q", action)}
		}
		if err := do(ctx, run, about); err != nil {
			return err
		}
	}
	return nil
}

// progHostile is what a terminal must not get to see from a recorded program:
// another title, a cleared screen, a hidden cursor, a change of the clipboard.
// The red stays.
const progHostile = "\x1b]0;owned\x07\x1b[2J\x1b[?25l\x1b]52;c;b3duZWQ=\x07\x1b[31mred\x1b[0m plain"

var progActions = map[string]func(ctx context.Context, run *runlog.Run, about string) error{
	"say":   func(_ context.Context, _ *runlog.Run, about string) error { fmt.Println(about); return nil },
	"print": func(_ context.Context, _ *runlog.Run, about string) error { fmt.Print(about); return nil },
	"moan":  func(_ context.Context, _ *runlog.Run, about string) error { fmt.Fprintln(os.Stderr, about); return nil },
	"lines": func(_ context.Context, _ *runlog.Run, about string) error {
		count, err := strconv.Atoi(about)
		for i := range count {
			fmt.Printf("line %d\n", i)
		}
		return err
	},
	"hostile": func(context.Context, *runlog.Run, string) error {
		fmt.Println(progHostile)
		return nil
	},
	"env": func(_ context.Context, _ *runlog.Run, about string) error {
		value, found := os.LookupEnv(about)
		fmt.Printf("%s=%q %t\n", about, value, found)
		return nil
	},
	"cwd": func(context.Context, *runlog.Run, string) error {
		dir, err := os.Getwd()
		fmt.Println(dir)
		return err
	},
	"interruptible": func(context.Context, *runlog.Run, string) error {
		fmt.Println("interruptible:", !signal.Ignored(os.Interrupt))
		return nil
	},

	"square": func(_ context.Context, _ *runlog.Run, about string) error {
		x, err := strconv.ParseFloat(about, 64)
		if err == nil {
			fmt.Println(progSquare(x))
		}
		return err
	},
	"half": func(_ context.Context, _ *runlog.Run, about string) error {
		n, err := strconv.Atoi(about)
		if err != nil {
			return err
		}
		if n, err = progHalf(n); err != nil {
			fmt.Println(err)
			return nil
		}
		fmt.Println(n)
		return nil
	},
	// total:N adds N numbers, total:N+M moves the third of them by M ulps.
	"total": func(_ context.Context, _ *runlog.Run, about string) error {
		var count, ulps int
		if _, err := fmt.Sscanf(about+"+0", "%d+%d", &count, &ulps); err != nil {
			return err
		}
		values := make([]float64, count)
		for i := range values {
			values[i] = float64(i) + 0.1
		}
		for range ulps {
			values[2] = math.Nextafter(values[2], math.Inf(1))
		}
		fmt.Println(math.Round(progTotal(values, 1)))
		return nil
	},
	"wait": func(_ context.Context, _ *runlog.Run, about string) error {
		long, err := time.ParseDuration(about)
		if err == nil {
			fmt.Println(progWait(long))
		}
		return err
	},
	"clock": func(_ context.Context, _ *runlog.Run, about string) error {
		n, err := strconv.Atoi(about)
		if err == nil {
			progClock(n)
		}
		return err
	},
	"label": func(_ context.Context, _ *runlog.Run, about string) error {
		text, err := progChoose(strings.ReplaceAll(about, "ESC", "\x1b"), 1)
		fmt.Println(len(text))
		return err
	},
	"unkeyable": func(context.Context, *runlog.Run, string) error {
		_, err := progChoose("all", map[string]any{"callbacks": []func(){nil}})
		return err
	},
	"batch": func(ctx context.Context, _ *runlog.Run, about string) error {
		numbers := []float64{1, 2, 3}
		_, err := parallel.Map(ctx, numbers, func(_ context.Context, x float64) (float64, error) {
			return progSquare(x), nil
		}, parallel.Jobs(2), parallel.Label(about))
		return err
	},

	"metric": func(_ context.Context, run *runlog.Run, about string) error {
		name, text, _ := strings.Cut(about, "=")
		value, err := strconv.ParseFloat(text, 64)
		run.Metric(name, value)
		return err
	},
	"tag":  func(_ context.Context, run *runlog.Run, about string) error { run.Tag(about); return nil },
	"note": func(_ context.Context, run *runlog.Run, about string) error { run.Note(about); return nil },
	"artifact": func(_ context.Context, run *runlog.Run, about string) error {
		return run.Artifact(about, []byte(about))
	},

	// meet waits until another program comes to meet it: the opening of a
	// named pipe lasts until both of its ends are open.
	"meet": func(_ context.Context, _ *runlog.Run, about string) error {
		name, side, _ := strings.Cut(about, ",")
		flags := map[string]int{"read": os.O_RDONLY, "write": os.O_WRONLY}
		pipe, err := os.OpenFile(name, flags[side], 0)
		if err != nil {
			return err
		}
		fmt.Println("met")
		return pipe.Close()
	},
	// until waits for the end of the context, and says so on stderr.
	"until": func(ctx context.Context, _ *runlog.Run, about string) error {
		if pipe, err := os.OpenFile(about, os.O_WRONLY, 0); err == nil { // says that it waits
			_ = pipe.Close()
		}
		<-ctx.Done()
		return context.Cause(ctx)
	},

	"inside": func(context.Context, *runlog.Run, string) error { progDie(0); return nil },

	"fail": func(_ context.Context, _ *runlog.Run, about string) error { return errors.New(about) },
	"usage": func(_ context.Context, _ *runlog.Run, about string) error {
		return &runlog.UsageError{Err: errors.New(about)}
	},
	"panic": func(_ context.Context, _ *runlog.Run, about string) error { panic(about) },
	"exit": func(_ context.Context, _ *runlog.Run, about string) error {
		code, err := strconv.Atoi(about)
		if err == nil {
			os.Exit(code) //nolint:revive // a program of its own
		}
		return err
	},
	"kill": func(context.Context, *runlog.Run, string) error { die(0); return nil },
}
