//go:build !unix && !windows

package mapfile

func mapFile(uintptr, string, int, Mode) ([]byte, func() error, error) {
	return nil, nil, ErrUnsupported
}
