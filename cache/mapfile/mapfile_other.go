//go:build !unix && !windows

package mapfile

func mapFile(uintptr, int64, int, Mode) ([]byte, func() error, error) {
	return nil, nil, ErrUnsupported
}
