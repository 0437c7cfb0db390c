//go:build unix

package tests

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"labbook/runlog"
	"labbook/runlog/record"

	"github.com/google/go-cmp/cmp"
)

// A busyRun is a run of the program busy, which tells what it has done.
type busyRun struct {
	cmd            *exec.Cmd
	told           *os.File
	stdout, stderr bytes.Buffer
}

// startBusy starts it with the lab-book in dir. Its numbers begin at first.
func startBusy(t *testing.T, dir string, first, rounds int) *busyRun {
	t.Helper()
	told, toldByProgram, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b := &busyRun{told: told}
	b.cmd = command(t, programPath(t, "busy"), "-first", strconv.Itoa(first), "-rounds", strconv.Itoa(rounds))
	b.cmd.Dir = t.TempDir()
	b.cmd.Env = environment("LABBOOK_DIR=" + dir)
	b.cmd.Stdout, b.cmd.Stderr = &b.stdout, &b.stderr
	b.cmd.ExtraFiles = []*os.File{toldByProgram}
	if err := errors.Join(b.cmd.Start(), toldByProgram.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := told.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// A deed is what the program has told of.
type deed struct {
	what string // "miss", "hit", "stdout" or "stderr"
	n    int
}

// deeds passes on what the program tells until it is dead.
func (b *busyRun) deeds(each func(d deed)) error {
	lines := bufio.NewScanner(b.told)
	for lines.Scan() {
		var d deed
		if _, err := fmt.Sscanf(lines.Text(), "%s %d", &d.what, &d.n); err != nil {
			return fmt.Errorf("the program told %q: %w", lines.Text(), err)
		}
		each(d)
	}
	return lines.Err()
}

// recorded counts what the lab-book has of a run, each deed by itself. It
// checks that the sums that the run carries are those of its calls.
func recorded(t *testing.T, book *runlog.Reader, run *record.Run) map[deed]int {
	t.Helper()
	deeds := map[deed]int{}
	counts := record.Counts{Saved: run.Counts.Saved, Spent: run.Counts.Spent, Tasks: run.Counts.Tasks}
	calls := callsOf(t, book, run.ID)
	for _, call := range calls {
		counts.Calls++
		switch call.Outcome {
		case record.Hit:
			counts.Hits++
		case record.Miss:
			counts.Misses++
		case record.Running:
			counts.Running++
		default:
			t.Errorf("call %s is a %s", call.ID, call.Outcome)
		}
		detail, err := book.Call(t.Context(), call.ID)
		if err != nil {
			t.Fatal(err)
		}
		argument := slices.IndexFunc(detail.Parts, func(p record.Part) bool { return p.Kind == record.PartArgument })
		if argument < 0 {
			t.Fatalf("call %s has no argument among its parts: %+v", call.ID, detail.Parts)
		}
		n, err := strconv.Atoi(detail.Parts[argument].Preview)
		if err != nil {
			t.Fatalf("call %s: %v", call.ID, err)
		}
		deeds[deed{string(call.Outcome), n}]++
	}
	if diff := cmp.Diff(counts, run.Counts); diff != "" {
		t.Errorf("the counts of run %d (-its calls +itself):\n%s", run.ID, diff)
	}
	stdout, stderr := outputOf(t, book, run.ID)
	for name, output := range map[string][]byte{"stdout": stdout, "stderr": stderr} {
		for line := range strings.Lines(string(output)) {
			var n int
			if _, err := fmt.Sscanf(line, name+" line %d\n", &n); err != nil {
				t.Fatalf("%s of run %d has the line %q", name, run.ID, line)
			}
			deeds[deed{name, n}]++
		}
	}
	return deeds
}

// leftSpools lists what was not taken in.
func leftSpools(t *testing.T, dir string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "spool", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// Kills are spread over a few lab-books, so that some find what the kills
// before them left. Half of the rounds kill two programs.
const (
	killBooks = 3
	killSeed  = 20240506
)

// A tally is what is expected of programs that are killed, and what is found.
type tally struct {
	kills                       int
	calls, callsFound           int // that had returned
	lines, linesFound           int // that had been printed, and told of
	bytes, bytesFound           int // that came out
	unsaidCalls, unsaidPrinting int // that are on record besides: they had not been told of yet
}

// TestKilledAnywhereNothingIsLost kills a program at random moments. What had
// returned and what had been printed is on record, once.
func TestKilledAnywhereNothingIsLost(t *testing.T) {
	t.Parallel()
	programPath(t, "busy")
	rounds := max(1, killsAsked(t)*2/3/killBooks)
	tallies := make([]tally, killBooks)
	t.Run("books", func(t *testing.T) {
		for i := range killBooks {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(killSeed, uint64(i)))
				dir := filepath.Join(t.TempDir(), "book")
				for kill := range rounds {
					first := (kill + 1) * 1_000_000
					// Half of the time the next program takes in what this one
					// leaves, and the reader comes after that one's death.
					programs := []killed{killBusy(t, dir, first, random.IntN(300))}
					if kill%2 == 0 {
						programs = append(programs, killBusy(t, dir, first+500_000, random.IntN(60)))
					}
					checkKilled(t, dir, &tallies[i], programs...)
				}
				mustBeSound(t, dir)
			})
		}
	})
	var sum tally
	for _, n := range tallies {
		sum.kills += n.kills
		sum.calls, sum.callsFound = sum.calls+n.calls, sum.callsFound+n.callsFound
		sum.lines, sum.linesFound = sum.lines+n.lines, sum.linesFound+n.linesFound
		sum.bytes, sum.bytesFound = sum.bytes+n.bytes, sum.bytesFound+n.bytesFound
		sum.unsaidCalls, sum.unsaidPrinting = sum.unsaidCalls+n.unsaidCalls, sum.unsaidPrinting+n.unsaidPrinting
	}
	t.Logf("%+v", sum)
}

// mustBeSound wants nothing amiss in a lab-book, its database or beside it.
func mustBeSound(t *testing.T, dir string) {
	t.Helper()
	report, err := runlog.Check(t.Context(), dir, runlog.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Errorf("%s: %+v", dir, f)
	}
}

// A killed program, with what it had told.
type killed struct {
	first          int
	deeds          map[deed]int
	stdout, stderr string
}

// killBusy kills the program once it has told of some deeds.
func killBusy(t *testing.T, dir string, first, after int) killed {
	t.Helper()
	b := startBusy(t, dir, first, 0)
	k := killed{first: first, deeds: map[deed]int{}}
	err := b.deeds(func(d deed) {
		k.deeds[d]++
		if after--; after == -1 {
			if err := b.cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
	// This returns when nobody holds the program's output any more.
	if err := b.cmd.Wait(); err == nil || b.cmd.ProcessState.String() != "signal: killed" {
		t.Fatalf("the program ended with %s, want it killed\n%s", b.cmd.ProcessState, b.stderr.Bytes())
	}
	k.stdout, k.stderr = b.stdout.String(), b.stderr.String()
	return k
}

// checkKilled looks for what the newest programs had done, the last one last.
func checkKilled(t *testing.T, dir string, sum *tally, programs ...killed) {
	t.Helper()
	openTogether(t, dir)
	book := openBook(t, dir)
	if left := leftSpools(t, dir); len(left) > 0 {
		t.Errorf("these spools are left: %q", left)
	}
	runs, err := book.Runs(t.Context(), record.RunQuery{Limit: len(programs)})
	if err != nil || len(runs) != len(programs) {
		t.Fatalf("the lab-book has %d runs, %v; want %d", len(runs), err, len(programs))
	}
	// Openers that race for what two programs left may hear of the later one
	// first, so that their numbers say nothing of their order.
	for _, k := range programs {
		at := slices.IndexFunc(runs, func(r record.Run) bool { return slices.Contains(r.Argv, strconv.Itoa(k.first)) })
		if at < 0 {
			t.Fatalf("the runs are %+v, without the one from %d", runs, k.first)
		}
		run := &runs[at]
		if run.Status != unsaid(record.StatusKilled) || run.Ended.IsZero() {
			t.Errorf("run %d is %s, ended at %s; want it killed", run.ID, run.Status, run.Ended)
		}
		got := recorded(t, book, run)
		sum.add(&k, got)
		for d, times := range k.deeds {
			if got[d] != 1 || times != 1 {
				t.Errorf("run %d: the %s of %d was told %d times and is on record %d times, want once", run.ID, d.what, d.n, times, got[d])
			}
		}
		for d, times := range got {
			if times != 1 {
				t.Errorf("run %d: the %s of %d is on record %d times", run.ID, d.what, d.n, times)
			}
		}
		stdout, stderr := outputOf(t, book, run.ID)
		sum.bytesFound += len(stdout) + len(stderr)
		if string(stdout) != k.stdout || string(stderr) != k.stderr {
			t.Errorf("run %d: the lab-book has %d and %d bytes of output, the terminal got %d and %d",
				run.ID, len(stdout), len(stderr), len(k.stdout), len(k.stderr))
		}
	}
}

// add counts a program that was killed, and what is on record of its deeds.
func (n *tally) add(k *killed, got map[deed]int) {
	n.kills++
	n.bytes += len(k.stdout) + len(k.stderr)
	isPrinting := func(d deed) bool { return d.what == "stdout" || d.what == "stderr" }
	for d := range k.deeds {
		found := 0
		if got[d] == 1 {
			found = 1
		}
		if isPrinting(d) {
			n.lines, n.linesFound = n.lines+1, n.linesFound+found
		} else {
			n.calls, n.callsFound = n.calls+1, n.callsFound+found
		}
	}
	for d := range got {
		if k.deeds[d] == 0 && isPrinting(d) {
			n.unsaidPrinting++
		} else if k.deeds[d] == 0 {
			n.unsaidCalls++
		}
	}
}

// openTogether has several readers find the same leftovers at once.
func openTogether(t *testing.T, dir string) {
	t.Helper()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			book, err := runlog.Open(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(book.Leftovers(), book.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// TestManyProgramsAndTwoReaders has programs record into one lab-book while two
// others read it, each at its own pace.
func TestManyProgramsAndTwoReaders(t *testing.T) {
	t.Parallel()
	const programs, rounds, workers = 8, 12, 3
	dir := filepath.Join(t.TempDir(), "book")
	// The book is there before anybody reads it.
	if err := startBusy(t, dir, 0, 1).cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	books := []*runlog.Reader{openBook(t, dir), openBook(t, dir)}

	type report struct {
		first int
		deed  deed
	}
	reports := make(chan report)
	endings := make(chan error, programs)
	told := map[int]map[deed]int{}
	for i := range programs {
		first := (i + 1) * 1_000_000
		told[first] = map[deed]int{}
		b := startBusy(t, dir, first, rounds)
		go func() {
			err := b.deeds(func(d deed) { reports <- report{first, d} })
			if waitErr := b.cmd.Wait(); waitErr != nil {
				err = errors.Join(err, fmt.Errorf("%w\n%s", waitErr, b.stderr.Bytes()))
			}
			endings <- err
		}()
	}
	seen := []map[int64]record.Counts{{}, {}}
	for ended, news := 0, 0; ended < programs; {
		select {
		case r := <-reports:
			told[r.first][r.deed]++
			if news++; news%60 == 0 {
				readAlong(t, books[0], seen[0])
			} else if news%100 == 0 {
				readAlong(t, books[1], seen[1])
			}
		case err := <-endings:
			ended++
			if err != nil {
				t.Fatal(err)
			}
			readAlong(t, books[0], seen[0])
			readAlong(t, books[1], seen[1])
		}
	}
	runs, err := books[0].Runs(t.Context(), record.RunQuery{})
	if err != nil || len(runs) != 1+programs {
		t.Fatalf("the lab-book has %d runs, %v; want %d", len(runs), err, 1+programs)
	}
	all, want := map[deed]int{}, map[deed]int{}
	for i := range runs[:programs] {
		if runs[i].Status != record.StatusOK {
			t.Errorf("run %d is %s, want it ok", runs[i].ID, runs[i].Status)
		}
		maps.Copy(all, recorded(t, books[0], &runs[i]))
	}
	for _, deeds := range told {
		maps.Copy(want, deeds)
	}
	if diff := cmp.Diff(want, all); diff != "" || len(want) != programs*4*rounds*workers {
		t.Errorf("%d deeds, want %d (-told +recorded):\n%s", len(want), programs*4*rounds*workers, diff)
	}
	mustBeSound(t, dir)
	openTogether(t, dir)
	if left := leftSpools(t, dir); len(left) > 0 {
		t.Errorf("these spools are left: %q", left)
	}
}

// readAlong reads all that an explorer would of runs that are under way.
func readAlong(t *testing.T, book *runlog.Reader, seen map[int64]record.Counts) {
	t.Helper()
	if _, err := book.Version(t.Context()); err != nil {
		t.Error(err)
	}
	runs, err := book.Runs(t.Context(), record.RunQuery{})
	if err != nil {
		t.Error(err)
	}
	for i := range runs {
		run := &runs[i]
		if before := seen[run.ID]; run.Counts.Calls < before.Calls || run.Counts.Hits < before.Hits || run.Counts.Misses < before.Misses {
			t.Errorf("the counts of run %d went from %+v back to %+v", run.ID, before, run.Counts)
		}
		seen[run.ID] = run.Counts
		outputOf(t, book, run.ID)
		if calls := callsOf(t, book, run.ID); int64(len(calls)) < run.Counts.Calls {
			t.Errorf("run %d counts %d calls and has %d", run.ID, run.Counts.Calls, len(calls))
		}
	}
}

// TestFirstRunsTogether has programs, and a reader, meet at a lab-book that is
// not there yet.
func TestFirstRunsTogether(t *testing.T) {
	t.Parallel()
	const programs = 5
	for attempt := range 6 {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(attempt))
		endings := make(chan ending, programs)
		var group sync.WaitGroup
		for range programs {
			cmd := manners(t, "end normally", "LABBOOK_DIR="+dir)
			group.Go(func() {
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				_ = cmd.Run() // how it ended is compared below
				endings <- ending{Stderr: stderr.String(), Exit: cmd.ProcessState.String()}
			})
		}
		over := make(chan struct{})
		go func() {
			group.Wait()
			close(over)
		}()
		for open := true; open; {
			select {
			case <-over:
				open = false
			default:
			}
			if book, err := runlog.Open(t.Context(), dir); err == nil {
				if err := book.Close(); err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, runlog.ErrNoBook) {
				t.Errorf("open a lab-book that is just being made: %v", err)
			}
		}
		want := finish(t, manners(t, "end normally", notRecorded))
		want.Stdout = ""
		for range programs {
			mustBeAlike(t, <-endings, want)
		}
		book := openBook(t, dir)
		if runs, err := book.Runs(t.Context(), record.RunQuery{}); err != nil || len(runs) != programs {
			t.Errorf("the lab-book has %d runs, %v; want %d", len(runs), err, programs)
		}
		if left := leftSpools(t, dir); len(left) > 0 {
			t.Errorf("these spools are left: %q", left)
		}
	}
}
