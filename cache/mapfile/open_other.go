//go:build !unix

package mapfile

import (
	"fmt"
	"io"
	"os"
)

func open(path string, mode Mode, use func(*Mapping, io.ReaderAt) error) (*Mapping, error) {
	flags := os.O_RDONLY
	if mode == Shared {
		flags = os.O_RDWR
	}
	file, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, fmt.Errorf("map file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("map file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("map file: %w", &os.PathError{Op: "map", Path: path, Err: errNotRegular})
	}
	m, err := Map(file, info.Size(), mode)
	if err != nil {
		return nil, err
	}
	return used(m, file, use)
}
