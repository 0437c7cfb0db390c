package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"labbook/cache/mapfile"
)

// What the system takes for the files that a cache must touch.

// bareWrite creates, writes, closes and renames a file of that content.
func bareWrite(dir string, content []byte) func(int) error {
	temporary := filepath.Join(dir, "tmp")
	return func(i int) error {
		file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		if _, err := file.Write(content); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
		return os.Rename(temporary, filepath.Join(dir, fmt.Sprint("e", i)))
	}
}

// bareReplace is bareWrite always to the same name.
func bareReplace(dir string, content []byte) func(int) error {
	write := bareWrite(dir, content)
	return func(int) error { return write(0) }
}

// bareRead opens, reads and closes a small file.
func bareRead(path string) func(int) error {
	buffer := make([]byte, 16<<10)
	return func(int) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		if _, err := file.Read(buffer); err != nil {
			return err
		}
		return file.Close()
	}
}

// bareLoad reads a large file into new memory.
func bareLoad(path string) func(int) error {
	return func(int) error {
		content, err := os.ReadFile(path)
		runtime.KeepAlive(content)
		return err
	}
}

// bareStat looks whether a file is there.
func bareStat(path string) func(int) error {
	return func(int) error {
		_, err := os.Lstat(path)
		return err
	}
}

// bareMap opens, measures, maps, closes and unmaps a file.
func bareMap(path string) func(int) error {
	return func(int) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		info, err := file.Stat()
		if err != nil {
			return err
		}
		mapping, err := mapfile.Map(file, info.Size(), mapfile.Private)
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
		return mapping.Unmap()
	}
}
