package capture

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"labbook/runlog/event"
	"labbook/runlog/machine"
	"labbook/runlog/record"
)

// A watch waits for a process to end. It traces one thread of it, which does
// nothing (see newWatched): when the process ends, that thread stops right before
// its own end, and the process with it, until the watch lets it go on. So the
// helper has the time to pass on what is still on its way, while those who wait
// for the process keep waiting.
//
// The other threads know nothing of it. If the helper dies the kernel lets the
// thread go.
type watch struct {
	helper *helper
	start  chan bool // whether there will be anything to watch
	once   sync.Once
	known  atomic.Bool // nobody is interested in the end any more
	done   chan struct{}
}

// How long the end of a process may be put off: a terminal that is held up, or a
// pager that waits for its reader, takes no more for as long as it likes. Without
// a helper the process itself would have waited there, unless it was killed.
const (
	endPatience  = 2 * time.Second
	killPatience = 200 * time.Millisecond
)

func newWatch(h *helper) *watch {
	w := &watch{helper: h, start: make(chan bool, 1), done: make(chan struct{})}
	go w.run()
	return w
}

// begin starts to watch.
func (w *watch) begin() { w.once.Do(func() { w.start <- true }) }

// forgo says that there will be nothing to watch, unless there is already.
func (w *watch) forgo() { w.once.Do(func() { w.start <- false }) }

// leave says that how the process ends is known.
func (w *watch) leave() {
	w.known.Store(true)
	w.forgo()
}

// wait waits for the end of the process, if it is watched.
func (w *watch) wait() {
	w.forgo()
	<-w.done
}

func (w *watch) run() {
	defer close(w.done)
	if !<-w.start {
		return
	}
	runtime.LockOSThread() // a tracer is a thread
	tid := w.helper.role.TID
	err := ptrace(unix.PTRACE_SEIZE, tid, unix.PTRACE_O_TRACEEXIT)
	w.helper.answer(answerWatching)
	if err != nil {
		return // not allowed, or traced by a debugger
	}
	var end event.Event
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(tid, &status, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return // it is not to be had any more
		case !status.Stopped():
			if end != nil {
				w.helper.sink.append(end)
			}
			return
		}
		if uint32(status)>>16 == unix.PTRACE_EVENT_EXIT && !w.known.Load() {
			end = w.end()
		}
		resume(tid, status)
	}
}

// isReplaced reports whether a process is about to become another program (execve),
// which ends its other threads, rather than about to end. The thread tid is held
// meanwhile, so that the process can do neither. One of its threads then is neither
// ending nor told to: the one that will be the other program.
func isReplaced(pid, tid int) bool {
	for begun := time.Now(); ; time.Sleep(200 * time.Microsecond) { //nolint:forbidigo // threads end at once, but not in the same moment
		if !hasThreadThatStays(pid, tid) {
			return false
		}
		if time.Since(begun) > replacedPatience {
			return true
		}
	}
}

// replacedPatience is how long a thread may take that ends its process until it
// begins to end itself.
const replacedPatience = 50 * time.Millisecond

func hasThreadThatStays(pid, tid int) bool {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return false
	}
	for _, thread := range threads {
		dir := fmt.Sprintf("/proc/%d/task/%s/", pid, thread.Name())
		stat, statErr := os.ReadFile(dir + "stat")
		status, statusErr := os.ReadFile(dir + "status")
		if thread.Name() == strconv.Itoa(tid) || statErr != nil || statusErr != nil {
			continue // gone
		}
		if !isEnding(string(stat)) && !isToldToEnd(string(status)) {
			return true
		}
	}
	return false
}

// isEnding reads /proc/PID/task/TID/stat: the state follows the name, which stands
// in parentheses and can hold anything; the flags are six fields on.
func isEnding(stat string) bool {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const state, flags, exiting = 0, 6, 0x4 // PF_EXITING
	if len(fields) <= flags {
		return true
	}
	n, err := strconv.ParseUint(fields[flags], 10, 64)
	return err != nil || n&exiting != 0 || fields[state] == "Z" || fields[state] == "X"
}

// isToldToEnd reads /proc/PID/task/TID/status.
func isToldToEnd(status string) bool {
	const kill = 1 << (unix.SIGKILL - 1)
	_, rest, _ := strings.Cut(status, "\nSigPnd:\t")
	pending, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseUint(pending, 16, 64)
	return err == nil && n&kill != 0
}

// resume lets a stopped thread go on: as stopped, if it is because of a signal
// that stops processes, or to get a signal that it was sent.
func resume(tid int, status unix.WaitStatus) {
	switch uint32(status) >> 16 {
	case 0:
		_ = ptrace(unix.PTRACE_CONT, tid, uintptr(status.StopSignal())) // else it is gone
	case unix.PTRACE_EVENT_STOP:
		switch status.StopSignal() {
		case unix.SIGSTOP, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU:
			_ = ptrace(unix.PTRACE_LISTEN, tid, 0) // else it is gone
			return
		}
		fallthrough
	default:
		_ = ptrace(unix.PTRACE_CONT, tid, 0) // else it is gone
	}
}

// end has everything arrive that the process printed, while it waits to end, and
// returns what is known of it.
func (w *watch) end() event.Event {
	r := w.helper.role
	e := &event.Exit{At: time.Now(), Usage: machine.Ending(r.PID, r.TID).Event()}
	var message uint
	if ptrace(unix.PTRACE_GETEVENTMSG, r.TID, uintptr(unsafe.Pointer(&message))) == nil {
		status := unix.WaitStatus(message)
		e.ExitCode = int(message>>8) & 0xff
		if status.Signaled() {
			e.ExitCode, e.Signal = 0, status.Signal().String()
		}
	}
	patience := endPatience
	if e.Signal != "" {
		patience = killPatience
	}
	w.helper.drain(e.At.Add(patience))
	if e.ExitCode == 0 && e.Signal == "" && isReplaced(r.PID, r.TID) {
		return &event.Note{Note: record.Note{At: e.At, Text: "the process became another program; how that ended is not known"}}
	}
	const panicCode = 2
	e.Panicked = e.ExitCode == panicCode && e.Signal == "" && w.helper.sawTrace()
	return e
}

func ptrace(request, tid int, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), 0, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// newWatched makes the thread that a watch traces and returns its number. It ends
// once leave is closed.
func newWatched(leave <-chan struct{}) (tid int, err error) {
	started := make(chan int)
	go beWatched(started, leave)
	return <-started, nil
}

func beWatched(started chan<- int, leave <-chan struct{}) {
	runtime.LockOSThread() // for good: a goroutine that ends locked takes its thread along
	if unix.Gettid() == os.Getpid() {
		// The first thread is not one to end. While it is held here another
		// one runs the same.
		defer runtime.UnlockOSThread()
		elsewhere := make(chan int)
		go beWatched(elsewhere, leave)
		started <- <-elsewhere
		return
	}
	blockSignals()
	started <- unix.Gettid()
	<-leave
}

// blockSignals keeps the signals of the process away from the thread, each of
// which would cost two more switches to the tracer. Those by which runtimes make
// all threads do something (32 to 34) have to come through.
func blockSignals() {
	var set unix.Sigset_t
	for i := range set.Val {
		set.Val[i] = ^set.Val[i]
	}
	const first, last, perWord = 32, 34, unsafe.Sizeof(set.Val[0]) * 8
	for signal := uintptr(first - 1); signal < last; signal++ {
		set.Val[signal/perWord] &^= 1 << (signal % perWord)
	}
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &set, nil) // slower at worst
}

// allowWatch lets a process trace this one, where only ancestors may otherwise.
func allowWatch(pid int) {
	_ = unix.Prctl(unix.PR_SET_PTRACER, uintptr(pid), 0, 0, 0) // where it is not needed it is not known
}

func nameProcess(name string) {
	b := append([]byte(name), 0)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b[0])), 0, 0, 0) // a name is for people
}
