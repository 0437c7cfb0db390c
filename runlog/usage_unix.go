//go:build unix

package runlog

import (
	"runtime"
	"syscall"
	"time"

	"labbook/runlog/event"
)

// usage tells what this process has used so far.
func usage() event.Usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return event.Usage{}
	}
	rss := int64(r.Maxrss) // its type differs between systems
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		rss *= 1024 // elsewhere it counts KiB
	}
	return event.Usage{
		UserTime: time.Duration(r.Utime.Nano()),
		SysTime:  time.Duration(r.Stime.Nano()),
		MaxRSS:   rss,
	}
}
