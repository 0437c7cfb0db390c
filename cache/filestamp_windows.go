package cache

import (
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

func stampOfPath(path string) (stamp, fs.FileInfo, error) {
	file, err := os.Open(path)
	if err != nil {
		return stamp{}, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return stamp{}, nil, err
	}
	s, err := stampOfFile(file)
	return s, info, err
}

// basicInfo is FILE_BASIC_INFO. NTFS and ReFS set ChangeTime at each change,
// FAT leaves it 0.
type basicInfo struct {
	creation, lastAccess, lastWrite, change int64 // 100 ns since 1601
	attributes                              uint32
	_                                       uint32
}

// since1601 is 1970 on the clock of basicInfo.
const since1601 = 116444736000000000

func stampOfFile(file *os.File) (stamp, error) {
	info, err := file.Stat()
	if err != nil {
		return stamp{}, err
	}
	s := stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
	handle := windows.Handle(file.Fd())
	var id windows.ByHandleFileInformation
	var basic basicInfo
	if windows.GetFileInformationByHandle(handle, &id) != nil ||
		windows.GetFileInformationByHandleEx(handle, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&basic)), uint32(unsafe.Sizeof(basic))) != nil {
		return s, nil // a stamp that never settles
	}
	s.device = uint64(id.VolumeSerialNumber)
	s.inode = uint64(id.FileIndexHigh)<<32 | uint64(id.FileIndexLow)
	if basic.change > since1601 {
		s.changed = (basic.change - since1601) * 100
	}
	return s, nil
}
