//go:build unix

package store

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"labbook/cache/mapfile"
)

// An entryFile is an open file, without what package os does for files that
// may have to be waited for: that takes longer than reading a small entry.
type entryFile struct {
	descriptor int
	path       string
}

// openEntry opens a file for reading, but follows no link, and waits for
// nobody to write to what may be a named pipe.
func openEntry(path string) (entryFile, error) {
	for {
		const flags = syscall.O_RDONLY | syscall.O_CLOEXEC | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
		descriptor, err := syscall.Open(path, flags, 0)
		if err == nil {
			return entryFile{descriptor, path}, nil
		}
		if err != syscall.EINTR {
			return entryFile{}, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// isRegular reports whether there is a file, and no link to one.
func isRegular(path string) bool {
	var stat syscall.Stat_t
	for {
		switch err := syscall.Lstat(path, &stat); err {
		case nil:
			return stat.Mode&syscall.S_IFMT == syscall.S_IFREG
		case syscall.EINTR:
		default:
			return false
		}
	}
}

// unlink removes a file or link, but no folder.
func unlink(path string) error {
	for {
		err := syscall.Unlink(path)
		if err == nil {
			return nil
		}
		if err != syscall.EINTR {
			return &fs.PathError{Op: "remove", Path: path, Err: err}
		}
	}
}

func (f entryFile) Read(b []byte) (int, error) {
	for {
		n, err := syscall.Read(f.descriptor, b)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 0, &fs.PathError{Op: "read", Path: f.path, Err: err}
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// ReadAt reads what is at an offset, as io.ReaderAt says.
func (f entryFile) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		m, err := syscall.Pread(f.descriptor, b[n:], at+int64(n))
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return n, &fs.PathError{Op: "read", Path: f.path, Err: err}
		case m == 0:
			return n, io.EOF
		default:
			n += m
		}
	}
	return n, nil
}

// size returns the length of the file, or a problem if it has none.
func (f entryFile) size() (int64, error) {
	var stat syscall.Stat_t
	if err := syscall.Fstat(f.descriptor, &stat); err != nil {
		return 0, &fs.PathError{Op: "stat", Path: f.path, Err: err}
	}
	if stat.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return 0, problem("it is no regular file")
	}
	return stat.Size, nil
}

// mapAll maps the file, for memory that may be written to.
func (f entryFile) mapAll(size int64) (*mapfile.Mapping, error) {
	return mapfile.MapDescriptor(uintptr(f.descriptor), f.path, size, mapfile.Private)
}

// close cannot say anything that matters to a reader.
func (f entryFile) close() { _ = syscall.Close(f.descriptor) }

// isLink reports whether opening failed because of a link. FreeBSD has its own
// idea of how to say so.
func isLink(err error) bool {
	return errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.EMLINK)
}

// isNoFile reports whether reading failed because there is something else than
// a file: a folder, or a pipe that is empty and somebody may write to.
func isNoFile(err error) bool {
	return errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EAGAIN)
}
