//go:build unix

package rerun

import (
	"os"
	"syscall"
)

// exitStatus tells how a process ended, in a shell's terms.
func exitStatus(state *os.ProcessState) (code int, signal string) {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), status.Signal().String()
	}
	return state.ExitCode(), ""
}
