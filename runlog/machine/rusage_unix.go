//go:build unix

package machine

import (
	"runtime"
	"syscall"
)

// PeakOf returns the most memory, in bytes, that a process had which the system
// has told this of.
func PeakOf(r *syscall.Rusage) int64 {
	peak := int64(r.Maxrss) // its type differs between systems
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		peak *= 1024 // elsewhere it counts KiB
	}
	return peak
}
