package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"labbook/diffargs"
)

// File is the path of a file whose content matters, not its name. A cached
// function that takes and returns Files is a rule of a makefile: it runs again
// if the content of an input has changed, and only then.
//
//	var clean = cache.Wrap(mem, cleanData)
//
//	func cleanData(in cache.File) (cache.File, error)
//
// As an argument, at any depth, a File is keyed by its content: a file that was
// touched, moved or copied is the same. A file that is missing or cannot be
// read, a directory, and what is no regular file are refused with a
// [*FileError]; pass a directory as the list of its files. The empty path
// stands for no file. A result is not stored if an input changed while the
// function ran, unless the function returns that File too.
//
// As a result, at any depth, a File is part of what the call did: the cache
// keeps a copy of its content, once for equal contents, and under the same
// limits as all entries. A hit makes sure that the file is there with the
// content that the function gave it: if it is missing or was changed, even by
// hand, it is replaced, since running the function would have replaced it too.
// Its permissions come back, its modification time is that of the hit. If the
// copy is gone as well, the function runs again. A File that the function
// returns but did not make keeps its results from being stored.
//
// Relative paths are relative to the working directory at each call.
//
// An unchanged file is not read again, neither in the same process nor, above
// 256 KiB, by the next one: looking at it costs two calls of the system, some
// microseconds. It counts as unchanged while device, inode, size, modification
// time and change time are the same; and only if it had not been changed
// shortly before it was read, when one more change might not have shown. Tools
// that set the modification time do not fool this, since nothing but the clock
// sets the change time. Where the file system has no change time (FAT) or the
// system does not tell (others than Linux, macOS and Windows), files are read
// each time. Writing into a file through a shared memory mapping need not show
// before the mapping is written back.
type File string

// FileError is a file that cannot be keyed or kept.
type FileError struct {
	Path string
	Err  error // errors.Is knows fs.ErrNotExist, for example
}

func (e *FileError) Error() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		if where, err := os.Getwd(); err == nil && !filepath.IsAbs(e.Path) {
			return fmt.Sprintf("file %s does not exist in %s", e.Path, where)
		}
		return fmt.Sprintf("file %s does not exist", e.Path)
	case errors.Is(e.Err, errDirectory):
		return fmt.Sprintf("file %s is a directory: pass its files, as a []cache.File", e.Path)
	case errors.Is(e.Err, errIrregular):
		return fmt.Sprintf("file %s is no regular file: read it, and pass what it holds", e.Path)
	case errors.Is(e.Err, errRestless):
		return fmt.Sprintf("file %s changed while it was read: wait until whoever writes it is done", e.Path)
	}
	if path, ok := errors.AsType[*fs.PathError](e.Err); ok {
		return fmt.Sprintf("file %s cannot be read: %v", e.Path, path.Err)
	}
	return fmt.Sprintf("file %s cannot be read: %v", e.Path, e.Err)
}

// Unwrap returns what is wrong with the file.
func (e *FileError) Unwrap() error { return e.Err }

var (
	errDirectory = errors.New("it is a directory")
	errIrregular = errors.New("it is no regular file")
	errRestless  = errors.New("it changed while it was read")
)

// AppendKey makes the file's content what counts of it, for package diffargs.
// The error is a *FileError.
func (f File) AppendKey(b []byte) ([]byte, error) {
	if f == "" {
		return b, nil
	}
	c, err := f.content(nil)
	if err != nil {
		return nil, err
	}
	return append(b, c.digest[:]...), nil
}

// A content is what a file held at some moment.
type content struct {
	digest diffargs.Digest
	stamp  stamp
	mode   fs.FileMode
}

// readings bounds how often a file is read that changes while it is read.
const readings = 3

// content returns what the file holds. It looks first whether that is known, in
// this process or in a note of the store, which may be nil. The error is a
// *FileError.
func (f File) content(notes noteKeeper) (content, error) {
	c, err := f.look()
	if err != nil {
		return content{}, err
	}
	memo := fileMemos.of(c.stamp)
	// Whoever else wants the same file waits, and need not read it then.
	memo.mu.Lock()
	defer memo.mu.Unlock()
	if memo.recall(string(f), c.stamp, notes) {
		c.digest = memo.digest
		return c, nil
	}
	for range readings {
		settled, err := c.read(string(f))
		if errors.Is(err, errRestless) {
			continue
		}
		if err != nil {
			return content{}, &FileError{string(f), err}
		}
		if settled {
			memo.learn(c)
			memo.note(string(f), notes)
		}
		return c, nil
	}
	return content{}, &FileError{string(f), errRestless}
}

// look returns all of the content but its digest. The error is a *FileError.
func (f File) look() (content, error) {
	s, info, err := stampOfPath(string(f))
	switch {
	case err != nil:
	case info.IsDir():
		err = errDirectory
	case !info.Mode().IsRegular():
		err = errIrregular
	}
	if err != nil {
		return content{}, &FileError{string(f), err}
	}
	return content{stamp: s, mode: info.Mode()}, nil
}

// read reads the file. It reports whether an equal stamp will mean an equal
// content.
func (c *content) read(path string) (settled bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	begun := time.Now()
	before, err := stampOfFile(file)
	if err != nil {
		return false, err
	}
	digest, size, err := diffargs.SumReader(file)
	if err != nil {
		return false, err
	}
	after, err := stampOfFile(file)
	if err != nil {
		return false, err
	}
	if before != after || size != after.size {
		return false, errRestless
	}
	c.digest, c.stamp = digest, after
	return after.settledAt(begun), nil
}
