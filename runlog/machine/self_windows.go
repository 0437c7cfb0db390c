package machine

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	kernel32             = windows.NewLazySystemDLL("kernel32.dll")
	getProcessMemoryInfo = kernel32.NewProc("K32GetProcessMemoryInfo")
	getProcessIoCounters = kernel32.NewProc("GetProcessIoCounters")
)

// memoryCounters is PROCESS_MEMORY_COUNTERS.
type memoryCounters struct {
	size, faults                                       uint32
	peakWorkingSet, workingSet                         uintptr
	peakPagedPool, pagedPool, peakOtherPool, otherPool uintptr
	pageFile, peakPageFile                             uintptr
}

// Self tells what this process has used so far, without its children.
func Self() Usage {
	var u Usage
	process := windows.CurrentProcess()
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(process, &created, &exited, &kernel, &user) == nil {
		u.UserTime, u.SysTime = span(user), span(kernel)
	}
	memory := memoryCounters{size: uint32(unsafe.Sizeof(memoryCounters{}))}
	if getProcessMemoryInfo.Find() == nil {
		ok, _, _ := getProcessMemoryInfo.Call(uintptr(process), uintptr(unsafe.Pointer(&memory)), uintptr(memory.size))
		if ok != 0 {
			u.RSS, u.PeakRSS = int64(memory.workingSet), int64(memory.peakWorkingSet)
		}
	}
	var io windows.IO_COUNTERS
	if getProcessIoCounters.Find() == nil {
		if ok, _, _ := getProcessIoCounters.Call(uintptr(process), uintptr(unsafe.Pointer(&io))); ok != 0 {
			u.Read, u.Written = int64(io.ReadTransferCount), int64(io.WriteTransferCount)
		}
	}
	return u
}

// span reads a time that counts hundreds of nanoseconds.
func span(t windows.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
