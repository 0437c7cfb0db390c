package cache

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// copiesOf is the name under which the store has the copies of Files: entries
// whose key is the digest of the file, and whose payload is its content.
const copiesOf = "labbook.File"

var errNoCopy = errors.New("no copy is kept")

// restore puts the copy of the file in its place, at once.
func (o *output) restore(entries *store.Store) error {
	if len(o.Digest) != len(diffargs.Digest{}) {
		return errNoCopy
	}
	digest := diffargs.Digest(o.Digest)
	kept, err := entries.OpenPayload(copiesOf, digest)
	if err != nil {
		return errNoCopy
	}
	defer kept.Close()
	path, err := o.place()
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), temporaryPrefix(path)+"*")
	if err != nil {
		return err
	}
	err = fill(temporary, kept, digest)
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(temporary.Name(), fs.FileMode(o.Mode).Perm())
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name()) // else it is removed as a leftover
	}
	if errors.Is(err, errNoCopy) {
		_ = entries.Remove(copiesOf, digest) // so that a new copy is made
	}
	return err
}

// place returns where the file is to be put: where the links in its path lead,
// in a folder that exists.
func (o *output) place() (string, error) {
	path := o.Path
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			info, err = os.Lstat(path)
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && path == o.Path:
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	case err == nil && !info.Mode().IsRegular():
		err = errIrregular
	}
	if err == nil {
		removeLeftovers(path)
	}
	return path, err
}

func temporaryPrefix(path string) string { return "." + filepath.Base(path) + ".labbook-" }

// leftoverAge is from when on a temporary file is that of a process that died
// while it restored a file.
const leftoverAge = time.Hour

func removeLeftovers(path string) {
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return // whoever writes there will learn why
	}
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), temporaryPrefix(path)) {
			continue
		}
		if info, err := file.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftoverAge {
			_ = os.Remove(filepath.Join(filepath.Dir(path), file.Name())) // another process may do the same
		}
	}
}

// fill copies what is kept into file, and verifies it on the way.
func fill(file *os.File, kept io.Reader, want diffargs.Digest) error {
	digest, _, err := diffargs.SumReader(io.TeeReader(kept, file))
	if err == nil && digest != want {
		err = errNoCopy // that was it no longer
	}
	return err
}

// keepCopy keeps a copy of the file with that content, unless there is one.
func keepCopy(entries *store.Store, file File, c content) error {
	if entries.Contains(copiesOf, c.digest) {
		return nil
	}
	meta := store.Meta{Parts: []record.Part{
		{Kind: record.PartDependency, Name: "file", Digest: c.digest.String(), Preview: string(file)},
	}}
	_, err := entries.PutStream(copiesOf, c.digest, meta, func(w io.Writer) error {
		source, err := os.Open(string(file))
		if err != nil {
			return err
		}
		defer source.Close()
		digest, _, err := diffargs.SumReader(io.TeeReader(source, w))
		if err == nil && digest != c.digest {
			err = errRestless
		}
		return err
	})
	return err
}
