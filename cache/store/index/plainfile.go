package index

import (
	"fmt"
	"os"
)

// openPlain opens a regular file of the index, and follows no link out of it.
func openPlain(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, flags|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil {
		named, lerr := os.Lstat(path)
		if err = lerr; err == nil && (!named.Mode().IsRegular() || !os.SameFile(opened, named)) {
			err = fmt.Errorf("open %s: it is no regular file", path)
		}
	}
	if err != nil {
		_ = file.Close() // what went wrong before says more
		return nil, err
	}
	return file, nil
}

// checkFolder refuses a folder that is a link, or anything else.
func checkFolder(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", path)
	}
	return err
}
