package sqlbook

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

// The first 100 bytes of a file say that it is SQLite's, and how the rest is to be
// read (https://sqlite.org/fileformat2.html). Without them SQLite reads nothing,
// though all else may be well. Those of every lab-book are the same, but for what
// counts changes and pages.
const (
	headerSize = 100
	// headerFixed says up to where they are the same without exception.
	headerFixed = 24

	schemaFormatAt  = 44 // 4 bytes, as all of these
	textEncodingAt  = 56
	userVersionAt   = 60
	applicationIDAt = 68
	pagesAt         = 28

	bookPageSize = 4096
)

// fixedHeader is the beginning of every lab-book: SQLite's name, pages of 4096
// bytes, a write-ahead log, and fractions of pages that never change.
var fixedHeader = []byte("SQLite format 3\x00\x10\x00\x02\x02\x00\x40\x20\x20")

// errBeginning says that a lab-book's file does not begin as one.
var errBeginning = errors.New("the beginning of the file, which says what it is, was overwritten")

// mostSchema bounds where the schema of a lab-book is in its file: its pages are
// among the first, and large files of others are not read as a whole.
const mostSchema = 16 << 20

// isLabbookBehind reports whether a file that SQLite does not take for a lab-book
// is one whose first bytes were overwritten: behind them is a lab-book's schema. A
// sound file of another program is none, whatever is in it.
func isLabbookBehind(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(file, header); err != nil || !isOverwritten(header) {
		return false
	}
	// Both are in the oldest lab-books too.
	for _, text := range []string{"CREATE TABLE run_func (", "CREATE TABLE source_text ("} {
		if _, err := file.Seek(0, io.SeekStart); err != nil || !contains(io.LimitReader(file, mostSchema), text) {
			return false
		}
	}
	return true
}

// contains reports whether a text can be read.
func contains(r io.Reader, text string) bool {
	buffer := make([]byte, 0, 256<<10)
	for {
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if bytes.Contains(buffer, []byte(text)) {
			return true
		}
		if err != nil {
			return false
		}
		if len(buffer) > cap(buffer)/2 {
			kept := copy(buffer, buffer[len(buffer)-len(text):])
			buffer = buffer[:kept]
		}
	}
}

// isOverwritten reports whether a header is none that SQLite writes for a lab-book,
// and none of a sound file of another program either.
func isOverwritten(header []byte) bool {
	number := func(at int) uint32 { return binary.BigEndian.Uint32(header[at:]) }
	if !bytes.Equal(header[:16], fixedHeader[:16]) {
		return true
	}
	isOurs := number(applicationIDAt) == applicationID
	fixed := header[16:headerFixed]
	switch {
	case isOurs && !bytes.Equal(fixed[:2], fixedHeader[16:18]):
		return true
	case fixed[2] < 1 || fixed[2] > 2 || fixed[3] < 1 || fixed[3] > 2, !bytes.Equal(fixed[4:], fixedHeader[20:]):
		return true
	}
	format, encoding := number(schemaFormatAt), number(textEncodingAt)
	return format > 4 || encoding > 3 || isOurs && encoding > 1
}

// putHeaderBack writes a copy of a lab-book's file, with its log, that begins as a
// lab-book does. With page it gets all of the first page from there.
func putHeaderBack(ctx context.Context, from, to string, page []byte) error {
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(to + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := copyFile(ctx, from+"-wal", to+"-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := copyFile(ctx, from, to); err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		header := make([]byte, headerSize)
		copy(header, fixedHeader)
		put := func(at int, n uint32) { binary.BigEndian.PutUint32(header[at:], n) }
		put(pagesAt, uint32(min((info.Size()+bookPageSize-1)/bookPageSize, 1<<32-2)))
		put(schemaFormatAt, 4)
		put(textEncodingAt, 1)
		put(userVersionAt, uint32(newestSchema()))
		put(applicationIDAt, applicationID)
		if len(page) > headerSize {
			header = append(header, page[headerSize:]...)
		}
		_, err = file.WriteAt(header, 0)
	}
	return errors.Join(err, file.Close())
}

func copyFile(ctx context.Context, from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for err == nil && ctx.Err() == nil {
		_, err = io.CopyN(target, source, 8<<20)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, ctx.Err(), target.Close())
}
