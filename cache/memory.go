package cache

import (
	"fmt"
	"io"
	"os"
	"sync"

	"labbook/cache/store"
	"labbook/runlog"
)

// Options of a Memory. The zero Options are the usual ones.
type Options struct {
	// Off makes wrapped functions run as if they were not wrapped; calls are
	// still recorded, with the outcome bypass. The environment variable
	// LABBOOK_CACHE=off does the same to every Memory of a program.
	Off bool

	// Warnings is where a Memory says, once, that it cannot store results;
	// nil means os.Stderr.
	Warnings io.Writer
}

// Memory is a folder of stored results. A nil *Memory is one that is off.
type Memory struct {
	dir     string
	options Options

	open  sync.Once
	store *store.Store
	err   error

	warned sync.Once
}

// New returns a Memory in the folder dir; "" is the cache folder of the
// lab-book of the working directory. It touches no disk before the first call.
func New(dir string, options Options) *Memory {
	return &Memory{dir: dir, options: options}
}

// entries returns the store, nil if the Memory is off, or, with the error, if
// nobody can tell where it is.
func (m *Memory) entries() (*store.Store, error) {
	if m == nil || m.options.Off || os.Getenv("LABBOOK_CACHE") == "off" {
		return nil, nil
	}
	m.open.Do(func() {
		dir := m.dir
		if dir == "" {
			dir, m.err = runlog.CacheDir()
		}
		if m.err == nil {
			m.store = store.Open(dir, store.Limits{})
		}
	})
	if m.err != nil {
		m.warn(m.err)
	}
	return m.store, m.err
}

// warn says once what keeps results from being stored.
func (m *Memory) warn(err error) {
	m.warned.Do(func() {
		w := m.options.Warnings
		if w == nil {
			w = os.Stderr
		}
		_, _ = fmt.Fprintf(w, "labbook: %v; the program goes on and will compute again what cannot be stored\n", err)
	})
}
