//go:build !unix

package capture

import "github.com/google/uuid"

// Session is a program's output being captured; here it never is.
type Session struct{}

// Start does nothing on this system: what the program prints is not recorded.
// The nil it returns is a session that captures nothing.
func Start(string, uuid.UUID) (*Session, error) { return nil, nil }

// Stop does nothing.
func (s *Session) Stop(bool) error { return nil }
