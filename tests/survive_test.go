//go:build unix

package tests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"labbook/runlog"
	"labbook/runlog/record"

	"github.com/google/go-cmp/cmp"
)

// Kills are spread over a few lab-books, so that some find what the kills
// before them left. Half of the rounds kill two programs.
const (
	killBooks = 3
	killSeed  = 20240506
)

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
					lives := []life{killBusy(t, dir, first, random.IntN(300))}
					if kill%2 == 0 {
						lives = append(lives, killBusy(t, dir, first+500_000, random.IntN(60)))
					}
					checkLives(t, dir, &tallies[i], lives...)
				}
				mustBeSound(t, dir)
			})
		}
	})
	t.Logf("%+v", sumOf(tallies))
}

// killBusy kills the program once it has told of some deeds.
func killBusy(t *testing.T, dir string, first, after int) life {
	t.Helper()
	l, err := startBusy(t, dir, first, 0).liveKilled(strike{after: after, do: killProgram})
	if err != nil {
		t.Fatal(err)
	}
	l.statuses = []record.Status{unsaid(record.StatusKilled)}
	return l
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
	read := func(reader int) {
		t.Helper()
		if err := readAlong(t.Context(), books[reader], seen[reader]); err != nil {
			t.Error(err)
		}
	}
	for ended, news := 0, 0; ended < programs; {
		select {
		case r := <-reports:
			told[r.first][r.deed]++
			if news++; news%60 == 0 {
				read(0)
			} else if news%100 == 0 {
				read(1)
			}
		case err := <-endings:
			ended++
			if err != nil {
				t.Fatal(err)
			}
			read(0)
			read(1)
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
	mustLeaveNoSpools(t, dir)
}

// readAtMost bounds what is read along of one run.
const readAtMost = 2000

// readAlong reads what an explorer would of the newest runs, some of which are
// under way: what is new. Runs can be pruned meanwhile. Seen is what it read before.
func readAlong(ctx context.Context, book *runlog.Reader, seen map[int64]record.Counts) error {
	if _, err := book.Version(ctx); err != nil {
		return err
	}
	runs, err := book.Runs(ctx, record.RunQuery{})
	if err != nil {
		return err
	}
	for i := range runs {
		run := &runs[i]
		before, isKnown := seen[run.ID]
		if run.Counts.Calls < before.Calls || run.Counts.Hits < before.Hits || run.Counts.Misses < before.Misses {
			return fmt.Errorf("the counts of run %d went from %+v back to %+v", run.ID, before, run.Counts)
		}
		if isKnown && before == run.Counts {
			continue
		}
		seen[run.ID] = run.Counts
		if _, err := book.Output(ctx, run.ID, 0, readAtMost); err != nil {
			return err
		}
		calls, err := book.Calls(ctx, record.CallQuery{Filter: record.Filter{Run: run.ID}, Limit: readAtMost})
		if err != nil {
			return err
		}
		if int64(len(calls)) < min(run.Counts.Calls, readAtMost) {
			_, err := book.Run(ctx, run.ID)
			if err == nil {
				err = fmt.Errorf("run %d counts %d calls and has %d", run.ID, run.Counts.Calls, len(calls))
			}
			if !errors.Is(err, runlog.ErrNoRun) {
				return err
			}
		}
	}
	return nil
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
		mustLeaveNoSpools(t, dir)
	}
}
