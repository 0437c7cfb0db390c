//go:build !unix

package capture

import "github.com/google/uuid"

// Session is a program's output being captured; here it never is.
type Session struct{}

// Start does nothing on this system: what the program prints is not recorded.
func Start(string, uuid.UUID) (*Session, error) { return nil, nil } //nolint:nilnil // a nil session is one that captures nothing

// Stop does nothing.
func (s *Session) Stop(bool) error { return nil }
