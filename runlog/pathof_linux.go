package runlog

import (
	"fmt"
	"os"
)

// pathOf returns the path of an open file.
func pathOf(f *os.File) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
}
