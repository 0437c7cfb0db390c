package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog"
	"labbook/runlog/display"
)

// Options of a Memory. The zero Options are the usual ones.
type Options struct {
	// MaxBytes, MaxEntries and MaxAge bound what the folder holds; 0 is no
	// bound. What was not used for the longest time goes first, in the
	// background; pinned entries stay (see labbook cache pin). Programs with
	// different bounds can share a folder: each sees to its own.
	MaxBytes   int64
	MaxEntries int64
	MaxAge     time.Duration

	// MemoryBytes bounds the recent small results that are kept in memory as
	// well, so that loading them again asks no disk: 0 means 64 MiB, a negative
	// number none.
	MemoryBytes int64

	// Off makes wrapped functions run as if they were not wrapped; calls are
	// still recorded, with the outcome bypass. The environment variable
	// LABBOOK_CACHE=off does the same to every Memory of a program.
	Off bool

	// Verbose says what is told on Messages while the program runs: at 1 which
	// calls are computed and how long that took, at 2 also which are loaded, at
	// 3 with their arguments. 0 tells nothing.
	Verbose int

	// Warnings is where a Memory says, once for each kind of trouble, that it
	// cannot store results; nil means os.Stderr.
	Warnings io.Writer

	// Messages is where a verbose Memory tells what it does; nil means
	// os.Stderr.
	Messages io.Writer
}

func (o *Options) check() error {
	switch {
	case o.MaxBytes < 0:
		return fmt.Errorf("Options.MaxBytes is %d; want 0 for no bound, or a positive number", o.MaxBytes)
	case o.MaxEntries < 0:
		return fmt.Errorf("Options.MaxEntries is %d; want 0 for no bound, or a positive number", o.MaxEntries)
	case o.MaxAge < 0:
		return fmt.Errorf("Options.MaxAge is %v; want 0 for no bound, or a positive duration", o.MaxAge)
	}
	return nil
}

func (o *Options) limits() store.Limits {
	return store.Limits{MaxBytes: o.MaxBytes, MaxEntries: o.MaxEntries, MaxAge: o.MaxAge}
}

// inWords lists the bounds, "" if there are none.
func (o *Options) inWords() string {
	var bounds []string
	if o.MaxBytes > 0 {
		bounds = append(bounds, "MaxBytes "+display.Bytes(o.MaxBytes))
	}
	if o.MaxEntries > 0 {
		bounds = append(bounds, "MaxEntries "+display.Count(o.MaxEntries))
	}
	if o.MaxAge > 0 {
		bounds = append(bounds, "MaxAge "+display.Duration(o.MaxAge))
	}
	return strings.Join(bounds, ", ")
}

// Memory is a folder of stored results. A nil *Memory is one that is off. It is
// safe for concurrent use, also of several processes on one folder.
type Memory struct {
	dir     string
	options Options

	once  sync.Once
	store *store.Store // nil if it is off
	err   error        // why nobody can tell where the store is

	verification *verification // nil unless LABBOOK_VERIFY asks for one

	tier    tier
	flights sync.Map // diffargs.Digest → *flight

	namesMu sync.Mutex
	names   map[string][]*function // by name, in the order of their first calls

	deletions *atomic.Uint64 // counts what this process deleted from the folder
	heeded    atomic.Uint64  // up to which of them the tier has been cleared

	warned sync.Map // string → struct{}: kinds of trouble
	output sync.Mutex
}

// New returns a Memory in the folder dir; "" is the cache folder of the
// lab-book of the working directory. It touches no disk before the first call.
// It panics if an option makes no sense.
func New(dir string, options Options) *Memory {
	if err := options.check(); err != nil {
		panic(fmt.Sprintf("cache: %v", err))
	}
	m := &Memory{dir: dir, options: options}
	m.tier.limit = options.MemoryBytes
	if options.MemoryBytes == 0 {
		m.tier.limit = defaultMemoryBytes
	}
	return m
}

// Dir returns the folder that the results are in.
func (m *Memory) Dir() (string, error) {
	if m == nil || m.dir == "" {
		return runlog.CacheDir()
	}
	return m.dir, nil
}

// entries returns the store, nil if the Memory is off, or, with the error, if
// nobody can tell where it is.
func (m *Memory) entries() (*store.Store, error) {
	if m == nil {
		return nil, nil
	}
	m.once.Do(func() {
		if m.options.Off || os.Getenv("LABBOOK_CACHE") == "off" {
			return
		}
		verification, err := newVerification()
		if err != nil {
			m.write(m.options.Warnings, "labbook: %v; nothing is verified\n", err)
		}
		m.verification = verification
		var dir string
		if dir, m.err = m.Dir(); m.err != nil {
			m.warn("folder", m.err)
			return
		}
		m.deletions = deletionsFrom(dir)
		m.heeded.Store(m.deletions.Load())
		m.store = store.Open(dir, m.options.limits())
		m.store.OnProblem(func(err error) { m.warn("index", err) })
	})
	return m.store, m.err
}

// Clear deletes all results in the folder, of every function, pinned ones too.
func (m *Memory) Clear() error {
	entries, err := m.entries()
	if err != nil || entries == nil {
		return err
	}
	var errs []error
	for name, err := range entries.Functions() {
		if err == nil {
			err = entries.Clear(name)
		}
		errs = append(errs, err)
	}
	m.forgetAll() // after the files, which somebody may be loading
	return errors.Join(errs...)
}

// Collect brings the folder within the bounds of the Options at once, rather
// than when the next result is stored, and says what that came to.
func (m *Memory) Collect(ctx context.Context) (store.Collection, error) {
	entries, err := m.entries()
	if err != nil || entries == nil {
		return store.Collection{}, err
	}
	return entries.Collect(ctx, m.options.limits())
}

// Close waits for what goes on in the background and lets go of the folder. A
// program that ends need not call it; the Memory must not be used afterwards.
func (m *Memory) Close() error {
	entries, err := m.entries()
	if err != nil || entries == nil {
		return err
	}
	m.tier.clear()
	return entries.Close()
}

// warn says once for each kind of trouble what keeps results from being
// stored.
func (m *Memory) warn(kind string, err error) {
	if _, again := m.warned.LoadOrStore(kind, struct{}{}); again {
		return
	}
	m.write(m.options.Warnings, "labbook: %v; the program goes on and will compute again what cannot be stored\n", err)
}

// write prints a line, one at a time.
func (m *Memory) write(w io.Writer, format string, args ...any) {
	if w == nil {
		w = os.Stderr
	}
	m.output.Lock()
	defer m.output.Unlock()
	_, _ = fmt.Fprintf(w, format, args...) // there is nowhere else to say it
}

// introduce notices when other functions have the name of f.
func (m *Memory) introduce(f *function) {
	if m == nil {
		return
	}
	m.namesMu.Lock()
	defer m.namesMu.Unlock()
	name := f.identity.name
	var other *function
	for _, met := range m.names[name] {
		if met.value.Pointer() == f.value.Pointer() || met.identity.code.Code == f.identity.code.Code {
			continue
		}
		if other == nil {
			other = met
		}
		if f.settings.version != "" && met.identity.constant == f.identity.constant {
			other, f.clashes = met, true
			break
		}
	}
	if m.names == nil {
		m.names = map[string][]*function{}
	}
	m.names[name] = append(m.names[name], f)
	if other == nil {
		return
	}
	where := func(f *function) string {
		code := f.identity.code
		return fmt.Sprintf("%s (%s:%d)", code.Name, code.File, code.Line)
	}
	consequence := "their results are kept apart, but the lab-book shows them as one function"
	if f.clashes {
		consequence = "and of one cache.Version, so that their results could not be told apart: those of the second are not kept"
	}
	m.write(m.options.Warnings, "labbook: two cached functions are called %s: %s and %s; %s; give one of them another cache.Name\n",
		name, where(other), where(f), consequence)
}

// deletions counts, for each folder, what this process deleted from it: all
// Memories of a folder heed that, and not only the one that was asked.
var deletions sync.Map // absolute path → *atomic.Uint64

func deletionsFrom(dir string) *atomic.Uint64 {
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	count, _ := deletions.LoadOrStore(dir, new(atomic.Uint64))
	return count.(*atomic.Uint64)
}

// heedDeletions forgets what others in this process may have deleted.
func (m *Memory) heedDeletions() {
	if n := m.deletions.Load(); n != m.heeded.Load() {
		m.tier.clear()
		m.heeded.Store(n)
	}
}

// forget takes a result out of memory, after it was deleted or replaced.
func (m *Memory) forget(key diffargs.Digest) {
	m.tier.remove(key)
	// Only the other Memories need to clear all that they have.
	n := m.deletions.Add(1)
	m.heeded.CompareAndSwap(n-1, n)
}

// forgetAll takes all results out of memory.
func (m *Memory) forgetAll() {
	m.deletions.Add(1)
	m.heedDeletions()
}

// keyOf is the key of an entry, as the store has it.
func keyOf(d diffargs.Digest) store.Key { return store.Key(d) }
