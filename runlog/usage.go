package runlog

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"labbook/runlog/machine"
)

// helperTime is the time of processes that recording has started and waited for:
// the system counts it as the program's.
type helperTime struct{ user, system atomic.Int64 }

func (h *helperTime) add(ended *os.ProcessState) {
	if ended != nil {
		h.user.Add(int64(ended.UserTime()))
		h.system.Add(int64(ended.SystemTime()))
	}
}

// usage tells what the program has used so far, with the children that it has
// waited for; nothing if that is not known.
func (r *Recorder) usage() machine.Usage {
	if r.usageOf != nil {
		return r.usageOf()
	}
	u := machine.Self()
	u.UserTime = max(u.UserTime-time.Duration(r.helpers.user.Load()), 0)
	u.SysTime = max(u.SysTime-time.Duration(r.helpers.system.Load()), 0)
	return u
}

// A sampler records what the program uses, in a goroutine of its own: taking in
// events can keep the ingester from its clock.
type sampler struct {
	stop context.CancelFunc
	done chan struct{}
}

func startSampler(r *Recorder) *sampler {
	ctx, stop := context.WithCancel(context.Background())
	s := &sampler{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		machine.Sample(ctx, r.sample)
	}()
	return s
}

// finish ends the series with one more point.
func (s *sampler) finish(r *Recorder) {
	if s == nil {
		return
	}
	s.stop()
	<-s.done
	r.sample(time.Now())
}

// sample records a point of the series. It wakes nobody: the ingester looks
// around by itself before long. False means that nothing is recorded any more.
func (r *Recorder) sample(at time.Time) bool {
	if !r.Recording() {
		return false
	}
	u := r.usage()
	if u == (machine.Usage{}) {
		return true // the program has not started yet, or has just ended
	}
	if err := r.spool.Append(u.Sample(at)); err != nil {
		r.appended(err)
	}
	return true
}
