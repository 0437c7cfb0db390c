//go:build !unix

package store

import "os"

// A newFile is a file that is being written.
type newFile struct {
	*os.File
	path string
}

// createNew creates a file that is not there.
func createNew(path string) (newFile, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return newFile{file, path}, err
}

// writeStart writes the beginning again.
func (f newFile) writeStart(b []byte) error {
	_, err := f.WriteAt(b, 0)
	return err
}

func (f newFile) close() error { return f.Close() }

func rename(from, to string) error { return os.Rename(from, to) }
