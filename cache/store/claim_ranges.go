//go:build linux || windows

package store

import (
	"encoding/binary"
	"os"
	"sync"
)

// claims are locks on single bytes of one file that is kept open.
type claims struct {
	mu   sync.Mutex
	file *os.File
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
	return func() { unlockByte(file, at) }, nil
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

// forget makes the next claim open the file anew, for when the folder has been
// deleted: claims on a deleted file are seen by nobody. Claims that are held
// keep the old file open.
func (c *claims) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.file = nil
}

// claimedByte is the byte that stands for a key. There are so many that no two
// keys meet; if they did, one would wait for the other.
func claimedByte(key Key) int64 {
	return int64(binary.LittleEndian.Uint64(key[:8]) & (1<<62 - 1))
}
