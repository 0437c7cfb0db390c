//go:build !unix && !windows

package mapfile

import "os"

func mapFile(*os.File, int64, int, Mode) ([]byte, func() error, error) {
	return nil, nil, ErrUnsupported
}
