package codeid

import (
	"fmt"
	"os"
)

// BuildIDOf returns what BuildID returns in the program in that file.
func BuildIDOf(path string) (string, error) {
	exe, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read build ID: %w", err)
	}
	defer func() { _ = exe.Close() }() // it was only read
	id, err := buildIDOf(exe)
	if err != nil {
		return "", fmt.Errorf("read build ID of %s: %w", path, err)
	}
	return id, nil
}
