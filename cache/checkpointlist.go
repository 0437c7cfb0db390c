package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"labbook/cache/store"
	"labbook/diffargs"
)

// CheckpointInfo is a checkpoint in a list.
type CheckpointInfo struct {
	Name   string
	Digest diffargs.Digest // of name, state type and values
	State  string          // the type of the state, "" if that is not known
	Values []string        // previews of what the loop depends on
	Step   int             // of the newest save
	Saves  int
	Bytes  int64     // of all saves
	Saved  time.Time // when the newest save was written
	Dir    string    // where the saves are

	entries *store.Store
}

// Checkpoints lists the checkpoints in m that have saves, those first that were
// saved longest ago. It is for finding those that nobody will resume any more,
// since the parameters of their loop have changed.
func Checkpoints(m *Memory) ([]CheckpointInfo, error) {
	entries, err := m.entries()
	if err != nil || entries == nil {
		return nil, err
	}
	root := filepath.Join(entries.Dir(), checkpointFolder)
	names, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list checkpoints: %w", err)
	}
	var list []CheckpointInfo
	for _, name := range names {
		dirs, err := os.ReadDir(filepath.Join(root, name.Name()))
		if err != nil {
			continue // something else, or removed meanwhile
		}
		for _, dir := range dirs {
			if info, ok := readCheckpoint(filepath.Join(root, name.Name(), dir.Name())); ok {
				info.entries = entries
				list = append(list, info)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b CheckpointInfo) int { return a.Saved.Compare(b.Saved) })
	return list, nil
}

func readCheckpoint(dir string) (info CheckpointInfo, ok bool) {
	digest, err := diffargs.ParseDigest(filepath.Base(dir))
	if err != nil {
		return info, false
	}
	info = CheckpointInfo{Name: filepath.Base(filepath.Dir(dir)), Digest: digest, Dir: dir}
	for _, s := range listSaves(dir, false) {
		file, err := os.Lstat(s.path)
		if err != nil {
			continue // removed meanwhile
		}
		info.Saves++
		info.Bytes += file.Size()
		info.Step, info.Saved = s.step, file.ModTime()
	}
	var about aboutCheckpoint
	text, err := os.ReadFile(filepath.Join(dir, aboutName))
	if err == nil && json.Unmarshal(text, &about) == nil && about.Format == checkpointFormat {
		info.State, info.Values = about.State, about.Values
	}
	return info, info.Saves > 0
}

// Remove removes the checkpoint's saves. The error is ErrCheckpointInUse if a
// loop works on it.
func (i CheckpointInfo) Remove() error {
	s, err := openSaves(i.entries, i.Name, i.Digest)
	if err == nil {
		defer s.close()
		err = s.remove()
	}
	if err != nil {
		return fmt.Errorf("remove checkpoint %s: %w", i.Name, err)
	}
	return nil
}
