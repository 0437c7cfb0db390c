package persist

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dump writes v into the file at path, which it creates, readable by its owner
// alone, or replaces. The file appears when it is complete: after an error
// path is what it was before. Dump does not wait for the disk; a file that a
// power failure damages is found damaged by [Load].
//
// As with [Marshal], what is dumped as v or as a pointer to it is loaded as v.
func Dump(path string, v any) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp-*")
	if err != nil {
		return fmt.Errorf("dump %T: %w", v, err)
	}
	defer func() {
		if err != nil {
			// What went wrong first is what is told.
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("dump %T to %s: %w", v, path, err)
		}
	}()
	e := newEncoder(f)
	if err := encodeRoot(e, v); err != nil {
		return err
	}
	if err := e.flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Load reads the file at path, which [Dump] wrote. An error names what is
// wrong: the file, or that it holds something other than a T.
func Load[T any](path string) (T, error) {
	var v T
	data, err := os.ReadFile(path)
	if err != nil {
		return v, fmt.Errorf("load %T: %w", v, err)
	}
	// Nobody else knows of data, so that long arrays need not be copied.
	if err := decodeRoot(&decoder{data: data, keep: true}, &v); err != nil {
		return v, fmt.Errorf("load %T from %s: %w", v, path, err)
	}
	return v, nil
}
