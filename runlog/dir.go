package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Names inside a lab-book's folder.
const (
	bookFile       = "labbook.sqlite"
	spoolFolder    = "spool"
	artifactFolder = "artifacts"
	cacheFolder    = "cache"
	folderName     = ".labbook"
)

// Dir returns the folder of the lab-book for the working directory: what
// LABBOOK_DIR says, else the nearest .labbook upward, else .labbook right here.
// It need not exist.
func Dir() (string, error) {
	if dir := os.Getenv("LABBOOK_DIR"); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("find lab-book: LABBOOK_DIR: %w", err)
		}
		return abs, nil
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find lab-book: %w", err)
	}
	if dir := upward(cwd); dir != "" {
		return dir, nil
	}
	return filepath.Join(cwd, folderName), nil
}

// upward returns the nearest .labbook in dir or above, "" if there is none.
func upward(dir string) string {
	for {
		candidate := filepath.Join(dir, folderName)
		if info, err := os.Stat(candidate); err == nil && info.IsDir() {
			return candidate
		}
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir = above
	}
}

// CacheDir returns the folder for cached results inside the lab-book's folder.
func CacheDir() (string, error) {
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, cacheFolder), nil
}

// prepare makes the lab-book's folder, private and out of version control.
func prepare(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, spoolFolder), 0o700); err != nil {
		return fmt.Errorf("make lab-book: %w", err)
	}
	ignore, err := os.OpenFile(filepath.Join(dir, ".gitignore"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // whoever changed it had a reason
	}
	if err == nil {
		_, err = ignore.WriteString("# Made by labbook. Delete this file to keep the lab-book under version control.\n*\n")
		err = errors.Join(err, ignore.Close())
	}
	if err != nil {
		return fmt.Errorf("make lab-book: %w", err)
	}
	return nil
}
