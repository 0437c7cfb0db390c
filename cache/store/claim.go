package store

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// A Claim says to the other processes on this machine that the result of a key
// is being computed here, so that they can wait for it instead of computing it
// too. It ends with Release, or with the process, however that ends. Claims are
// a courtesy: where they do not work (a network file system without locks, a
// folder that cannot be written) nothing goes wrong but that work is done twice.
type Claim struct{ release func() }

// Claim claims a key. It never waits: if another process holds the claim, it
// returns nil and no error. An error says that claims do not work here. Who
// calls it has to see to it that a process claims a key once at a time; whether
// the claims of one process exclude each other depends on the system. It costs
// one system call on Linux.
func (s *Store) Claim(key Key) (*Claim, error) {
	release, err := s.claims.take(filepath.Join(s.dir, claimsName), key)
	if os.IsNotExist(err) {
		if err = s.makeRoot(); err == nil {
			release, err = s.claims.take(filepath.Join(s.dir, claimsName), key)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("claim entry %s: %w", hex.EncodeToString(key[:6]), err)
	}
	if release == nil {
		return nil, nil //nolint:nilnil // somebody else has it, which is no error
	}
	return &Claim{release}, nil
}

// Release ends the claim. On nil it does nothing.
func (c *Claim) Release() {
	if c != nil {
		c.release()
	}
}

// claimsName is the file, or the folder, by which claims are made. No function
// has a folder of that name.
const claimsName = ".claims"
