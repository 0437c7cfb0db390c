//go:build unix

package index

import "syscall"

// noFollow refuses links, and never waits for the other end of a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
