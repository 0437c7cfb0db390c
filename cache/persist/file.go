package persist

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Dump writes v into the file at path, which it creates, readable by its owner
// alone, or replaces. The file appears when it is complete: after an error
// path is what it was before. Dump does not wait for the disk; a file that a
// power failure damages is found damaged by [Load].
//
// The file is compressed if its name ends in .zst, .gz or .lz4, or if [Compress]
// asks for it. Long numeric slices are written from where they lie, and
// compressed on all cores.
//
// As with [Marshal], what is dumped as v or as a pointer to it is loaded as v.
func Dump(path string, v any, opts ...Option) error {
	o, err := toStore(opts, codecOfPath(path))
	if err == nil {
		err = replace(path, func(w io.Writer) error {
			return o.store(w, func(e *encoder) error { return encodeRoot(e, v) })
		})
	}
	if err != nil {
		return fmt.Errorf("dump %T to %s: %w", v, path, err)
	}
	return nil
}

// replace has a file written, and puts it in its place.
func replace(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// What went wrong first is what is told.
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Load reads the file at path, which [Dump] wrote, compressed or not: that
// shows from what is in it, whatever its name is. It reads arrays of numpy's
// too, see [labbook/cache/persist/npy]. An error names what is wrong: the file,
// or that it holds something other than a T.
func Load[T any](path string, opts ...Option) (T, error) {
	var v T
	o, err := toLoad(opts)
	switch {
	case err != nil:
	case o.modeSet:
		// The mapping stays: nobody can tell when the last array is gone.
		_, err = o.mapPath(path, &v)
	default:
		err = o.loadPath(path, &v)
	}
	if err != nil {
		return v, fmt.Errorf("load %T from %s: %w", v, path, err)
	}
	return v, nil
}

// loadPath reads the file at path into the variable that into points to.
func (o *options) loadPath(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(-1) // of a pipe
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	return o.load(f, size, func(d *decoder) error { return decodeRoot(d, into) })
}
