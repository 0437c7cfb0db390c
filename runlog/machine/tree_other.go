//go:build !linux

package machine

import (
	"errors"
	"fmt"
)

// Tree cannot look at other processes here: the error is errors.ErrUnsupported.
func Tree(pid int) (Usage, error) {
	return Usage{}, fmt.Errorf("look at process %d: %w", pid, errors.ErrUnsupported)
}
