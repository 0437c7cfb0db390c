package runlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

// PruneOptions says what Prune removes. The zero value removes every run that
// nothing else keeps.
type PruneOptions struct {
	Keep     time.Duration // runs that ended no longer ago than that stay
	KeepRuns int           // so many of the newest runs stay
	// Origins removes runs too that computed what other runs loaded. Their calls
	// are then named by hits as the origin, but are no longer there.
	Origins  bool
	DryRun   bool      // only say what would go
	Now      time.Time // what ages are counted from; zero for the present
	Progress Progress
}

// PruneReport is what Prune has removed, or in a dry run would remove.
type PruneReport struct {
	Dir    string      `json:"dir"`
	DryRun bool        `json:"dry_run"`
	Runs   []PrunedRun `json:"runs"` // oldest first

	Calls         int64 `json:"calls"`
	OutputBytes   int64 `json:"output_bytes"`
	Artifacts     int64 `json:"artifacts"`
	ArtifactBytes int64 `json:"artifact_bytes"`

	FileBytes  int64 `json:"file_bytes"`  // of the lab-book's file, before
	FreedBytes int64 `json:"freed_bytes"` // of them, given back to the disk; in a dry run an estimate

	// Reusable are bytes that are free but stay in the file for later runs, and
	// UnusedKept says that what only removed runs knew of functions and arguments
	// is still there: both wait for a Prune while no program records.
	Reusable   int64 `json:"reusable_bytes"`
	UnusedKept bool  `json:"unused_kept"`

	Kept PruneKept `json:"kept"`
}

// PruneKept counts the runs that stay, each by the first reason that holds.
type PruneKept struct {
	Recent     int64 `json:"recent"`
	Pinned     int64 `json:"pinned"`
	Running    int64 `json:"running"`    // or with a spool that is not taken in
	Referenced int64 `json:"referenced"` // they computed what a run that stays loaded
}

// PrunedRun is a run that goes.
type PrunedRun struct {
	ID            int64         `json:"id"`
	Name          string        `json:"name"`
	Status        record.Status `json:"status"`
	Started       time.Time     `json:"started"`
	Calls         int64         `json:"calls"`
	OutputBytes   int64         `json:"output_bytes"`
	Artifacts     int64         `json:"artifacts"`
	ArtifactBytes int64         `json:"artifact_bytes"`

	uuid string
}

// Prune removes old runs from the lab-book in dir, "" for the one of the working
// directory, with all that belongs to them, and gives the room back. It never
// removes runs that are pinned or under way, nor, unless Options.Origins says so,
// a run that computed what a run that stays has loaded. A run that repeats a
// removed one, or was started by it, keeps its number: numbers are never used
// twice.
//
// Programs can record and be read meanwhile: it writes for some milliseconds at a
// time. If ctx ends, or the process does, the lab-book is sound and the next Prune
// goes on; the report then says what was done so far.
func Prune(ctx context.Context, dir string, options PruneOptions) (report PruneReport, err error) {
	book, dir, err := openForUpkeep(ctx, dir)
	if err != nil {
		return PruneReport{}, err
	}
	defer closeWith(book, &err)
	p := pruning{book: book, dir: dir, options: options, progress: options.Progress.orNone()}
	p.report = PruneReport{Dir: dir, DryRun: options.DryRun, Runs: []PrunedRun{}}
	space, err := book.Space(ctx)
	if err != nil {
		return p.report, err
	}
	p.report.FileBytes = space.Bytes
	chosen, err := p.choose(ctx)
	if err != nil {
		return p.report, err
	}
	if options.DryRun {
		err = p.forecast(ctx, chosen, space)
	} else {
		err = p.remove(ctx, chosen)
	}
	return p.report, err
}

// A pruning is one Prune.
type pruning struct {
	book     *sqlbook.Book
	dir      string
	options  PruneOptions
	progress Progress
	report   PruneReport
}

// choose finds the runs to remove, oldest first.
func (p *pruning) choose(ctx context.Context) ([]PrunedRun, error) {
	p.progress("looking at runs", 0, 0)
	if err := takeInLive(ctx, p.book, p.dir); err != nil {
		return nil, err
	}
	runs, err := p.allRuns(ctx) // newest first
	if err != nil {
		return nil, err
	}
	origins := map[int64][]int64{}
	if !p.options.Origins {
		if origins, err = p.book.Origins(ctx); err != nil {
			return nil, err
		}
	}
	spools, err := spoolNames(p.dir)
	if err != nil {
		return nil, err
	}
	now := p.options.Now
	if now.IsZero() {
		now = time.Now()
	}
	kept := map[int64]bool{}
	var referring []int64 // runs that stay and whose origins have not been looked at
	for i := range runs {
		r := &runs[i]
		count := &p.report.Kept.Recent
		switch {
		case r.Pinned:
			count = &p.report.Kept.Pinned
		case !r.Status.Ended() || hasSpool(spools, r.UUID):
			count = &p.report.Kept.Running
		case i < p.options.KeepRuns || now.Sub(lastSeen(r)) <= p.options.Keep && p.options.Keep > 0:
		default:
			continue
		}
		*count++
		kept[r.ID] = true
		referring = append(referring, r.ID)
	}
	for len(referring) > 0 {
		id := referring[len(referring)-1]
		referring = referring[:len(referring)-1]
		for _, origin := range origins[id] {
			if !kept[origin] {
				kept[origin] = true
				referring = append(referring, origin)
			}
		}
	}
	return p.measure(ctx, runs, kept)
}

func (p *pruning) allRuns(ctx context.Context) ([]record.Run, error) {
	var all []record.Run
	query := record.RunQuery{Limit: 1000}
	for {
		page, err := p.book.Runs(ctx, query)
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
		query.Before = page[len(page)-1].ID
	}
}

// lastSeen is when a run that is over was last known to be under way.
func lastSeen(r *record.Run) time.Time {
	last := r.Started
	for _, at := range []time.Time{r.Ended, r.Heartbeat} {
		if at.After(last) {
			last = at
		}
	}
	return last
}

func hasSpool(names []string, run string) bool {
	for _, name := range names {
		if strings.HasPrefix(name, run) {
			return true
		}
	}
	return false
}

// measure says how much there is of the runs that do not stay.
func (p *pruning) measure(ctx context.Context, runs []record.Run, kept map[int64]bool) ([]PrunedRun, error) {
	var chosen []PrunedRun
	for i := len(runs) - 1; i >= 0; i-- {
		r := &runs[i]
		if kept[r.ID] {
			continue
		}
		size, err := p.book.RunSize(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, PrunedRun{
			ID: r.ID, Name: r.Name, Status: r.Status, Started: r.Started, Calls: size.Calls, OutputBytes: size.OutputBytes,
			Artifacts: size.Artifacts, ArtifactBytes: size.ArtifactBytes, uuid: r.UUID,
		})
	}
	p.report.Kept.Referenced = int64(len(runs)-len(chosen)) - p.report.Kept.Recent - p.report.Kept.Pinned - p.report.Kept.Running
	return chosen, nil
}

func (p *pruning) count(r PrunedRun) {
	p.report.Runs = append(p.report.Runs, r)
	p.report.Calls += r.Calls
	p.report.OutputBytes += r.OutputBytes
	p.report.Artifacts += r.Artifacts
	p.report.ArtifactBytes += r.ArtifactBytes
}

func (p *pruning) forecast(ctx context.Context, chosen []PrunedRun, space sqlbook.Space) error {
	p.report.FreedBytes = space.Free
	if len(chosen) == 0 {
		return nil
	}
	ids := make([]int64, len(chosen))
	for i, r := range chosen {
		ids[i] = r.ID
		p.count(r)
	}
	p.progress("estimating what is freed", 0, 0)
	freed, err := p.book.EstimateFreed(ctx, ids)
	p.report.FreedBytes = min(p.report.FreedBytes+freed, space.Bytes)
	return err
}

// remove takes the chosen runs out of the lists first, and then all that belongs
// to them, or to runs that an earlier Prune did not come to the end of.
func (p *pruning) remove(ctx context.Context, chosen []PrunedRun) error {
	if err := settleArtifacts(ctx, p.book, p.dir); err != nil {
		return err
	}
	for i, r := range chosen {
		p.progress("removing runs", int64(i), int64(len(chosen)))
		switch err := p.removeRun(ctx, &r); {
		case errors.Is(err, sqlbook.ErrKept), errors.Is(err, errSpooled), errors.Is(err, ErrNoRun):
			continue // somebody has pinned it meanwhile, or removed it
		case err != nil:
			return err
		}
		p.count(r)
	}
	err := p.book.RemoveRows(ctx, func(rows int64) { p.progress("removing rows", rows, 0) })
	if err != nil {
		return err
	}
	quiet := isQuiet(p.dir)
	err = p.book.RemoveUnused(ctx, quiet, func(rows int64) { p.progress("removing what is no longer used", rows, 0) })
	if errors.Is(err, sqlbook.ErrRecording) {
		p.report.UnusedKept, err = true, nil
	}
	if err != nil {
		return err
	}
	p.progress("giving room back", 0, 0)
	err = p.book.GiveBack(ctx, quiet, func(done, all int64) { p.progress("giving room back", done, all) })
	if err != nil && !errors.Is(err, sqlbook.ErrRecording) {
		return err
	}
	space, err := p.book.Space(ctx)
	p.report.FreedBytes, p.report.Reusable = max(p.report.FileBytes-space.Bytes, 0), space.Free
	return err
}

// errSpooled says that more of a run may be about to be taken in.
var errSpooled = errors.New("the run has a spool")

// removeRun removes a run and its artifacts.
func (p *pruning) removeRun(ctx context.Context, r *PrunedRun) error {
	folder, err := artifactsOf(p.dir, r.uuid)
	if err != nil {
		return err
	}
	moved := false
	confirm := func() error {
		spools, err := spoolNames(p.dir)
		if err == nil && hasSpool(spools, r.uuid) {
			err = errSpooled
		}
		if err != nil || folder == "" {
			return err
		}
		err = os.Rename(folder, folder+prunedSuffix)
		moved = moved || err == nil // it may be asked again
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	undo := func() error {
		if !moved {
			return nil
		}
		return os.Rename(folder+prunedSuffix, folder)
	}
	if err := p.book.RemoveRun(ctx, r.ID, confirm, undo); err != nil {
		return err
	}
	if !moved {
		return nil
	}
	if err := os.RemoveAll(folder + prunedSuffix); err != nil {
		return fmt.Errorf("remove artifacts of run %d: %w", r.ID, err)
	}
	return nil
}

// prunedSuffix marks the artifacts of a run that is just being removed. Whether
// it was, the lab-book knows.
const prunedSuffix = ".pruned"

// artifactsOf is where the artifacts of a run are, "" if its UUID is none: then
// nothing of the sort was ever made.
func artifactsOf(dir, run string) (string, error) {
	if _, err := uuid.Parse(run); err != nil || len(run) != len(uuid.Nil.String()) {
		return "", nil //nolint:nilerr // it says what there is to say
	}
	folder := filepath.Join(dir, artifactFolder)
	abs, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("find artifacts: %w", err)
	}
	return filepath.Join(abs, run), nil
}

// settleArtifacts brings the removal of artifacts that was stopped to one end or
// the other.
func settleArtifacts(ctx context.Context, book *sqlbook.Book, dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, artifactFolder))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("settle artifacts: %w", err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), prunedSuffix) {
			continue
		}
		folder := filepath.Join(dir, artifactFolder, entry.Name())
		original := strings.TrimSuffix(folder, prunedSuffix)
		var isGone bool
		// Nobody else is in the middle of it while this one may write.
		err := book.Exclusively(ctx, func() error {
			id, err := book.RunID(ctx, filepath.Base(original))
			if err != nil {
				return err
			}
			if isGone = id == 0; isGone {
				return nil
			}
			return os.Rename(folder, original)
		})
		if err == nil && isGone {
			err = os.RemoveAll(folder)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("settle artifacts: %w", err)
		}
	}
	return nil
}
