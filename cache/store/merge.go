package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// A MergeOutcome is what became of an entry of the other store.
type MergeOutcome string

// The outcomes of an entry.
const (
	MergeTaken    MergeOutcome = "taken"    // it is here now, or would be
	MergeReplaced MergeOutcome = "replaced" // the same, in the place of one that was corrupt
	MergeThere    MergeOutcome = "there"    // the same result was here already
	MergeConflict MergeOutcome = "conflict" // another result is here under the same key, and stays
	MergeSkipped  MergeOutcome = "skipped"  // it is no good, or cannot be read: the error says why
	MergeStopped  MergeOutcome = "stopped"  // it cannot be written here; neither can the rest
)

// Merged is an entry of the other store, and what became of it.
type Merged struct {
	Info    Info // of the other store's file
	Outcome MergeOutcome
	Ours    Info // of a conflict: the entry that stays
}

// MergeOptions say how to merge. The zero options merge.
type MergeOptions struct {
	DryRun bool // write nothing, but read everything
}

// ErrSameStore says that a store was to be merged into itself.
var ErrSameStore = errors.New("both are one and the same cache")

// Merge takes in the entries of another store, with their pins and the times of
// their last use, and yields what became of each, in no order. What is taken was
// verified to the last byte. An entry whose result is here already costs no more
// than a look at both files, so that a merge that was stopped is finished by
// another one. The other store is only read; symbolic links in it are not
// followed.
//
// Two results under one key mean that the function is not deterministic, or was
// not told of something that its result depends on.
//
// With MergeSkipped comes the error that says why, and the iteration goes on;
// MergeStopped, with its error, is the last. So is a Merged without an outcome,
// whose error concerns the whole.
func (s *Store) Merge(ctx context.Context, from *Store, options MergeOptions) iter.Seq2[Merged, error] {
	return func(yield func(Merged, error) bool) {
		if sameFolder(s.dir, from.dir) {
			yield(Merged{}, ErrSameStore)
			return
		}
		m := merge{into: s, from: from, dry: options.DryRun, pinned: map[pin]bool{}, uses: map[pin]int64{}}
		var err error
		if m.theirs, err = from.Uses(ctx); err == nil {
			m.ours, err = s.Uses(ctx)
		}
		if err != nil {
			yield(Merged{}, fmt.Errorf("read times of use: %w", err))
			return
		}
		for function, key := range from.Pins() {
			m.pinned[pin{function, key}] = true
		}
		ended := func(err error) merging { return merging{err: err} }
		for f := range eachPlace(ctx, from.places(refuseLinks, nil), newMergeBuffers, m.one(ctx), ended) {
			if f.err == ErrNotFound { //nolint:errorlint // only as such it means that the entry was removed meanwhile
				continue
			}
			m.noteUse(&f.merged)
			if !yield(f.merged, f.err) || f.merged.Outcome == MergeStopped {
				break
			}
		}
		m.tellIndex(ctx)
	}
}

// pin is what can be pinned.
type pin struct {
	function string
	key      Key
}

type merge struct {
	into, from   *Store
	dry          bool
	ours, theirs *Uses        // as they were at the beginning
	pinned       map[pin]bool // in the other store
	uses         map[pin]int64
	unknown      bool // to the index here is some of what is here now
}

// merging is what became of an entry, and why.
type merging struct {
	merged Merged
	err    error
}

// mergeBuffers are what a core needs in order to copy.
type mergeBuffers struct {
	read  []byte
	write *bufio.Writer
}

func newMergeBuffers() *mergeBuffers {
	return &mergeBuffers{read: make([]byte, verifyBuffer), write: bufio.NewWriterSize(nil, together)}
}

// one returns what merges the entry at a place.
func (m *merge) one(ctx context.Context) func(*mergeBuffers, Place, error) merging {
	return func(buffers *mergeBuffers, place Place, err error) merging {
		merged := Merged{Info: place.blank(), Outcome: MergeSkipped}
		if err != nil {
			return merging{merged, err}
		}
		err = merged.Info.read(false)
		if err != nil {
			return merging{merged, err}
		}
		merged.Ours = m.into.PlaceOf(place.Function, place.Key).blank()
		merged.Outcome, err = m.decide(&merged)
		switch {
		case err != nil:
		case merged.Outcome == MergeConflict:
			// Damage makes no conflict.
			err = merged.Info.verify(ctx, nil, buffers.read)
		case merged.Outcome != MergeThere && m.dry:
			err = merged.Info.verify(ctx, nil, buffers.read)
		case merged.Outcome != MergeThere:
			err = m.copy(ctx, &merged.Info, buffers)
		}
		if err == nil && merged.Outcome != MergeConflict && !m.dry {
			err = m.pin(&merged.Info)
		}
		if err != nil {
			merged.Outcome = MergeSkipped
			if _, ok := errors.AsType[*sinkError](err); ok {
				merged.Outcome = MergeStopped
			}
		}
		if merged.Outcome != MergeConflict {
			merged.Ours = Info{}
		}
		return merging{merged, err}
	}
}

// decide looks at what is here. A new outcome is one that was not carried out
// yet.
func (m *merge) decide(merged *Merged) (MergeOutcome, error) {
	err := merged.Ours.read(false)
	var corrupt *CorruptError
	var newer *VersionError
	switch {
	case errors.Is(err, ErrNotFound):
		return MergeTaken, nil
	case errors.As(err, &corrupt):
		return MergeReplaced, nil
	case errors.As(err, &newer):
		return MergeThere, nil // who reads it knows better than this program
	case err != nil:
		return "", &sinkError{fmt.Errorf("look at entry here: %w", err)}
	case merged.Ours.PayloadDigest != merged.Info.PayloadDigest:
		return MergeConflict, nil
	default:
		return MergeThere, nil
	}
}

// copy writes a verified copy and puts it into its place.
func (m *merge) copy(ctx context.Context, info *Info, buffers *mergeBuffers) error {
	f := m.into.folder(info.Function)
	f.sweep.Do(f.removeLeftovers)
	var err error
	for range attempts {
		if err = m.tryCopy(ctx, f, info, buffers); !isGone(err) {
			return err
		}
		if err := m.into.makeFolders(f, info.Key); err != nil {
			return &sinkError{fmt.Errorf("make folders for %s: %w", info.Function, err)}
		}
	}
	return err
}

// isGone reports whether a folder to write to is missing.
func isGone(err error) bool {
	sink, ok := errors.AsType[*sinkError](err)
	return ok && errors.Is(sink, fs.ErrNotExist)
}

func (m *merge) tryCopy(ctx context.Context, f *folder, info *Info, buffers *mergeBuffers) (err error) {
	file, err := f.createTemporary()
	if err != nil {
		return &sinkError{fmt.Errorf("store entry: %w", err)}
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.path) // else it is swept as a leftover
		}
	}()
	buffers.write.Reset(file)
	err = info.verify(ctx, buffers.write, buffers.read)
	if flushErr := buffers.write.Flush(); err == nil && flushErr != nil {
		err = &sinkError{flushErr}
	}
	if closeErr := file.close(); err == nil && closeErr != nil {
		err = &sinkError{closeErr}
	}
	if err != nil {
		return err
	}
	// What the index finds counts as used when it was written.
	used := m.usedThere(info)
	_ = os.Chtimes(file.path, used, used) // then it counts as used now
	path := f.entryPath(info.Key)
	if err = os.Rename(file.path, path); errors.Is(err, fs.ErrNotExist) && os.Mkdir(filepath.Dir(path), 0o700) == nil {
		err = os.Rename(file.path, path)
	}
	if err != nil {
		return &sinkError{fmt.Errorf("store entry: %w", err)}
	}
	return nil
}
