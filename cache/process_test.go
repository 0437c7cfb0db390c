package cache

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	roleEnv = "CACHE_TEST_ROLE"
	dirEnv  = "CACHE_TEST_DIR"
)

// TestMain makes the test binary another program when a test starts it as one.
func TestMain(m *testing.M) {
	switch role := os.Getenv(roleEnv); role {
	case "":
		os.Exit(m.Run())
	case "gated":
		got := Wrap(New(os.Getenv(dirEnv), Options{Verbose: 1, Messages: os.Stdout}), gated)("x")
		fmt.Println("got", got) //nolint:forbidigo // it is a program here
	case "explain":
		if err := explainRole(); err != nil {
			fmt.Println(err) //nolint:forbidigo // it is a program here
			os.Exit(1)
		}
	case "produce":
		if err := produceRole(); err != nil {
			fmt.Println(err) //nolint:forbidigo // it is a program here
			os.Exit(1)
		}
	default:
		os.Exit(2)
	}
}

// gated says that it runs, and does not return before its standard input ends.
func gated(string) string {
	fmt.Println("running") //nolint:forbidigo // it is a program here
	_, _ = io.Copy(io.Discard, os.Stdin)
	return "computed by " + os.Getenv("CACHE_TEST_NAME")
}

// A gatedProgram is another process that calls gated.
type gatedProgram struct {
	*exec.Cmd
	t     *testing.T
	gate  io.Closer
	lines *bufio.Scanner
}

func startGated(t *testing.T, dir, name string) *gatedProgram {
	t.Helper()
	p := &gatedProgram{Cmd: exec.CommandContext(t.Context(), os.Args[0]), t: t}
	p.Env = append(os.Environ(), roleEnv+"=gated", dirEnv+"="+dir, "CACHE_TEST_NAME="+name)
	p.Stderr = os.Stderr
	gate, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.gate, p.lines = gate, bufio.NewScanner(out)
	return p
}

// waitFor reads what the program prints until a line contains text. That it
// never comes shows as the end of the output, or as the end of the test's time.
func (p *gatedProgram) waitFor(text string, never string) {
	p.t.Helper()
	for p.lines.Scan() {
		line := p.lines.Text()
		if strings.Contains(line, text) {
			return
		}
		if never != "" && strings.Contains(line, never) {
			p.t.Fatalf("the program says %q before %q", line, text)
		}
	}
	p.t.Fatalf("the program does not say %q", text)
}

func TestProcessesComputeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if c, err := New(dir, Options{}).claimsWork(); !c {
		t.Skipf("there are no claims here: %v", err)
	}
	first := startGated(t, dir, "first")
	first.waitFor("running", "")
	second := startGated(t, dir, "second")
	second.waitFor("waiting for another process that computes cache.gated", "running")
	if err := first.gate.Close(); err != nil {
		t.Fatal(err)
	}
	second.waitFor("got computed by first", "running")
	first.waitFor("got computed by first", "")
}

func TestWhoDiesBlocksNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if c, err := New(dir, Options{}).claimsWork(); !c {
		t.Skipf("there are no claims here: %v", err)
	}
	first := startGated(t, dir, "first")
	first.waitFor("running", "")
	second := startGated(t, dir, "second")
	second.waitFor("waiting for another process", "running")
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	second.waitFor("running", "")
	if err := second.gate.Close(); err != nil {
		t.Fatal(err)
	}
	second.waitFor("got computed by second", "")
}

func gatedWithContext(_ context.Context, name string) (string, error) { return gated(name), nil }

// A call that waits for another process can be cancelled.
func TestWaitingForAProcessCanBeCancelled(t *testing.T) {
	t.Parallel()
	m := memory(t)
	f := NewFunction(m, gatedWithContext)
	values, err := f.core.arguments([]any{"x"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := f.core.key(values, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Another Store, as another process has it.
	entries, err := New(m.dir, Options{}).entries()
	if err != nil {
		t.Fatal(err)
	}
	claim, err := entries.Claim(keyOf(k.digest))
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if claim == nil {
		t.Fatalf("no claim: %v", err)
	}
	defer claim.Release()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errOdd)
	defer cancel()
	if _, err := f.Call(ctx, "x"); !errors.Is(err, errOdd) {
		t.Errorf("a call that waits for another process ends with %v", err)
	}
}

// claimsWork reports whether processes can wait for each other here.
func (m *Memory) claimsWork() (bool, error) {
	entries, err := m.entries()
	if err != nil {
		return false, err
	}
	claim, err := entries.Claim([32]byte{1})
	claim.Release()
	return claim != nil, err
}

// explainRole asks what calls would do in a program that is recorded.
func explainRole() error {
	f := NewFunction(New(os.Getenv(dirEnv), Options{}), area, Names("sides", "scale"))
	f.Call([]float64{1, 2, 0.1}, 2)
	for _, sides := range [][]float64{{1, 2, 0.1}, {1, 2, 0.10000000000000002}} {
		why, err := f.Explain(sides, 2.0)
		if err != nil {
			return err
		}
		fmt.Println(&why) //nolint:forbidigo // it is a program here
	}
	return nil
}

func area(sides []float64, scale float64) float64 { return sides[0] * sides[1] * scale }

func TestExplainAsksTheLabBook(t *testing.T) {
	t.Parallel()
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), roleEnv+"=explain", dirEnv+"="+t.TempDir(), "LABBOOK_DIR="+t.TempDir(), "LABBOOK_CAPTURE=off", "JOBLIB_DEBUG=1")
	out, err := program.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	hit, miss, _ := strings.Cut(string(out), "\n")
	if !strings.HasPrefix(hit, "hit: computed in ") {
		t.Errorf("of a stored result: %q", hit)
	}
	for _, want := range []string{"miss: ", "; computing took ", "sides[2]: 0.1 → 0.10000000000000002", "1 ulp"} {
		if !strings.Contains(miss, want) {
			t.Errorf("%q is missing in %q", want, miss)
		}
	}
}
