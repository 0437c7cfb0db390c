package runlog

import (
	"flag"
	"os"
	"sync"
	"sync/atomic"
)

// active is the recorder of the run that this process is in.
var active struct {
	current atomic.Pointer[Recorder]
	mu      sync.Mutex
	off     bool // see Off
}

// Active returns the recorder of the program's run. If no run was started it
// opens an implicit one: a program that only uses cache or parallel is recorded
// too, though nobody can tell how it ended. It costs a nanosecond once a run is
// open.
//
// Test binaries record nothing unless LABBOOK_DIR says where, and LABBOOK=off
// switches recording off altogether.
func Active() *Recorder {
	if r := active.current.Load(); r != nil {
		return r
	}
	active.mu.Lock()
	defer active.mu.Unlock()
	if r := active.current.Load(); r != nil {
		return r
	}
	r := &Recorder{}
	if flag.Lookup("test.v") == nil || os.Getenv("LABBOOK_DIR") != "" {
		r = openRecorder(true)
	}
	active.current.Store(r)
	return r
}

// openRecorder begins a run. The caller holds active.mu.
func openRecorder(implicit bool) *Recorder {
	r := newRecorder(os.Stderr)
	if active.off || os.Getenv("LABBOOK") == "off" {
		return r
	}
	dir, err := dirWithin()
	if err == nil {
		err = r.open(dir, implicit)
	}
	if err != nil {
		r.fail(err)
	}
	return r
}

// Off makes this process record nothing from now on, not even what Start and
// Main declare. It is for tools that read a lab-book, which would otherwise
// write themselves into it. What was recorded before stays.
func Off() {
	active.mu.Lock()
	defer active.mu.Unlock()
	active.off = true
	active.current.Store(&Recorder{})
}
