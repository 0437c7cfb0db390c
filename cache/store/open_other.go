//go:build !unix

package store

import (
	"errors"
	"os"

	"labbook/cache/mapfile"
)

var errLink = errors.New("a symbolic link")

type entryFile struct{ file *os.File }

// openEntry opens a file for reading, but follows no link.
func openEntry(path string) (entryFile, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return entryFile{}, err
	}
	if info.Mode()&os.ModeSymlink != 0 {
		return entryFile{}, &os.PathError{Op: "open", Path: path, Err: errLink}
	}
	file, err := os.Open(path)
	return entryFile{file}, err
}

// isRegular reports whether there is a file, and no link to one.
func isRegular(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}

// unlink removes a file.
func unlink(path string) error { return os.Remove(path) }

func (f entryFile) Read(b []byte) (int, error) {
	if info, err := f.file.Stat(); err == nil && info.IsDir() {
		return 0, problem("it is no regular file")
	}
	return f.file.Read(b)
}

// ReadAt reads what is at an offset, as io.ReaderAt says.
func (f entryFile) ReadAt(b []byte, at int64) (int, error) { return f.file.ReadAt(b, at) }

// size returns the length of the file, or a problem if it has none.
func (f entryFile) size() (int64, error) {
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, problem("it is no regular file")
	}
	return info.Size(), nil
}

// mapAll maps the file, for memory that may be written to.
func (f entryFile) mapAll(size int64) (*mapfile.Mapping, error) {
	return mapfile.Map(f.file, size, mapfile.Private)
}

// close cannot say anything that matters to a reader.
func (f entryFile) close() { _ = f.file.Close() }

func isLink(err error) bool { return errors.Is(err, errLink) }

func isNoFile(error) bool { return false }
