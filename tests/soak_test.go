//go:build unix

package tests

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"labbook/runlog"
	"labbook/runlog/record"

	"github.com/google/go-cmp/cmp"
)

// soakVariable sets for how long TestSoak goes on.
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

// What a lab-book may take: a bound for each row of what is kept, generous enough
// for the indexes and for pages that are half full, and what does not depend on it.
const (
	bytesBeside  = 4 << 20
	bytesPerRun  = 32 << 10 // its environment, samples and artifacts' rows
	bytesPerCall = 400
	bytesPerKey  = 800 // with its parts
	// An index of trigrams is larger than the text.
	bytesPerByte = 6
	// mostLog bounds the write-ahead log: SQLite writes it back at 4 MB, when no
	// reader is in the way.
	mostLog = 64 << 20
	// mostSpooled bounds what spools take on the disk: of each program some steps of
	// 64 KiB or 1 MiB, of the one that goes on the 16 MiB that are given back at once.
	mostSpooled = 16<<20 + 4*soakers<<20
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

// measure looks at the sizes of the lab-book's files.
func (s *soak) measure() {
	sizes := map[string]int64{}
	_ = filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error { // what is gone has no size
		if err != nil || d.IsDir() {
			if err == nil && d.Name() == "cache" {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		what, _, _ := strings.Cut(strings.TrimPrefix(path, s.dir+"/"), "/")
		if strings.HasPrefix(what, ".") {
			return nil // small, or gone in a moment
		}
		sizes[what] += onDisk(info)
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, size := range sizes {
		s.largest[what] = max(s.largest[what], size)
	}
}

// onDisk is what a file takes: spools have holes where they were taken in.
func onDisk(info fs.FileInfo) int64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return min(info.Size(), stat.Blocks*512)
	}
	return info.Size()
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

// keepUp prunes, checks and backs up until stop is closed.
func (s *soak) keepUp(ctx context.Context, stop <-chan struct{}, scratch string) error {
	tick := time.NewTicker(min(s.asked/6, 5*time.Second))
	defer tick.Stop()
	jobs := []func(context.Context, string) error{s.prune, s.check, s.prune, s.backUp}
	for turn := 0; ; turn++ {
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
		if err := jobs[turn%len(jobs)](ctx, filepath.Join(scratch, strconv.Itoa(turn))); err != nil {
			return err
		}
	}
}

func (s *soak) prune(ctx context.Context, _ string) error {
	begun := time.Now()
	report, err := runlog.Prune(ctx, s.dir, runlog.PruneOptions{KeepRuns: soakKept})
	if err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	s.waited("prune", begun)
	if report.Kept.Pinned != 1 {
		return fmt.Errorf("prune kept %d pinned runs, want 1", report.Kept.Pinned)
	}
	keys := int64(0) // beside those of calls that are kept
	if report.UnusedKept {
		keys = s.keysEver()
	}
	if err := s.checkSize(ctx, report.FileBytes-report.FreedBytes, keys); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := report.Kept
	s.mostRuns = max(s.mostRuns, int64(len(report.Runs))+kept.Recent+kept.Pinned+kept.Running+kept.Referenced)
	s.prunes++
	for _, r := range report.Runs {
		s.pruned[r.ID] = true
	}
	return nil
}

// checkSize compares the size of the database with what is in it.
func (s *soak) checkSize(ctx context.Context, size, keys int64) error {
	book, err := runlog.Open(ctx, s.dir)
	if err != nil {
		return err
	}
	defer book.Close()
	runs, err := book.Runs(ctx, record.RunQuery{Limit: 1 << 20})
	if err != nil {
		return err
	}
	calls, printed := int64(0), int64(0)
	for i := range runs {
		n, err := book.RunSize(ctx, runs[i].ID)
		if err != nil {
			return err
		}
		calls, printed = calls+n.Calls, printed+n.OutputBytes
	}
	bound := bytesBeside + bytesPerRun*int64(len(runs)) + (bytesPerCall+bytesPerKey/2)*calls + bytesPerKey*keys + bytesPerByte*printed
	if size > bound {
		return fmt.Errorf("pruned, the database has %d bytes; want at most %d for %d runs with %d calls and %d bytes of output, and %d keys",
			size, bound, len(runs), calls, printed, keys)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.largest["database by its bound, in percent"] = max(s.largest["database by its bound, in percent"], 100*size/bound)
	s.lastSize = fmt.Sprintf("in the end %d bytes for %d runs with %d calls and %d bytes of output (bound %d)", size, len(runs), calls, printed, bound)
	return nil
}

func (s *soak) check(ctx context.Context, _ string) error {
	begun := time.Now()
	// Programs that just end are about to have their spools forgotten.
	if err := soundness(ctx, s.dir, runlog.FindingSpoolKnown); err != nil {
		return err
	}
	s.waited("check", begun)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks++
	return nil
}

// soundness is an error for what is amiss in a lab-book. Kinds of findings that
// are no faults there are passed over.
func soundness(ctx context.Context, dir string, except ...string) error {
	report, err := runlog.Check(ctx, dir, runlog.CheckOptions{})
	for i := range report.Findings {
		if f := &report.Findings[i]; !slices.Contains(except, f.Kind) {
			err = errors.Join(err, fmt.Errorf("%s: %+v", dir, *f))
		}
	}
	return err
}

func (s *soak) backUp(ctx context.Context, scratch string) error {
	begun := time.Now()
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return err
	}
	file := filepath.Join(scratch, "backup.tgz")
	if _, err := runlog.Backup(ctx, s.dir, file, runlog.BackupOptions{}); err != nil {
		return err
	}
	s.waited("backup", begun)
	restored := filepath.Join(scratch, "book")
	if err := unpack(file, restored); err != nil {
		return err
	}
	// It is of a moment at which programs were recording, whose spools are not part
	// of it.
	if err := soundness(ctx, restored, runlog.FindingSpoolKnown); err != nil {
		return fmt.Errorf("a backup: %w", err)
	}
	book, err := runlog.Open(ctx, restored)
	if err != nil {
		return fmt.Errorf("a backup: %w", err)
	}
	if err := errors.Join(readAlong(ctx, book, map[int64]record.Counts{}), book.Close()); err != nil {
		return fmt.Errorf("a backup: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backups++
	return os.RemoveAll(scratch)
}

// unpack restores a backup into a folder that is not there yet.
func unpack(file, dir string) error {
	packed, err := os.Open(file)
	if err != nil {
		return err
	}
	defer packed.Close()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(dir, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.Mkdir(path, 0o700)
		} else {
			var content []byte
			if content, err = io.ReadAll(archive); err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if err != nil {
			return err
		}
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
		"labbook.sqlite-wal": mostLog, "spool": mostSpooled, "artifacts": soakArtifact * (2*s.mostRuns + soakers),
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

// A longRun is the program that goes on all the time.
type longRun struct {
	busy *busyRun
	over chan error

	mu      sync.Mutex
	calls   int       // that had returned
	last    time.Time // when it told of something
	silence time.Duration
	memory  []int64 // at regular moments; empty where the system does not tell
	files   []int   // open ones, likewise
}

func (s *soak) startLong(t *testing.T) *longRun {
	t.Helper()
	l := &longRun{over: make(chan error, 1), last: time.Now()}
	l.busy = newBusyWithin(t, s.asked+5*deadline, s.dir, longFirst, "-input", "-pause", "10ms")
	l.busy.cmd.Env = append(l.busy.cmd.Env, fmt.Sprint("LABBOOK_OUTPUT_LIMIT=", longLimit))
	l.busy.start(t)
	go func() {
		err := l.busy.deeds(func(d deed) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if !d.isPrinting() {
				l.calls++
			}
			l.silence, l.last = max(l.silence, time.Since(l.last)), time.Now()
		})
		l.over <- errors.Join(err, l.busy.cmd.Wait())
	}()
	return l
}

// end has it end by itself.
func (l *longRun) end(t *testing.T) {
	t.Helper()
	if err := l.busy.stdin.Close(); err != nil {
		t.Error(err)
	}
	if err := <-l.over; err != nil {
		t.Errorf("the long-running program: %v\n%s", err, l.busy.stderr.Bytes())
	}
}

func (l *longRun) returned() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

func (l *longRun) bytes() int { return l.busy.stdout.Len() + l.busy.stderr.Len() }

// measure looks at its memory and its open files.
func (l *longRun) measure() {
	proc := filepath.Join("/proc", strconv.Itoa(l.busy.cmd.Process.Pid))
	statm, err := os.ReadFile(filepath.Join(proc, "statm"))
	if err != nil {
		return
	}
	var size, resident int64
	files, err := os.ReadDir(filepath.Join(proc, "fd"))
	if n, _ := fmt.Sscan(string(statm), &size, &resident); n < 2 || err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.memory = append(l.memory, resident*int64(os.Getpagesize()))
	l.files = append(l.files, len(files))
}

// quarters are the largest values of each quarter of a series.
func quarters[T int | int64](series []T) (largest [4]T) {
	for i, n := range series {
		at := i * 4 / len(series)
		largest[at] = max(largest[at], n)
	}
	return largest
}

func (l *longRun) growth() string {
	return fmt.Sprintf("its memory by quarters %d, its open files %d, at most silent for %v", quarters(l.memory), quarters(l.files), l.silence.Round(time.Millisecond))
}

// check looks for all of its calls, and for what is to be kept of its output.
func (l *longRun) check(t *testing.T, book *runlog.Reader, run *record.Run) {
	t.Helper()
	calls := callsOf(t, book, run.ID)
	want := record.Counts{Calls: int64(l.calls), Hits: int64(l.calls / 2), Misses: int64(l.calls / 2), Saved: run.Counts.Saved, Spent: run.Counts.Spent}
	if diff := cmp.Diff(want, run.Counts); diff != "" || len(calls) != l.calls || run.Status != record.StatusOK {
		t.Errorf("the long-running program is %s and has %d calls; its counts are (-want +got):\n%s", run.Status, len(calls), diff)
	}
	printed := map[record.Stream]string{record.Stdout: l.busy.stdout.String(), record.Stderr: l.busy.stderr.String()}
	var gaps record.Gaps
	missing, on := int64(0), int64(0)
	for _, chunk := range chunksOf(t, book, run.ID) {
		missing += gaps.Before(&chunk)
		on += int64(len(chunk.Bytes))
		if !strings.HasPrefix(printed[chunk.Stream][chunk.Offset:], string(chunk.Bytes)) {
			t.Errorf("at %d of %s the lab-book has other bytes than were printed", chunk.Offset, chunk.Stream)
		}
	}
	if missing+on != int64(l.bytes()) || missing > 0 && on < longLimit/2 || on > 2*longLimit {
		t.Errorf("of %d bytes %d are on record and %d are known to be missing; about %d are to be kept", l.bytes(), on, missing, longLimit)
	}
	// What is there in the second quarter is what it takes.
	if q := quarters(l.memory); q[3] > q[1]+q[1]/4+16<<20 {
		t.Errorf("the long-running program's memory grows: %d in each quarter at the most", q)
	}
	if q := quarters(l.files); q[3] > q[1]+2 {
		t.Errorf("the long-running program opens more and more files: %d in each quarter at the most", q)
	}
}
