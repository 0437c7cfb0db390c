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
	"syscall"

	"github.com/charmbracelet/x/term"

	"labbook/cache"
	"labbook/parallel"
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
	"print in tasks": func(ctx context.Context) error {
		_, err := parallel.Map(ctx, []int{0, 1, 2, 3, 4, 5, 6, 7}, func(ctx context.Context, n int) (int, error) {
			out, errs := runlog.Stdout(ctx), runlog.Stderr(ctx)
			for i := range 3 {
				fmt.Fprintf(out, "task %d says %d\n%s\n", n, i, strings.Repeat("-", 200*n))
				fmt.Fprintf(errs, "task %d complains\n", n)
			}
			return n, nil
		}, parallel.Jobs(1))
		fmt.Println("no task says this")
		return err
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
	"print 2 MB": func(context.Context) error { return printMuch(2 << 20) },
	"print 200 MB without a pause": func(context.Context) error {
		block := make([]byte, 0, 1<<20)
		for n := 0; n < 200<<20; {
			block = block[:0]
			for len(block) < cap(block)-20 {
				block = fmt.Appendf(block, "%d\n", n+len(block))
			}
			if _, err := os.Stdout.Write(block); err != nil {
				return err
			}
			n += len(block)
		}
		return nil
	},
	"describe its streams": func(context.Context) error {
		describe()
		fmt.Fprintln(os.Stderr, "the end")
		return nil
	},
	"wait for another size": func(context.Context) error {
		width, height, err := term.GetSize(os.Stdout.Fd())
		if err != nil {
			return err
		}
		changed := make(chan os.Signal, 1)
		notifySize(changed)
		fmt.Println("ready")
		for range changed {
			if w, h, err := term.GetSize(os.Stdout.Fd()); err != nil || w != width || h != height {
				break // it may have been told too early
			}
		}
		describe()
		return nil
	},
	"take a password": func(context.Context) error {
		before, err := term.MakeRaw(os.Stdout.Fd())
		if err != nil {
			return err
		}
		fmt.Print("password?\r\n")
		var letters int
		for b := make([]byte, 1); b[0] != '\n' && b[0] != '\r'; letters++ {
			if _, err := os.Stdin.Read(b); err != nil {
				return err
			}
		}
		if err := term.Restore(os.Stdout.Fd(), before); err != nil {
			return err
		}
		fmt.Printf("%d letters\n", letters-1)
		return nil
	},
	"read a key as pagers do": func(context.Context) error {
		name, err := os.Readlink("/proc/self/fd/2")
		if err != nil {
			return err
		}
		terminal, err := os.Open(name)
		if err != nil {
			return err
		}
		defer terminal.Close()
		before, err := term.MakeRaw(terminal.Fd())
		if err != nil {
			return err
		}
		fmt.Fprint(os.Stderr, "any key?\r\n")
		key := make([]byte, 1)
		_, err = terminal.Read(key)
		if restoreErr := term.Restore(terminal.Fd(), before); restoreErr != nil {
			return restoreErr
		}
		fmt.Printf("it is %q\n", key)
		return err
	},
	"kill its helper": func(context.Context) error {
		say("before\n")
		if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
			return err
		}
		if err := killHelper(); err != nil {
			return err
		}
		say("after\n")
		return nil
	},
	"kill its helper in the middle of much": func(context.Context) error {
		killed := make(chan error)
		go func() { killed <- killHelper() }()
		err := printMuch(20 << 20)
		return errors.Join(err, <-killed)
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
	"become another program": func(context.Context) error {
		say("before\n")
		sh, err := exec.LookPath("sh")
		if err != nil {
			return err
		}
		return syscall.Exec(sh, []string{"sh", "-c", "echo another; exit 4"}, os.Environ())
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

// describe says of each stream what a program may want to know.
func describe() {
	for i, f := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		name := []string{"stdin", "stdout", "stderr"}[i]
		if width, height, err := term.GetSize(f.Fd()); err == nil {
			fmt.Printf("%s is a terminal of %d×%d\n", name, width, height)
		} else {
			fmt.Printf("%s is no terminal\n", name)
		}
	}
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
