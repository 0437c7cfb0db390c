package rerun

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"testing"
)

// asProgram makes the test binary the program that is run again. Its arguments
// say what it does, in order.
const asProgram = "RERUN_TEST_AS_PROGRAM"

// sharedSecret is a secret that the tests' own environment has; lostSecret is
// one that it has not.
const (
	sharedSecret = "RERUN_TEST_TOKEN"
	lostSecret   = "RERUN_TEST_PASSWORD"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		act(os.Args[1:])
		return
	}
	if err := os.Setenv(sharedSecret, "ours"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func act(actions []string) {
	for _, arg := range actions {
		action, about, _ := strings.Cut(arg, ":")
		switch action {
		case "say":
			fmt.Fprintln(os.Stdout, about)
		case "moan":
			fmt.Fprintln(os.Stderr, about)
		case "name":
			fmt.Fprintln(os.Stdout, os.Args[0])
		case "cwd":
			dir, err := os.Getwd()
			fmt.Fprintln(os.Stdout, dir, err)
		case "env":
			value, found := os.LookupEnv(about)
			fmt.Fprintf(os.Stdout, "%s=%q %t\n", about, value, found)
		case "touch":
			if err := os.WriteFile(about, nil, 0o600); err != nil {
				panic(err)
			}
		case "read":
			text, err := io.ReadAll(os.Stdin)
			if err != nil {
				panic(err)
			}
			fmt.Fprintln(os.Stdout, string(text))
		case "exit":
			code, err := strconv.Atoi(about)
			if err != nil {
				panic(err)
			}
			os.Exit(code) //nolint:revive // a program of its own
		case "wait":
			signals := make(chan os.Signal, 1)
			signal.Notify(signals, os.Interrupt)
			fmt.Fprintln(os.Stdout, "waiting")
			<-signals
			os.Exit(7) //nolint:revive // a program of its own
		default:
			panic("there is no action " + action)
		}
	}
}
