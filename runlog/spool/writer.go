package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/google/uuid"

	"labbook/cache/mapfile"
	"labbook/runlog/event"
)

// Writer appends events to a spool. It is safe for concurrent use.
type Writer struct {
	path   string
	file   *os.File
	bounds bounds

	mu       sync.Mutex
	used     int64 // where the next record goes
	room     room
	copied   []byte // of a record that is written rather than copied
	err      error
	isClosed bool
	backlog  backlog
}

// Create starts a spool in dir, which must exist. The part tells the spools of
// one run apart: "main", "output".
func Create(dir string, run uuid.UUID, part string) (*Writer, error) {
	path := Path(dir, run, part)
	file, err := createLocked(path)
	if err != nil {
		return nil, fmt.Errorf("create spool: %w", err)
	}
	w := &Writer{
		path: path, file: file, bounds: defaultBounds, used: int64(headerSize),
		room: room{file: file, allocated: int64(headerSize)}, backlog: backlog{check: defaultBounds.soft},
	}
	if _, err = file.WriteAt(header(run), 0); err == nil {
		err = w.room.grow(w.used, 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create spool: %w", err), w.room.close(), file.Close(), os.Remove(path))
	}
	return w, nil
}

// createLocked makes the file of a spool that is not there yet, and locks it. The
// lock comes before the header: without a header nobody takes the file for a spool,
// least of all for one that a dead program left. Who finds it without both takes it
// for one whose maker died, and removes it: then it is made again.
func createLocked(path string) (*os.File, error) {
	for {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		isKept, err := lockNamed(file)
		if err != nil {
			return nil, errors.Join(err, file.Close(), os.Remove(path))
		}
		if isKept {
			return file, nil
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

// lockNamed locks a file that was just made. Somebody else may hold the lock, who
// looks at the file for a moment; false means that they have removed it.
func lockNamed(file *os.File) (bool, error) {
	for {
		taken, err := lock(file)
		if err != nil {
			return false, err
		}
		named, err := hasName(file)
		if err != nil || !named || taken || !canLock {
			return named, err
		}
		time.Sleep(50 * time.Microsecond) //nolint:forbidigo // it is about to be unlocked, which no signal tells
	}
}

// Path is the name of the spool's file.
func (w *Writer) Path() string { return w.path }

// Errors of Append.
var (
	// ErrTooLarge is returned for an event that no reader would take. Others
	// can follow it.
	ErrTooLarge = errors.New("append to spool: the event is too large")
	// ErrNotTakenIn ends a spool that nobody takes in.
	ErrNotTakenIn = errors.New("append to spool: 4 GiB have been recorded that the lab-book has not taken in")

	errClosed = errors.New("append to spool: it is closed")
)

// Append adds an event. One above 64 MiB is ErrTooLarge. After a failure, a full
// disk say, the spool takes no more but for what AppendLast adds, and every later
// call returns the same error: what stands before it stays readable.
//
// While more than 256 MiB of it have not been taken in, Append takes up to 10 ms,
// so that those who take it in catch up. Unless they stand still: once nothing
// has been taken in for a second Append waits no longer, and at 4 GiB the spool
// ends with ErrNotTakenIn.
func (w *Writer) Append(e event.Event) error {
	if end, ok := e.(*event.CallEnd); ok {
		return w.AppendCallEnd(end)
	}
	scratch := takeScratch()
	defer scratch.release()
	scratch.record = event.Append(scratch.record[:recordHead], e)
	return w.add(scratch.record)
}

// AppendCallEnd is Append for the event that programs record millions of: it
// allocates nothing, and e does not have to be on the heap.
func (w *Writer) AppendCallEnd(e *event.CallEnd) error {
	scratch := takeScratch()
	defer scratch.release()
	scratch.record = e.Append(scratch.record[:recordHead])
	return w.add(scratch.record)
}

// AppendLast adds an event after which few come or none, and which must not be
// missing: how the program ended, why nothing more is recorded. Room for a few
// small ones is kept on the disk, so that they are taken after Append has failed.
func (w *Writer) AppendLast(e event.Event) error {
	record := event.Append(make([]byte, recordHead, scratchSize), e)
	if len(record)-recordHead > maxRecord {
		return ErrTooLarge
	}
	writeHead(record)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isClosed {
		return errClosed
	}
	size := aligned(int64(len(record)), alignment)
	if w.used+size > w.room.end {
		if err := w.room.grow(w.used, size); err != nil {
			return fmt.Errorf("append to spool: %w", err)
		}
	}
	if err := w.place(record); err != nil {
		return fmt.Errorf("append to spool: %w", err)
	}
	w.used += size
	return nil
}

// add adds a record, all but its head filled in. What can be done before it is
// its turn is done by then: writers hold each other up for a copy only.
func (w *Writer) add(record []byte) error {
	if len(record)-recordHead > maxRecord {
		return ErrTooLarge
	}
	writeHead(record)
	isFarAhead, err := w.put(record)
	if isFarAhead && err == nil {
		return w.giveWay()
	}
	return err
}

func (w *Writer) put(record []byte) (isFarAhead bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return false, w.err
	}
	size := aligned(int64(len(record)), alignment)
	if w.used+size > w.room.end-reserve {
		err = w.room.grow(w.used, size+reserve)
	}
	if err == nil {
		err = w.place(record)
	}
	if err != nil {
		w.err = fmt.Errorf("append to spool: %w", err)
		return false, w.err
	}
	w.used += size
	if w.used > w.room.prepareAt {
		w.room.prepare()
	}
	return w.used > w.backlog.check, nil
}

// place puts a record where the next one goes.
func (w *Writer) place(record []byte) error {
	if w.room.mapping == nil {
		return w.write(record)
	}
	room := w.room.mapping.Bytes()[w.used-w.room.start:]
	// There is room on the disk, but a file system that copies on write, or
	// compresses, can want more when it gets to it.
	return mapfile.Guard(func() error {
		copy(room[4:], record[4:])
		// The length comes last: a reader that sees it sees all of the record,
		// and a writer that is killed here leaves nothing that looks like one.
		length := (*uint32)(unsafe.Pointer(&room[0]))
		atomic.StoreUint32(length, binary.NativeEndian.Uint32(record))
		return nil
	})
}

// write puts a record there where the file is not mapped.
func (w *Writer) write(record []byte) error {
	w.copied = append(w.copied[:0], record...)
	for len(w.copied)%alignment != 0 {
		w.copied = append(w.copied, 0)
	}
	_, err := w.file.WriteAt(w.copied, w.used)
	if cap(w.copied) > 1<<20 {
		w.copied = nil
	}
	return err
}

// Close ends the spool and gives up its lock.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isClosed {
		return nil
	}
	w.isClosed = true
	if w.err == nil {
		w.err = errClosed
	}
	err := w.room.close()
	if w.room.allocated > w.used {
		err = errors.Join(err, w.file.Truncate(w.used))
	}
	// A process that is just being started shares the lock until it runs: the
	// end of the file alone would not give it up.
	return errors.Join(err, unlock(w.file), w.file.Close())
}
