package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"labbook/cache/store/index"
)

// Usage is what a store holds.
type Usage struct {
	Entries, Bytes int64 // of files
	Functions      map[string]FunctionUsage
}

// FunctionUsage is what a store holds of one function.
type FunctionUsage struct {
	Entries, Bytes int64
	LastUsed       time.Time // of the entry that was used last
}

// Usage returns what the store holds, as its index has it: at the pace of a few
// million entries a second. Files that somebody removed by hand count until the
// store notices.
func (s *Store) Usage(ctx context.Context) (Usage, error) {
	usage := Usage{Functions: make(map[string]FunctionUsage)}
	if empty, err := s.isEmpty(); empty || err != nil {
		return usage, err
	}
	state, err := s.index.Read(ctx, s.listFiles)
	if err != nil {
		return usage, err
	}
	usage.Entries, usage.Bytes = state.Totals()
	totals, used := make([]FunctionUsage, len(state.Folders)), make([]int64, len(state.Folders))
	for i := range state.Records {
		if r := &state.Records[i]; r.Size >= 0 {
			totals[r.Function].Entries++
			totals[r.Function].Bytes += r.Size
			used[r.Function] = max(used[r.Function], r.Used)
		}
	}
	for i, folder := range state.Folders {
		if totals[i].Entries > 0 {
			totals[i].LastUsed = time.Unix(0, used[i])
			usage.Functions[s.functionOf(folder)] = totals[i]
		}
	}
	return usage, nil
}

// Uses says of entries when they were last used, as it was when it was made.
type Uses struct {
	store *Store
	state *index.State
}

// Uses reads when all entries were last used.
func (s *Store) Uses(ctx context.Context) (*Uses, error) {
	u := &Uses{store: s, state: new(index.State)}
	if empty, err := s.isEmpty(); empty || err != nil {
		return u, err
	}
	state, err := s.index.Read(ctx, s.listFiles)
	if err != nil {
		return nil, err
	}
	u.state = state
	return u, nil
}

// LastUsed returns when an entry was last put or used. ok is false for an entry
// that is not there.
func (u *Uses) LastUsed(function string, key Key) (at time.Time, ok bool) {
	r, ok := u.state.Find(u.store.folder(function).name, key)
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(0, r.Used), true
}

// LastUsed returns when an entry was last put or used. It reads the whole index:
// who asks for many uses [Store.Uses].
func (s *Store) LastUsed(function string, key Key) (time.Time, bool) {
	uses, err := s.Uses(context.Background())
	if err != nil {
		return time.Time{}, false
	}
	return uses.LastUsed(function, key)
}

// Rebuild lists the entries and makes the index anew. What is known of their
// uses stays; others count as used when their files were written.
func (s *Store) Rebuild(ctx context.Context) error {
	if empty, err := s.isEmpty(); empty || err != nil {
		return err
	}
	return s.index.Update(ctx, true, s.listFiles, func(p *index.Pass) error {
		if p.Relisted {
			return nil
		}
		return p.Relist(ctx)
	})
}

// isEmpty reports whether there is no store, so that nobody makes one by asking.
func (s *Store) isEmpty() (bool, error) {
	switch _, err := os.Stat(s.dir); {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	default:
		return false, err
	}
}

// listFiles calls yield for every file that is in the place of an entry.
func (s *Store) listFiles(ctx context.Context, yield func(folder string, key Key, size, modified int64)) error {
	folders, err := readFolder(s.dir)
	if err != nil {
		return err
	}
	for _, f := range folders {
		if _, err := functionName(f.Name()); err != nil || !isFolderEntry(s.dir, f) {
			continue
		}
		for shard, err := range shards(filepath.Join(s.dir, f.Name()), followLinks) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			files, err := readFolder(shard)
			if err != nil {
				return err
			}
			for _, file := range files {
				key, ok := keyOf(filepath.Base(shard), file.Name())
				if !ok {
					continue
				}
				info, err := file.Info()
				if err != nil || !info.Mode().IsRegular() {
					continue // removed meanwhile, or none of ours
				}
				yield(f.Name(), key, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return nil
}

// functionOf returns the name of the function that has a folder, or that of the
// folder if nobody knows it.
func (s *Store) functionOf(folder string) string {
	if name, err := functionName(folder); err == nil && (name != "" || folder == folderName("")) {
		return name
	}
	if name, ok := s.names.Load(folder); ok {
		return name.(string)
	}
	name := nameFromEntries(filepath.Join(s.dir, folder))
	if name == "" {
		return folder
	}
	s.names.Store(folder, name)
	return name
}

// now is the time by the clock of the store.
func (s *Store) now() int64 {
	if s.clock != nil {
		return s.clock().UnixNano()
	}
	return time.Now().UnixNano()
}
