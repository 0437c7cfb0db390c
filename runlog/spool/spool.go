// Package spool keeps the events of one program in a file until the lab-book
// has taken them in.
//
// Appending copies an event into memory that is the file: once Append has
// returned, the event survives the death of the program (though not a power
// cut). Room on the disk is made ahead, so that a full disk is an error and not
// the end of the program. Where files cannot be mapped, each event is a write.
// The file is locked for as long as its writer lives, so that whoever finds it
// unlocked knows that no more will come.
//
// A writer that is far ahead of those who take its events in is held up, see
// [Writer.Append]; what has been taken in is given back to the disk where the
// system can (Linux), see [Reader.TakenIn].
//
// # Format
//
// Version 2:
//
//	spool    = magic run begin { record }
//	magic    = "LBSPOOL" version      version is the byte 2
//	run      = 16 bytes               UUID of the run
//	begin    = uint64 little endian   where the first record is that has not been taken in; 0 for right here
//	record   = length checksum payload padding
//	length   = uint32 little endian   of the payload; 0 means that nothing follows yet
//	checksum = uint32 little endian   CRC-32C of the payload
//	payload  = an event, see package event
//	padding  = zero bytes             up to an offset that is a multiple of 8
//
// The length is written last, in one store. A reader takes a record that is cut
// short, or that fails its checksum, for the end: the writer died in the middle
// of it, or is about to finish it. Behind the last record of a writer that died
// is room that it did not come to use: zeros, then perhaps a part of a record
// without its length, then zeros.
//
// So if whole records follow after all behind what a reader takes for the end, and
// the writer is gone, what lies between is damaged, by the disk or by somebody else.
// Nobody knows how many records that were. Records begin at multiples of 8: the next
// one is found by trying them, see [Reader.SkipDamage]. Padding that is not zero is
// no record's either. A spool that was damaged is not deleted once it is taken in,
// but set aside (NAME.spool-damaged): nobody takes it for a spool by that name, and
// given its own name again it would be taken in twice.
//
// What stands before begin may be zero. Readers start there or later, and know
// how far they have come from elsewhere; writers see in it how far behind they
// are.
//
// Version 1, which this package reads, has neither begin nor padding.
package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	magic      = "LBSPOOL\x02"
	beginAt    = len(magic) + 16
	headerSize = beginAt + 8
	recordHead = 8
	// alignment lets the head of a record be stored at once.
	alignment = 8

	magic1      = "LBSPOOL\x01"
	headerSize1 = len(magic1) + 16

	// maxRecord bounds what a reader allocates for one record. Nothing that is
	// recorded comes near it: snapshots, the largest, are bounded at 4 MiB.
	maxRecord = 64 << 20
	extension = ".spool"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrForeign is returned for a file that is not a spool, or not of a version
// that this package reads.
var ErrForeign = errors.New("not a spool of a known version")

// header returns the beginning of a spool.
func header(run uuid.UUID) []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	b = append(b, run[:]...)
	return b[:headerSize]
}

// writeHead writes the head of a record by its payload.
func writeHead(record []byte) {
	payload := record[recordHead:]
	binary.LittleEndian.PutUint32(record, uint32(len(payload)))
	binary.LittleEndian.PutUint32(record[4:], crc32.Checksum(payload, castagnoli))
}

// aligned is the first multiple of unit, a power of 2, that is at least n.
func aligned(n, unit int64) int64 { return (n + unit - 1) &^ (unit - 1) }

// Path is the name of the file of a run's spool.
func Path(dir string, run uuid.UUID, part string) string {
	return filepath.Join(dir, run.String()+"-"+part+extension)
}

// unbornAge is the age at which a spool without a header counts as that of a
// program that died while making it, where locks cannot tell.
const unbornAge = time.Hour

// IsUnborn reports whether the file of a spool never got its header and never
// will, so that nothing is lost with it.
func IsUnborn(path string) bool {
	is, err := ifUnborn(path, func() error { return nil })
	return is && err == nil
}

// RemoveUnborn removes the file of a spool if it is unborn.
func RemoveUnborn(path string) error {
	_, err := ifUnborn(path, func() error { return os.Remove(path) })
	return err
}

// ifUnborn does something with the file of a spool if it is unborn: while it holds
// the lock that its maker would have, if there are locks that allow it.
func ifUnborn(path string, do func() error) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() >= int64(headerSize1) {
		return false, nil //nolint:nilerr // it is gone, or nobody can tell
	}
	if !canRemoveLocked {
		if time.Since(info.ModTime()) <= unbornAge {
			return false, nil
		}
		return true, do()
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false, nil //nolint:nilerr // as above
	}
	defer file.Close()
	taken, err := lock(file)
	if err != nil || !taken {
		return false, err
	}
	info, err = file.Stat()
	if err != nil || info.Size() >= int64(headerSize1) {
		return false, err // its maker has died after all of that
	}
	if named, err := hasName(file); err != nil || !named {
		return false, err
	}
	return true, do()
}

// List returns the paths of the spools in dir; none if there is no such folder. What
// is no file is none, whatever it is called.
func List(dir string) ([]string, error) { return list(dir, extension) }

// ListDamaged returns the paths of the spools in dir that were set aside.
func ListDamaged(dir string) ([]string, error) { return list(dir, extension+damagedSuffix) }

func list(dir, suffix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return nil, nil
		}
		return nil, fmt.Errorf("list spools: %w", err)
	}
	var paths []string
	for _, entry := range entries {
		isFile := entry.Type().IsRegular() || entry.Type()&os.ModeSymlink != 0
		if isFile && strings.HasSuffix(entry.Name(), suffix) {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	return paths, nil
}
