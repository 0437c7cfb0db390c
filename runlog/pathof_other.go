//go:build !linux

package runlog

import (
	"errors"
	"os"
)

// pathOf would return the path of an open file, if there were a way.
func pathOf(*os.File) (string, error) { return "", errors.ErrUnsupported }
