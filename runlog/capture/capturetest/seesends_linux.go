// Package capturetest helps to test programs whose output is captured.
package capturetest

import (
	"os/exec"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// SeesEnds reports whether the end of a process can be watched here: some
// sandboxes do not let processes trace others.
var SeesEnds = sync.OnceValue(func() bool {
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
