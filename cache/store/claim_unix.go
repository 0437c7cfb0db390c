//go:build unix && !linux

package store

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// claims are locked files, one a key: not every system has locks on parts of a
// file that belong to who opened it.
type claims struct{}

func (*claims) take(folder string, key Key) (release func(), err error) {
	if err := os.Mkdir(folder, 0o700); err != nil && !os.IsExist(err) {
		return nil, err
	}
	path := filepath.Join(folder, hex.EncodeToString(key[:]))
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lockWhole(file); err != nil {
			_ = file.Close() // it was not written
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, nil
			}
			return nil, err
		}
		// Who held it before may have deleted it after it was opened here.
		is, err := os.Stat(path)
		was, statErr := file.Stat()
		if err == nil && statErr == nil && os.SameFile(is, was) {
			return func() {
				_ = os.Remove(path) // a leftover is locked again by the next
				_ = file.Close()    // it was not written
			}, nil
		}
		_ = file.Close() // it was not written
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
	}
}

func lockWhole(file *os.File) error {
	for {
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EINTR {
			return err
		}
	}
}

func (*claims) check(string) {}

func (*claims) close() {}
