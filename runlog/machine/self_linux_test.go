package machine

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// holding is how much memory the child of a test holds.
const holding = 64 << 20

const childVariable = "MACHINE_TEST_CHILD"

// TestMain makes the test binary a process that uses what it is told to, says
// so, and waits for its standard input to end.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	memory := make([]byte, holding)
	for i := range memory {
		memory[i] = byte(i)
	}
	for begun := time.Now(); time.Since(begun) < 100*time.Millisecond; {
		memory[0]++
	}
	if _, err := os.Stdout.WriteString("ready\n"); err != nil {
		panic(err)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // it ends, no more
	runtime.KeepAlive(memory)
}

// startChild starts a process that has used memory and time.
func startChild(t *testing.T) (pid int, finish func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), childVariable+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return cmd.Process.Pid, func() {
		t.Helper()
		if err := errors.Join(stdin.Close(), cmd.Wait()); err != nil {
			t.Fatal(err)
		}
	}
}

// The child's time is seen from outside while it runs, and is ours once we have
// waited for it.
func TestUsageOfAChild(t *testing.T) { //nolint:paralleltest // other tests' children would count
	before := Self()
	pid, finish := startChild(t)
	child, err := Tree(pid)
	if err != nil {
		t.Fatal(err)
	}
	if child.RSS < holding || child.PeakRSS < child.RSS || child.UserTime < 50*time.Millisecond {
		t.Errorf("the child has used %+v", child)
	}
	ours, err := Tree(os.Getpid())
	if err != nil || ours.RSS < child.RSS+before.RSS/2 {
		t.Errorf("with the child we hold %d bytes, %v", ours.RSS, err)
	}
	finish()
	after := Self()
	if spent := after.UserTime - before.UserTime; spent < 50*time.Millisecond {
		t.Errorf("with the child we have spent %v", spent)
	}
	if after.RSS <= 0 || after.PeakRSS < after.RSS {
		t.Errorf("we hold %d bytes, %d at most", after.RSS, after.PeakRSS)
	}
	if _, err := Tree(pid); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of the child that is gone: %v, want %v", err, fs.ErrNotExist)
	}
}

func TestDescribeThisMachine(t *testing.T) {
	t.Parallel()
	if d := Describe(); d.Memory < 1<<20 {
		t.Errorf("this machine: %+v", d)
	}
}

func BenchmarkDescribe(b *testing.B) {
	for b.Loop() {
		Describe()
	}
}

func BenchmarkSelf(b *testing.B) {
	for b.Loop() {
		Self()
	}
}

func BenchmarkTree(b *testing.B) {
	for b.Loop() {
		if _, err := Tree(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
