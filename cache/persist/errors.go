package persist

import (
	"errors"
	"fmt"
	"reflect"
)

// An UnsupportedError is a value, or a type, that cannot be stored.
type UnsupportedError struct {
	Path   string // from the value down: ".Layers[3].Callback"; "" for the value itself
	Type   reflect.Type
	Reason string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s of type %v cannot be stored: %s", where(e.Path), e.Type, e.Reason)
}

// A MismatchError is a stored value that does not fit the Go type that it is
// read into, most often because the type has changed since.
type MismatchError struct {
	Path  string // from the value down; "" for the value itself
	Want  string
	Found string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s: want %s, found %s", where(e.Path), e.Want, e.Found)
}

// A SyntaxError is input that no version of this package wrote: damaged, cut
// short, or something else altogether.
type SyntaxError struct {
	Offset  int // from the start of the stream
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("damaged at byte %d: %s", e.Offset, e.Problem)
}

// A VersionError is input in a format that is newer than this package.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("stored in format %d, and this program reads format %d: update labbook to read it", e.Version, formatVersion)
}

func where(path string) string {
	if path == "" {
		return "the value"
	}
	return path
}

// maxPath bounds the path of an error: a value may be nested thousands deep.
const maxPath = 200

// at prefixes the path of an error with one step, on the way from the place
// of the error up to the root. Nothing is spent on paths as long as all goes
// well.
func at(err error, step string) error {
	if e, ok := errors.AsType[*UnsupportedError](err); ok {
		e.Path = lengthen(step, e.Path)
	} else if e, ok := errors.AsType[*MismatchError](err); ok {
		e.Path = lengthen(step, e.Path)
	}
	return err
}

// lengthen keeps both ends of a long path: the root and the place itself say
// more than what is between.
func lengthen(step, path string) string {
	if len(path) > maxPath {
		path = "…" + path[len(path)-maxPath/2:]
	}
	return step + path
}

// A TooLargeError is a stream that is longer than [MaxSize] allows.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("it holds more than the %d bytes that MaxSize allows", e.Limit)
}

// A NotMappedError is a warning: all, or a part, of what was to be mapped was
// loaded, and what is written there does not reach the file.
type NotMappedError struct {
	Path   string
	Reason string
}

func (e *NotMappedError) Error() string {
	return fmt.Sprintf("%s was loaded, not mapped: %s", e.Path, e.Reason)
}
