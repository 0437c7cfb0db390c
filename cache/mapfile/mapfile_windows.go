package mapfile

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

func mapFile(descriptor uintptr, offset int64, size int, mode Mode) ([]byte, func() error, error) {
	protection, access := uint32(windows.PAGE_READONLY), uint32(windows.FILE_MAP_READ)
	switch mode {
	case ReadOnly:
	case Private:
		protection, access = windows.PAGE_WRITECOPY, windows.FILE_MAP_COPY
	case Shared:
		protection, access = windows.PAGE_READWRITE, windows.FILE_MAP_READ|windows.FILE_MAP_WRITE
	}
	end := uint64(offset) + uint64(size)
	handle, err := windows.CreateFileMapping(windows.Handle(descriptor), nil, protection, uint32(end>>32), uint32(end), nil)
	if err != nil {
		return nil, nil, err
	}
	address, err := windows.MapViewOfFile(handle, access, uint32(uint64(offset)>>32), uint32(offset), uintptr(size))
	// The view keeps the mapping object alive.
	if closeErr := windows.CloseHandle(handle); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, nil, err
	}
	data := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&address))), size)
	return data, func() error { return windows.UnmapViewOfFile(address) }, nil
}
