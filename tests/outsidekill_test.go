//go:build unix

package tests

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"labbook/runlog"
	"labbook/runlog/record"
)

const (
	outsideSeed  = 20250301
	outsideBooks = 2
	// atOnce is how many programs of one lab-book live at a time.
	atOnce = 4
)

// A fate is how a program, "labbook run" that records it, or both are killed.
type fate struct {
	name    string
	strikes func(random *rand.Rand) []strike
	// statuses are those that the run may have. Where the recorder dies first
	// nobody sees how the program ends, unless it says so itself.
	statuses func(itself bool) []record.Status
	early    bool // struck at a moment of its beginning instead
}

func statuses(s ...record.Status) func(bool) []record.Status {
	return func(bool) []record.Status { return s }
}

// goesOn is for how long programs live on without their recorder. One in eight
// lives on for longer than it takes to give a sign of life.
func goesOn(random *rand.Rand) time.Duration {
	if random.IntN(8) == 0 {
		return 2100*time.Millisecond + time.Duration(random.IntN(400))*time.Millisecond
	}
	return time.Duration(random.IntN(100)) * time.Millisecond
}

var fates = []fate{
	{
		"the program is killed",
		func(random *rand.Rand) []strike { return []strike{{after: random.IntN(300), do: killProgram}} },
		statuses(record.StatusKilled), false,
	},
	{
		"the recorder is killed, the program later",
		func(random *rand.Rand) []strike {
			return []strike{{after: random.IntN(300), do: killRecorder}, {later: goesOn(random), after: random.IntN(50), do: killProgram}}
		},
		statuses(record.StatusDied), false,
	},
	{
		"the recorder is killed, the program ends later",
		func(random *rand.Rand) []strike {
			return []strike{{after: random.IntN(300), do: killRecorder}, {later: goesOn(random), after: random.IntN(50), do: endInput}}
		},
		func(itself bool) []record.Status {
			return []record.Status{map[bool]record.Status{true: record.StatusOK, false: record.StatusDied}[itself]}
		}, false,
	},
	{
		"the recorder and then the program",
		func(random *rand.Rand) []strike {
			return []strike{{after: random.IntN(300), do: killRecorder}, {after: -1, do: killProgram}}
		},
		statuses(record.StatusDied), false,
	},
	{
		"the program and then the recorder",
		func(random *rand.Rand) []strike {
			return []strike{{after: random.IntN(300), do: killProgram}, {after: -1, do: killRecorder}}
		},
		statuses(record.StatusDied, record.StatusKilled), false,
	},
	{
		"the group",
		func(random *rand.Rand) []strike { return []strike{{after: random.IntN(300), do: killGroup}} },
		statuses(record.StatusDied, record.StatusKilled), false,
	},
	{"the group, early", func(*rand.Rand) []strike { return nil }, statuses(record.StatusDied, record.StatusKilled), true},
}

// TestKilledFromOutsideNothingIsLost kills programs that "labbook run" records, or
// labbook, or both, while a reader follows. All that came out is on record, once,
// and so is every call if the program records itself too: both are one run.
func TestKilledFromOutsideNothingIsLost(t *testing.T) {
	t.Parallel()
	programPath(t, "busy")
	rounds := max(1, killsAsked(t)/outsideBooks/atOnce)
	tallies := make([]tally, outsideBooks)
	t.Run("books", func(t *testing.T) {
		for i := range outsideBooks {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(outsideSeed, uint64(i)))
				dir := filepath.Join(t.TempDir(), "book")
				for round := range rounds {
					checkLives(t, dir, &tallies[i], liveAtOnce(t, dir, random, round)...)
				}
				runs, err := openBook(t, dir).Runs(t.Context(), record.RunQuery{Limit: 1 << 20})
				if n := &tallies[i]; err != nil || len(runs) != n.kills-n.unborn {
					t.Errorf("the lab-book has %d runs, %v; want %d", len(runs), err, n.kills-n.unborn)
				}
				mustBeSound(t, dir)
			})
		}
	})
	t.Logf("%+v", sumOf(tallies))
}

// liveAtOnce starts some programs, and has them meet their fates.
func liveAtOnce(t *testing.T, dir string, random *rand.Rand, round int) []life {
	t.Helper()
	lives := make([]life, atOnce)
	var group sync.WaitGroup
	for i := range lives {
		kill := round*atOnce + i
		fate := fates[kill%len(fates)]
		itself := kill/len(fates)%2 == 0
		strikes := fate.strikes(random)
		b := newBusy(t, dir, (kill+1)*1_000_000, "-input")
		if len(strikes) > 1 && strikes[1].later > time.Second {
			b.cmd.Args = append(b.cmd.Args, "-pause", "5ms") // it is to live for long, not to do much
		}
		fromOutside(t, b.cmd, dir, itself)
		b.cmd.Env = append(b.cmd.Env, "LABBOOK_DIR="+dir) // where its cache is
		b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		b.start(t)
		timer := time.NewTimer(0)
		timer.Stop()
		if fate.early {
			timer = time.AfterFunc(time.Duration(random.IntN(40_000))*time.Microsecond, func() {
				if err := killGroup(b); err != nil {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			defer timer.Stop()
			l, err := b.liveKilled(strikes...)
			if err != nil {
				t.Errorf("%s: %v", fate.name, err)
			}
			l.statuses = fate.statuses(itself)
			for d := range l.deeds {
				if !itself && !d.isPrinting() {
					delete(l.deeds, d)
				}
			}
			lives[i] = l
		})
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		group.Wait()
	}()
	follow(t, dir, over)
	return lives
}

// follow reads a lab-book as an explorer does, until something is over: what a
// program leaves that dies meanwhile is taken in while others go on.
func follow(t *testing.T, dir string, over <-chan struct{}) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		book, err := runlog.Open(t.Context(), dir)
		if err != nil {
			continue // nobody has made it yet; what is on record is looked at later
		}
		if _, err := book.Runs(t.Context(), record.RunQuery{}); err != nil {
			t.Error(err)
		}
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}
}
