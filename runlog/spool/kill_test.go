//go:build unix

package spool

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"labbook/runlog/event"
)

// roleVariable makes the test binary a program that these tests watch; its
// value is what it does and where.
const roleVariable = "LABBOOK_SPOOL_TEST"

func TestMain(m *testing.M) {
	if role, dir, ok := strings.Cut(os.Getenv(roleVariable), " "); ok {
		if err := map[string]func(dir string) error{"write": writeForEver, "limit": writeToLimit}[role](dir); err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func program(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role+" "+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

const killWriters = 4

// writeForEver appends numbered events from several goroutines, and says of each
// when it has returned.
func writeForEver(dir string) error {
	w, err := Create(dir, run, "main")
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	for i := range killWriters {
		group.Go(func() {
			for n := 0; ; n++ {
				size := 10 << (n % 7)
				if n%50 == 49 {
					size = 100 << 10
				}
				if err := w.Append(&event.Tag{Tag: fmt.Sprintf("%d %d %s", i, n, strings.Repeat("x", size))}); err != nil {
					return
				}
				_, _ = fmt.Fprintf(os.Stdout, "%d %d\n", i, n) // one write, which a pipe takes as a whole
			}
		})
	}
	group.Wait()
	return errors.New("a writer cannot go on")
}

// TestKilledAtAnyMoment kills a program at random moments. Each event whose
// Append had returned is there, once and whole.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills := 30
	if testing.Short() {
		kills = 6
	}
	random := rand.New(rand.NewPCG(20, 26))
	promised, found := 0, 0
	for range kills {
		dir := t.TempDir()
		cmd := program(t, "write", dir)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		var returned [killWriters]int
		enough := 1 + random.IntN(2000)
		for n := 0; lines.Scan(); n++ {
			var writer, number int
			if _, err := fmt.Sscan(lines.Text(), &writer, &number); err != nil {
				t.Fatal(err)
			}
			returned[writer] = number + 1
			if n == enough {
				// What it goes on to say before it dies is heard, too.
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // it was killed
		var got [killWriters]int
		r := open(t, filepath.Join(dir, run.String()+"-main"+extension))
		for _, tag := range tags(t, r) {
			var writer, number int
			var rest string
			if _, err := fmt.Sscan(tag, &writer, &number, &rest); err != nil || strings.Trim(rest, "x") != "" {
				t.Fatalf("there is an event %.40q: %v", tag, err)
			}
			if number != got[writer] {
				t.Fatalf("event %d of writer %d comes after %d", number, writer, got[writer]-1)
			}
			got[writer]++
		}
		for i := range killWriters {
			promised, found = promised+returned[i], found+got[i]
			if got[i] < returned[i] || got[i] > returned[i]+1 {
				t.Errorf("writer %d has %d events in the spool; Append had returned for %d", i, got[i], returned[i])
			}
		}
		if abandoned, err := r.Abandoned(); err != nil || !abandoned {
			t.Errorf("Abandoned = %v, %v", abandoned, err)
		}
	}
	t.Logf("%d kills, %d events promised, %d found", kills, promised, found)
}

const fileLimit = 3<<20 + 4321

// writeToLimit appends until the system allows no more, and says how often.
func writeToLimit(dir string) error {
	limit := unix.Rlimit{Cur: fileLimit, Max: fileLimit}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	w, err := Create(dir, run, "main")
	if err != nil {
		return err
	}
	n := 0
	for ; ; n++ {
		if err = w.Append(&event.Tag{Tag: fmt.Sprintf("%0100d", n)}); err != nil {
			break
		}
	}
	_, _ = fmt.Fprintln(os.Stdout, n, w.used, errors.Is(err, unix.EFBIG))
	return w.Close()
}

// A limit to what a program may write is an error, and all that fits within it
// is used.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	said, err := program(t, "limit", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	var used int64
	var isLimit bool
	if _, err := fmt.Sscan(string(said), &n, &used, &isLimit); err != nil || !isLimit {
		t.Fatalf("it says %q: %v", said, err)
	}
	if got := len(tags(t, open(t, filepath.Join(dir, run.String()+"-main"+extension)))); got != n {
		t.Errorf("%d events are in the spool, want the %d that were appended", got, n)
	}
	if used < fileLimit-128<<10 {
		t.Errorf("it ends at %d bytes, though it may write %d", used, fileLimit)
	}
}

// A writer that goes on while another process reads: the lock tells them apart.
func TestLivingWriterIsNotAbandoned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := program(t, "write", dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	r := open(t, filepath.Join(dir, run.String()+"-main"+extension))
	if abandoned, err := r.Abandoned(); err != nil || abandoned {
		t.Errorf("while it writes: Abandoned = %v, %v", abandoned, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if abandoned, err := r.Abandoned(); err != nil || !abandoned {
		t.Errorf("when it is dead: Abandoned = %v, %v", abandoned, err)
	}
}
