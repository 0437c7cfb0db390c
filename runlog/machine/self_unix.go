//go:build unix && !linux

package machine

import (
	"syscall"
	"time"
)

// Self tells what this process has used so far. How much memory it has at the
// moment, and what it has read and written, the system does not say: its block
// counts have no fixed unit.
func Self() Usage {
	var u Usage
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if syscall.Getrusage(who, &r) != nil {
			continue
		}
		u.UserTime += time.Duration(r.Utime.Nano())
		u.SysTime += time.Duration(r.Stime.Nano())
		if who == syscall.RUSAGE_SELF {
			u.PeakRSS = PeakOf(&r)
		}
	}
	return u
}
