//go:build linux || windows

package store

import (
	"encoding/binary"
	"os"
	"sync"
)

// claims are locks on single bytes of one file that is kept open.
type claims struct {
	mu      sync.Mutex
	file    *os.File
	held    int // claims
	closing bool
}

func (c *claims) take(path string, key Key) (release func(), err error) {
	file, err := c.open(path)
	if err != nil {
		return nil, err
	}
	at := claimedByte(key)
	taken, err := lockByte(file, at)
	if err != nil || !taken {
		return nil, err
	}
	c.mu.Lock()
	c.held++
	c.mu.Unlock()
	return func() {
		unlockByte(file, at)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.held--; c.held == 0 && c.closing {
			c.closeFile()
		}
	}, nil
}

// close gives the file up, once no claim is held any more. The next claim opens
// it again.
func (c *claims) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing = true
	if c.held == 0 {
		c.closeFile()
	}
}

func (c *claims) closeFile() {
	if c.file != nil {
		_ = c.file.Close() // nothing was written
	}
	c.file, c.closing = nil, false
}

func (c *claims) open(path string) (*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file != nil {
		return c.file, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		c.file = file
	}
	return file, err
}

// check makes the next claim open the file anew if it has been deleted with its
// folder: claims on a deleted file are seen by nobody. Claims that are held keep
// the old file open.
func (c *claims) check(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return
	}
	is, err := os.Stat(path)
	was, statErr := c.file.Stat()
	if err == nil && statErr == nil && os.SameFile(is, was) {
		return
	}
	if c.held == 0 {
		c.closeFile()
	}
	c.file = nil
}

// claimedByte is the byte that stands for a key. There are so many that no two
// keys meet; if they did, one would wait for the other.
func claimedByte(key Key) int64 {
	return int64(binary.LittleEndian.Uint64(key[:8]) & (1<<62 - 1))
}
