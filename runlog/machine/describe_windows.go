package machine

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

var globalMemoryStatusEx = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")

// memoryStatus is MEMORYSTATUSEX.
type memoryStatus struct {
	length, load                                            uint32
	total, free, totalPage, freePage, totalSpace, freeSpace uint64
	freeExtended                                            uint64
}

// Describe looks at the machine.
func Describe() Description {
	d := Description{CPUModel: os.Getenv("PROCESSOR_IDENTIFIER")}
	status := memoryStatus{length: uint32(unsafe.Sizeof(memoryStatus{}))}
	if globalMemoryStatusEx.Find() == nil {
		if ok, _, _ := globalMemoryStatusEx.Call(uintptr(unsafe.Pointer(&status))); ok != 0 {
			d.Memory = int64(status.total)
		}
	}
	return d
}
