//go:build unix

package tests

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"labbook/cache/store"
)

// killsVariable sets how often each of the tests that kill programs does so, and
// with -v they count: LABBOOK_KILLS=300 go test ./tests -run Killed -v.
const killsVariable = "LABBOOK_KILLS"

func killsAsked(t *testing.T) int {
	t.Helper()
	text := os.Getenv(killsVariable)
	if text == "" {
		return map[bool]int{true: 8, false: 24}[testing.Short()]
	}
	kills, err := strconv.Atoi(text)
	if err != nil || kills < 1 {
		t.Fatalf("%s is %q; want a number", killsVariable, text)
	}
	return kills
}

const (
	hoardBytes = 1 << 20
	hoardSeed  = 20241125

	hoarders     = 2 // at once
	hoardWorkers = 3 // goroutines of each
)

// A hoarder is a run of the program hoard.
type hoarder struct {
	cmd    *exec.Cmd
	calls  *bufio.Scanner // a line each
	stderr bytes.Buffer
}

func startHoarder(t *testing.T, dir string, args ...string) *hoarder {
	t.Helper()
	h := &hoarder{cmd: command(t, programPath(t, "hoard"), append([]string{"-cache", dir, "-bytes", strconv.Itoa(hoardBytes)}, args...)...)}
	h.cmd.Env = environment("LABBOOK=off")
	h.cmd.Stderr = &h.stderr
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.calls = bufio.NewScanner(stdout)
	return h
}

// await waits for so many calls.
func (h *hoarder) await(t *testing.T, calls int) {
	t.Helper()
	for n := range calls {
		if !h.calls.Scan() {
			_ = h.cmd.Wait() // its state is told below
			t.Fatalf("after %d calls the program ended: %s\n%s", n, h.cmd.ProcessState, h.stderr.Bytes())
		}
	}
}

// kill kills the program a random moment after a call, and returns how many
// more had returned by then.
func (h *hoarder) kill(t *testing.T, delay time.Duration) (calls int) {
	t.Helper()
	timer := time.AfterFunc(delay, func() { _ = h.cmd.Process.Kill() }) // Wait tells
	defer timer.Stop()
	for h.calls.Scan() {
		calls++
	}
	_ = h.cmd.Wait()
	if state := h.cmd.ProcessState.String(); state != "signal: killed" || h.stderr.Len() > 0 {
		t.Fatalf("the program ended with %s, want it killed and silent\n%s", state, h.stderr.Bytes())
	}
	return calls
}

// TestKilledProgramsOfOneCache kills programs at random moments, while two of
// them share a cache that evicts all the time. Each checks what it gets.
func TestKilledProgramsOfOneCache(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	random := rand.New(rand.NewPCG(hoardSeed, 0))
	seed := 0
	start := func() *hoarder {
		seed++
		return startHoarder(t, dir, "-seed", strconv.Itoa(seed))
	}
	kills, calls := killsAsked(t), 0
	programs := [hoarders]*hoarder{start(), start()}
	for kill := range kills {
		victim := kill % len(programs)
		programs[victim].await(t, 1)
		calls++
		calls += programs[victim].kill(t, time.Duration(random.IntN(60_000))*time.Microsecond)
		// Nobody waits for what a dead program held.
		programs[1-victim].await(t, 20)
		calls += 20
		programs[victim] = start()
	}
	for _, program := range programs {
		program.await(t, 1)
		calls += 1 + program.kill(t, 0)
	}

	halfWritten := len(temporaryFiles(t, dir))
	// The next program finds all leftovers to be of long ago.
	for _, path := range temporaryFiles(t, dir) {
		before := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(path, before, before); err != nil {
			t.Fatal(err)
		}
	}
	last := startHoarder(t, dir, "-calls", "300")
	lastCalls := 0
	for last.calls.Scan() {
		lastCalls++
	}
	if err := last.cmd.Wait(); err != nil || last.stderr.Len() > 0 || lastCalls != 900 {
		t.Errorf("the last program ended after %d calls: %v\n%s", lastCalls, err, last.stderr.Bytes())
	}
	if left := temporaryFiles(t, dir); len(left) > 0 {
		t.Errorf("these temporary files are left: %q", left)
	}
	entries, evicted := checkHoard(t, dir)
	t.Logf("%d kills, which left %d files half written; %d calls returned, all right; %d entries are left, all sound, after %d too many were evicted",
		kills+len(programs), halfWritten, calls+lastCalls, entries, evicted)
}

// temporaryFiles are those of entries that were not complete, and of the index.
func temporaryFiles(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.Type().IsRegular() && (filepath.Base(filepath.Dir(path)) == "tmp" || strings.Contains(d.Name(), "tmp")):
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// checkHoard reads all entries, and compares what is there with what the index
// has.
func checkHoard(t *testing.T, dir string) (entries int, evicted int64) {
	t.Helper()
	s := store.Open(dir, store.Limits{})
	s.OnProblem(func(err error) { t.Errorf("the index: %v", err) })
	collection, err := s.Collect(t.Context(), store.Limits{MaxBytes: hoardBytes})
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for name, err := range s.Functions() {
		if err != nil {
			t.Fatal(err)
		}
		for info, err := range s.Entries(name) {
			if err == nil {
				_, err = s.Get(name, info.Key)
			}
			if err != nil {
				t.Errorf("an entry is not sound: %v", err)
				continue
			}
			entries++
			size += info.Size
		}
	}
	if size > hoardBytes || entries == 0 {
		t.Errorf("%d entries of %d bytes are left; %d bytes may be", entries, size, hoardBytes)
	}
	// Who was killed between saying that an entry comes and its coming leaves one
	// that is not there: one for each call that was under way. A rebuilt index has none.
	usage, err := s.Usage(t.Context())
	if ghosts := usage.Entries - int64(entries); err != nil || ghosts < 0 || ghosts > hoardWorkers*hoarders {
		t.Errorf("the index has %d entries, %v; there are %d", usage.Entries, err, entries)
	}
	if err := s.Rebuild(t.Context()); err != nil {
		t.Error(err)
	}
	usage, err = s.Usage(t.Context())
	if err != nil || usage.Entries != int64(entries) || usage.Bytes != size {
		t.Errorf("the index has %d entries of %d bytes, %v; there are %d of %d", usage.Entries, usage.Bytes, err, entries, size)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if logs, err := filepath.Glob(filepath.Join(dir, ".index", "*")); err != nil || len(logs) > 10 {
		t.Errorf("the index has the files %q, %v: those of dead programs stay", logs, err)
	}
	return entries, collection.Evicted
}
