package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"labbook/cache"
)

// roleVariable makes the test binary a program of its own: what a second
// process does.
const roleVariable = "LABBOOK_CONFORMANCE_ROLE"

// roles are what other processes do, with the arguments that they are given.
// What they print on stdout is their answer.
var roles = map[string]func(args []string) error{}

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := roles[role](os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process prepares another process with a role. Nothing is recorded there
// either.
func process(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	if roles[role] == nil {
		t.Fatalf("there is no role %q", role)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "LABBOOK=off")
	return cmd
}

// answers runs processes at the same time and returns what they printed.
func answers(t *testing.T, processes ...*exec.Cmd) []string {
	t.Helper()
	outputs := make([]string, len(processes))
	var group sync.WaitGroup
	for i, cmd := range processes {
		group.Go(func() {
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || stderr.Len() > 0 {
				t.Errorf("process %d: %v\n%s", i, err, &stderr)
			}
			outputs[i] = string(out)
		})
	}
	group.Wait()
	return outputs
}

// ran counts what the cached functions of these tests really ran. Functions
// are at package level, as those of programs are, and tell the tests apart by
// an argument.
var ran sync.Map // string → *atomic.Int64

func count(test string) {
	n, _ := ran.LoadOrStore(test, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}

// runs tells how often functions ran for a test since it was asked before.
func runs(t *testing.T) int64 {
	t.Helper()
	n, _ := ran.LoadOrStore(t.Name(), new(atomic.Int64))
	return n.(*atomic.Int64).Swap(0)
}

// mustRun checks how often functions ran for a test since it was asked before.
func mustRun(t *testing.T, want int64, why string) {
	t.Helper()
	if got := runs(t); got != want {
		t.Errorf("it ran %d times, want %d: %s", got, want, why)
	}
}

// memory is in a folder of its own. What it warns of is an error of the test.
func memory(t *testing.T) *cache.Memory {
	t.Helper()
	return memoryIn(t, t.TempDir(), cache.Options{})
}

func memoryIn(t *testing.T, dir string, options cache.Options) *cache.Memory {
	t.Helper()
	if options.Warnings == nil {
		options.Warnings = failing{t}
	}
	m := cache.New(dir, options)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("close the cache: %v", err)
		}
	})
	return m
}

// failing takes warnings that nobody expects.
type failing struct{ t *testing.T }

func (f failing) Write(b []byte) (int, error) {
	f.t.Errorf("an unexpected warning: %s", b)
	return len(b), nil
}

// warnings takes those that are expected. It is safe for concurrent use.
type warnings struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *warnings) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *warnings) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// entryFiles returns the files of all entries in a folder. A folder that is not
// there has none.
func entryFiles(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(dir, "*", "[0-9a-f][0-9a-f]", strings.Repeat("[0-9a-f]", 62)))
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// mustPanic returns what a call panics with.
func mustPanic(t *testing.T, why string, call func()) (message string) {
	t.Helper()
	defer func() {
		t.Helper()
		r := recover()
		if r == nil {
			t.Errorf("%s: it does not panic", why)
		}
		message = fmt.Sprint(r)
	}()
	call()
	return ""
}

var errAsked = errors.New("failing as asked")
