//go:build unix

package tests

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"labbook/runlog"
	"labbook/runlog/record"
)

// soakVariable sets for how long TestSoak goes on, and with -v it says what came of
// it: LABBOOK_SOAK=10m go test ./tests -run Soak -v -timeout 30m.
const soakVariable = "LABBOOK_SOAK"

func soakAsked(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(soakVariable)
	if text == "" {
		return map[bool]time.Duration{true: time.Second, false: 3 * time.Second}[testing.Short()]
	}
	asked, err := time.ParseDuration(text)
	if err != nil || asked <= 0 {
		t.Fatalf("%s is %q; want a duration such as 10m", soakVariable, text)
	}
	return asked
}

const (
	soakSeed = 20250614
	// soakers is how many short programs record at a time.
	soakers = 8
	// soakKept is how many of the newest runs prune leaves.
	soakKept     = 20
	soakArtifact = 4 << 10
	// longFirst is the first number of the program that goes on all the time, and
	// longLimit how much of its output is kept.
	longFirst = 1_000_000_000
	longLimit = 256 << 10
)

// What may be waited for: mostWait is how long who writes waits for others, and
// mostLife is beyond what the end of a run may take.
const (
	mostWait = 10 * time.Second
	mostLife = 30 * time.Second
)

// TestSoak is long use of one lab-book in short. Programs come and go, eight at
// once, one goes on all the time, two read along, and somebody prunes, checks and
// backs up. Nobody fails or waits for long, nothing grows but by what is kept, and
// what is kept is complete.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := &soak{
		dir: filepath.Join(t.TempDir(), "book"), asked: soakAsked(t), random: rand.New(rand.NewPCG(soakSeed, 0)),
		lives: map[int]life{}, waits: map[string]time.Duration{}, largest: map[string]int64{}, pruned: map[int64]bool{},
	}
	s.pinOne(t)
	long := s.startLong(t)
	upkeepOver := make(chan error, 1)
	stop := make(chan struct{})
	s.keysEver = func() int64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return int64(s.calls+long.returned())/2 + 1000*soakers // some are not told of yet
	}
	scratch := t.TempDir()
	go func() { upkeepOver <- s.keepUp(t.Context(), stop, scratch) }()
	readers := []*runlog.Reader{openBook(t, s.dir), openBook(t, s.dir)}
	var reading sync.WaitGroup
	for i, book := range readers {
		reading.Go(func() {
			if err := s.read(t.Context(), stop, book, time.Duration(i+1)*100*time.Millisecond); err != nil {
				t.Errorf("reader %d: %v", i+1, err)
			}
		})
	}
	s.runPrograms(t, long)

	long.end(t)
	close(stop)
	reading.Wait()
	if err := <-upkeepOver; err != nil {
		t.Errorf("upkeep: %v", err)
	}
	s.waits["the long-running program"] = long.silence.Round(time.Millisecond)
	s.checkEnd(t, long)
	t.Logf("%v: %d programs (%d ok, %d failed, %d killed), %d pruned; %d calls returned, %d bytes printed", s.asked,
		len(s.lives), s.ends[endsOK], s.ends[fails], s.ends[isKilled], len(s.pruned), s.calls+long.calls, s.printed+long.bytes())
	t.Logf("%d prunes, %d checks, %d backups; longest waits: %v; largest: %v; %s", s.prunes, s.checks, s.backups, s.waits, s.largest, s.lastSize)
	t.Logf("the long-running program: %d calls; %s", long.calls, long.growth())
}

// A soak is what is known of one TestSoak.
type soak struct {
	dir    string
	asked  time.Duration
	random *rand.Rand

	pinned int64 // run

	mu      sync.Mutex
	lives   map[int]life // of short programs, by their first numbers
	ends    [3]int       // by how they end
	calls   int          // that short programs had returned
	printed int          // bytes, by short programs
	waits   map[string]time.Duration
	largest map[string]int64 // sizes of files

	// Of upkeep.
	keysEver                func() int64   // at most so many numbers were computed with
	pruned                  map[int64]bool // runs
	mostRuns                int64          // on record at one time
	lastSize                string         // of the database, and what is in it
	prunes, checks, backups int
}

// How short programs end.
const (
	endsOK = iota
	fails
	isKilled
)

// waited notes how long something took.
func (s *soak) waited(what string, begun time.Time) {
	took := time.Since(begun).Round(time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits[what] = max(s.waits[what], took)
}

// pinOne runs a program that is to be there in the end.
func (s *soak) pinOne(t *testing.T) {
	t.Helper()
	p := s.newProgram(t, endsOK)
	s.ended(t, p, p.live())
	book := openBook(t, s.dir)
	s.pinned = newestRun(t, book).ID
	if err := runlog.SetPinned(t.Context(), s.dir, true, s.pinned); err != nil {
		t.Fatal(err)
	}
}

// A soakProgram is a short one.
type soakProgram struct {
	busy    *busyRun
	end     int
	strikes []strike
}

// newProgram starts one.
func (s *soak) newProgram(t *testing.T, end int) *soakProgram {
	t.Helper()
	p := &soakProgram{end: end}
	s.ends[end]++
	first := (s.ends[0] + s.ends[1] + s.ends[2]) * 10_000
	args := []string{"-artifact", strconv.Itoa(soakArtifact), "-rounds", strconv.Itoa(1 + s.random.IntN(20))}
	switch end {
	case fails:
		args = append(args, "-fail")
	case isKilled:
		args[len(args)-1] = "0"
		p.strikes = []strike{{after: s.random.IntN(200), do: killProgram}}
	}
	p.busy = newBusy(t, s.dir, first, args...).start(t)
	return p
}

// A soakLife is the whole life of a short program.
type soakLife struct {
	life
	took time.Duration
	err  error
}

func (p *soakProgram) live() soakLife {
	begun := time.Now()
	l, err := p.busy.live(p.strikes...)
	return soakLife{l, time.Since(begun), err}
}

// ended looks at how a program ended.
func (s *soak) ended(t *testing.T, p *soakProgram, l soakLife) {
	t.Helper()
	want := [...]string{endsOK: "exit status 0", fails: "exit status 1", isKilled: "signal: killed"}[p.end]
	if l.err != nil || l.state.String() != want || strings.Contains(l.stderr, "labbook: ") {
		t.Errorf("the program from %d ended with %s, %v, want %s:\n%.2000s", l.first, l.state, l.err, want, l.stderr)
	}
	l.statuses = []record.Status{[...]record.Status{endsOK: record.StatusOK, fails: record.StatusFailed, isKilled: unsaid(record.StatusKilled)}[p.end]}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lives[l.first] = l.life
	s.printed += len(l.stdout) + len(l.stderr)
	for d := range l.deeds {
		if !d.isPrinting() {
			s.calls++
		}
	}
	s.waits["a short program"] = max(s.waits["a short program"], l.took.Round(time.Millisecond))
}

// runPrograms has short programs come and go for as long as was asked for.
func (s *soak) runPrograms(t *testing.T, long *longRun) {
	t.Helper()
	type ending struct {
		program *soakProgram
		life    soakLife
	}
	endings := make(chan ending, soakers)
	start := func() {
		t.Helper()
		p := s.newProgram(t, s.random.IntN(3))
		go func() { endings <- ending{p, p.live()} }()
	}
	for range soakers {
		start()
	}
	over := time.After(s.asked)
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for alive, isOver := soakers, false; alive > 0; {
		select {
		case e := <-endings:
			s.ended(t, e.program, e.life)
			if isOver || t.Failed() {
				alive--
				continue
			}
			start()
		case <-over:
			isOver = true
		case <-look.C:
			s.measure()
			long.measure()
		}
	}
}

// read reads along until stop is closed.
func (s *soak) read(ctx context.Context, stop <-chan struct{}, book *runlog.Reader, every time.Duration) error {
	seen := map[int64]record.Counts{}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
		begun := time.Now()
		if err := readAlong(ctx, book, seen); err != nil {
			return err
		}
		s.waited("reading along", begun)
	}
}

// checkEnd looks at what is left when all programs are gone.
func (s *soak) checkEnd(t *testing.T, long *longRun) {
	t.Helper()
	openTogether(t, s.dir)
	mustLeaveNoSpools(t, s.dir)
	mustBeSound(t, s.dir)
	book := openBook(t, s.dir)
	runs, err := book.Runs(t.Context(), record.RunQuery{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var sum tally
	seen := map[int64]bool{}
	for i := range runs {
		run := &runs[i]
		seen[run.ID] = true
		if s.pruned[run.ID] {
			t.Errorf("run %d was pruned, and is on record", run.ID)
		}
		first, err := strconv.Atoi(run.Argv[slices.Index(run.Argv, "-first")+1])
		l, isShort := s.lives[first]
		switch {
		case err != nil:
			t.Errorf("run %d was started by %q", run.ID, run.Argv)
		case first == longFirst:
			long.check(t, book, run)
		case !isShort:
			t.Errorf("nobody has started run %d: %q", run.ID, run.Argv)
		default:
			checkLife(t, book, run, &sum, &l)
			checkArtifact(t, book, run.ID)
		}
	}
	if !seen[s.pinned] || len(runs)+len(s.pruned) != len(s.lives)+1 {
		t.Errorf("%d runs are on record, the pinned one %t, and %d were pruned, of %d", len(runs), seen[s.pinned], len(s.pruned), len(s.lives)+1)
	}
	// Now that nobody records, what only removed runs knew of goes too.
	if err := s.prune(t.Context(), ""); err != nil {
		t.Error(err)
	}
	for what, most := range map[string]time.Duration{"a short program": mostLife, "reading along": mostWait, "the long-running program": mostWait} {
		if s.waits[what] > most {
			t.Errorf("%s took %v, at the longest; want at most %v", what, s.waits[what], most)
		}
	}
	for what, most := range map[string]int64{
		"labbook.sqlite-wal": s.mostLog(), "spool": mostSpooled, "artifacts": soakArtifact * (2*s.mostRuns + soakers),
	} {
		if s.largest[what] > most {
			t.Errorf("%s had %d bytes at a time, want at most %d", what, s.largest[what], most)
		}
	}
}

// checkArtifact wants the artifact of a run, if it was made before the run was
// killed, whole.
func checkArtifact(t *testing.T, book *runlog.Reader, run int64) {
	t.Helper()
	detail, err := book.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range detail.Artifacts {
		if content, err := os.ReadFile(a.Path); err != nil || len(content) != soakArtifact || a.Bytes != soakArtifact {
			t.Errorf("the artifact of run %d has %d bytes, %v; want %d", run, len(content), err, soakArtifact)
		}
	}
	if want := map[bool]int{true: 1}[detail.Status != unsaid(record.StatusKilled)]; len(detail.Artifacts) < want {
		t.Errorf("run %d has no artifact", run)
	}
}
