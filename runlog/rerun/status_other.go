//go:build !unix

package rerun

import "os"

// exitStatus tells how a process ended.
func exitStatus(state *os.ProcessState) (code int, signal string) { return state.ExitCode(), "" }
