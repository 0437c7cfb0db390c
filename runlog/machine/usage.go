package machine

import (
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// Usage is what a process has used of its machine.
type Usage struct {
	UserTime time.Duration // with that of children that it has waited for
	SysTime  time.Duration // the same
	RSS      int64         // bytes of memory that it has now, its own alone
	PeakRSS  int64         // the most that RSS has been
	Read     int64         // bytes, with those of children that it has waited for
	Written  int64         // the same
}

// Sample is the usage as one point of a series.
func (u Usage) Sample(at time.Time) *event.Sample {
	return &event.Sample{Sample: record.Sample{At: at, CPU: u.UserTime + u.SysTime, RSS: u.RSS, Read: u.Read, Written: u.Written}}
}

// Event is the usage as other events carry it.
func (u Usage) Event() event.Usage {
	return event.Usage{UserTime: u.UserTime, SysTime: u.SysTime, MaxRSS: u.PeakRSS}
}
