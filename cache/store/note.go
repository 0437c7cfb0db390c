package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// notesFolder holds the notes. No function's folder begins with a dot.
const notesFolder = ".notes"

// PutNote keeps a few bytes beside the entries, for what builds on the store: a
// note can be lost at any time and must be checked by whoever reads it. A note
// of the same key is replaced.
func (s *Store) PutNote(key Key, content []byte) error {
	path := s.notePath(key)
	if err := s.makeRoot(); err != nil {
		return fmt.Errorf("put note: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("put note: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return fmt.Errorf("put note: %w", err)
	}
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("put note: %w", err), os.Remove(temporary.Name()))
	}
	return nil
}

// Note returns a note, or an error if there is none that can be read.
func (s *Store) Note(key Key) ([]byte, error) {
	content, err := os.ReadFile(s.notePath(key))
	if err != nil {
		return nil, fmt.Errorf("read note: %w", err)
	}
	return content, nil
}

func (s *Store) notePath(key Key) string {
	return filepath.Join(s.dir, notesFolder, hex.EncodeToString(key[:]))
}
