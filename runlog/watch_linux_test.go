package runlog

import (
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// seesEnds reports whether the end of a process can be watched here: some
// sandboxes do not let processes trace others.
var seesEnds = sync.OnceValue(func() bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	child := exec.Command("cat") // which waits for its input
	stdin, err := child.StdinPipe()
	if err != nil || child.Start() != nil {
		return false
	}
	defer func() { _ = child.Wait() }()
	defer stdin.Close()
	pid := child.Process.Pid
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(pid), 0, 0, 0, 0); errno != 0 {
		return false
	}
	if unix.PtraceInterrupt(pid) != nil {
		return false
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != nil {
		return false
	}
	return unix.PtraceDetach(pid) == nil
})

func TestTheEndCanBeSeenHere(t *testing.T) {
	t.Parallel()
	if !seesEnds() {
		t.Skip("processes may not be traced here, so that how they end is only tested as far as they say so")
	}
}
