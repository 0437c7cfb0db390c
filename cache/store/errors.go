package store

import (
	"errors"
	"fmt"
)

// ErrNotFound says that there is no entry with a key.
var ErrNotFound = errors.New("no such entry")

// A CorruptError is a file in the place of an entry that is none, or no longer
// the one that was written. It is of no use and may be removed.
type CorruptError struct {
	Path    string
	Problem string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("entry %s is corrupt: %s", e.Path, e.Problem)
}

// A VersionError is an entry that a newer version wrote, which may still be of
// use to programs with that version.
type VersionError struct {
	Path    string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("entry %s has format %d, and this program reads format %d: update labbook to read it", e.Path, e.Version, formatVersion)
}

// A LinkError is a folder that is a symbolic link in a cache from elsewhere,
// where links are not followed.
type LinkError struct{ Path string }

func (e *LinkError) Error() string {
	return fmt.Sprintf("%s is a symbolic link, and links of another cache are not followed", e.Path)
}
