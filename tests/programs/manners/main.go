// Manners behaves in one of the ways in which programs do, by the name of its
// first argument, so that a test can see that recording changes none of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"labbook/cache"
	"labbook/runlog"
)

func main() {
	name := strings.Join(os.Args[1:], " ")
	switch name {
	case "cache without Main":
		fmt.Println(triple(14))
		return
	case "Start and wait for a signal":
		run := runlog.Start()
		fmt.Println("ready")
		_, err := io.Copy(io.Discard, os.Stdin) // never ends
		run.End(err)
		return
	}
	runlog.Main(func(ctx context.Context, _ *runlog.Run) error {
		behave, known := behaviours[name]
		if !known {
			return &runlog.UsageError{Err: fmt.Errorf("%q is no behaviour", name)}
		}
		return behave(ctx)
	})
}

var triple = cache.Wrap(cache.New("", cache.Options{}), multiply, cache.Names("n"))

func multiply(n int) int { return 3 * n }

var behaviours = map[string]func(ctx context.Context) error{
	"end normally": func(context.Context) error {
		say("first", "second", "last, without a line's end")
		return nil
	},
	"print nothing": func(context.Context) error { return nil },
	"cache": func(context.Context) error {
		fmt.Println(triple(14), triple(14))
		return nil
	},
	"return an error": func(context.Context) error {
		say("before the error\n")
		return errors.New("something is wrong:\nit has two lines")
	},
	"panic": func(context.Context) error {
		say("before the panic\n")
		return deeper(3)
	},
	"panic in a goroutine": func(ctx context.Context) error {
		say("before the panic\n")
		go func() { _ = deeper(2) }() // it does not return
		<-ctx.Done()
		return nil
	},
	"exit with 3": func(context.Context) error {
		say("before the exit\n")
		os.Exit(3) //nolint:revive // this is the behaviour
		return nil
	},
	"wait for a signal": func(ctx context.Context) error {
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println("told to stop")
		return context.Cause(ctx)
	},
	"ignore a signal": func(ctx context.Context) error {
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println("once is not enough")
		_, err := io.Copy(io.Discard, os.Stdin) // never ends
		return err
	},
	"print 20 MB": func(context.Context) error { return printMuch(20 << 20) },
	"print forever": func(context.Context) error {
		for n := 0; ; n++ {
			if _, err := fmt.Printf("line %d\n", n); err != nil {
				return err
			}
		}
	},
	"print raw bytes": func(context.Context) error {
		say("\xff\xfe broken \xc3\x28 \x00 nul\r\n", "\x1b[31mred\x1b[0m \x1b]0;title\a\b\b", "half a letter \xe2\x82")
		return nil
	},
	"let children print": func(ctx context.Context) error {
		say("before the child\n")
		err := child(ctx, "echo out of the child; echo err of the child >&2; exit 7")
		say("after the child\n")
		return err
	},
	"let a child list its files and variables": func(ctx context.Context) error {
		return child(ctx, "ls /proc/self/fd; env | grep -v ^LABBOOK | sort")
	},
	"leave a child behind": func(ctx context.Context) error {
		// The context ends with the program, and the child must not.
		if err := start(context.WithoutCancel(ctx), "cat").Start(); err != nil {
			return err
		}
		say("the child is on its own\n")
		return nil
	},
	"print much and be killed": func(context.Context) error {
		if err := printMuch(1 << 20); err != nil {
			return err
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		return err
	},
	"copy the input": func(context.Context) error {
		_, err := io.Copy(os.Stdout, os.Stdin)
		return err
	},
	"print much and exit with 3": func(context.Context) error {
		if err := printMuch(1 << 20); err != nil {
			return err
		}
		os.Exit(3) //nolint:revive // this is the behaviour
		return nil
	},
}

// say prints on both streams.
func say(texts ...string) {
	for _, text := range texts {
		fmt.Fprint(os.Stdout, "out: "+text)
		fmt.Fprint(os.Stderr, "err: "+text)
	}
}

// printMuch prints numbered lines in writes of many sizes.
func printMuch(size int) error {
	var block strings.Builder
	for printed, n := 0, 0; printed < size; n++ {
		fmt.Fprintf(&block, "line %d of many\n", n)
		if block.Len() > n%200_000 {
			if _, err := os.Stdout.WriteString(block.String()); err != nil {
				return err
			}
			printed += block.Len()
			block.Reset()
		}
	}
	return nil
}

func start(ctx context.Context, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}

func child(ctx context.Context, script string) error {
	return start(ctx, script).Run()
}

// deeper panics some calls down.
func deeper(n int) error {
	if n == 0 {
		panic(fmt.Sprintf("this is meant: %d", n))
	}
	return deeper(n - 1)
}
