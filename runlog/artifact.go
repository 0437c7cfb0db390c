package runlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// Artifact keeps data as a file of that name with the run; the name may hold
// slashes but must stay below the run's folder. An artifact of the same name is
// replaced, as a whole. The error says why the file could not be written. If
// nothing is recorded, nothing is kept.
func (r *Run) Artifact(name string, data []byte) error {
	clean := filepath.Clean(name)
	if !filepath.IsLocal(name) || clean == "." {
		return fmt.Errorf("keep artifact %q: the name must be that of a file, a relative path that stays inside the run's folder", name)
	}
	if !r.recorder.Recording() {
		return nil
	}
	path := filepath.Join(r.recorder.artifactDir(), clean)
	if err := writeWhole(path, data); err != nil {
		return fmt.Errorf("keep artifact %q: %w", name, err)
	}
	r.recorder.Emit(&event.Artifact{Artifact: record.Artifact{
		Name: filepath.ToSlash(clean), Path: path, MediaType: mediaType(clean), Bytes: int64(len(data)), At: time.Now(),
	}})
	return nil
}

// writeWhole writes a private file that has all of data from the moment on in
// which it has its name.
func writeWhole(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), unfinishedPrefix+"*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
