//go:build !unix

package capture

import (
	"os"

	"labbook/runlog/event"
)

// Session is a program's output being captured; here it never is.
type Session struct{}

// Start does nothing on this system: what is printed is not recorded. The nil
// that it returns is a session that captures nothing.
func Start(Options, func(error)) (*Session, error) { return nil, nil }

// Install does nothing.
func (s *Session) Install() error { return nil }

// Files returns nil: a child is to get what it would get without a session.
func (s *Session) Files() (stdout, stderr *os.File) { return nil, nil }

// Started does nothing.
func (s *Session) Started() error { return nil }

// Mark returns "": there is nobody to read it.
func (s *Session) Mark(*os.File, event.Scope) (begin, end string) { return "", "" }

// Stop does nothing.
func (s *Session) Stop(bool) error { return nil }

// SawTrace reports false.
func (s *Session) SawTrace() bool { return false }

// Leave does nothing.
func (s *Session) Leave() error { return nil }
