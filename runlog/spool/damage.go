package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// damagedSuffix is added to the name of a spool that was set aside.
const damagedSuffix = "-damaged"

// SkipDamage goes to the next whole record behind a place at which Next has returned
// io.EOF, and returns how many bytes lie between: they are damaged. If there is none,
// that was the end, and it returns 0. It is for spools whose writers are gone (see
// Abandoned): of another, what cannot be read yet is about to be written.
//
// A record that was cut short cannot be told from the damage of the very last one:
// that is the end too.
func (r *Reader) SkipDamage() (lost int64, err error) {
	size, err := r.Size()
	if err != nil {
		return 0, err
	}
	s := scan{r: r, size: size, budget: leastBudget + 16*max(size-r.offset, 0)}
	next, err := s.next(r.offset)
	if err != nil || next == 0 {
		return 0, err
	}
	lost = next - r.offset
	r.SkipTo(next)
	r.lost += lost
	return lost, nil
}

// Lost is how many bytes SkipDamage has skipped.
func (r *Reader) Lost() int64 { return r.lost }

// SetAside closes the reader and gives the spool a name by which nobody takes it for
// one: what is damaged in it may be of use to somebody yet.
func (r *Reader) SetAside() error {
	return errors.Join(r.file.Close(), os.Rename(r.file.Name(), r.file.Name()+damagedSuffix))
}

// leastBudget bounds how many bytes are summed up to find a record, which takes some
// seconds: of bytes that look like many lengths, each has to be tried.
const leastBudget = 16 << 30

// A scan looks for records where no other says that one begins.
type scan struct {
	r       *Reader
	size    int64 // of the spool
	budget  int64 // bytes that may still be summed up
	payload []byte
}

// next finds the first whole record behind an offset, 0 if there is none. If that
// takes too long, it is the end of the spool: all up to there is lost.
func (s *scan) next(after int64) (int64, error) {
	// If only its payload is damaged, a record says where the next one begins. What
	// looks like records inside of it is what the program recorded.
	var head [recordHead]byte
	if _, err := s.r.file.ReadAt(head[:], after); err == nil {
		end := after + aligned(recordHead+int64(binary.LittleEndian.Uint32(head[:])), s.r.alignment)
		if is, err := s.isRecord(end, nil); is || err != nil {
			return end, err
		}
	} else if !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read spool: %w", err)
	}
	chunk := make([]byte, mostAhead)
	for at := aligned(after+1, s.r.alignment); at+recordHead < s.size; {
		n, err := s.r.file.ReadAt(chunk, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("read spool: %w", err)
		}
		here := int64(0)
		for ; here+recordHead <= int64(n); here += s.r.alignment {
			is, err := s.isRecord(at+here, chunk[here:here+recordHead])
			if err != nil || is {
				return at + here, err
			}
			if s.budget < 0 {
				return s.size, nil
			}
		}
		if here == 0 {
			break
		}
		at += here
	}
	return 0, nil
}

// isRecord reports whether a whole record is at an offset, whose head may be known.
func (s *scan) isRecord(at int64, head []byte) (bool, error) {
	if head == nil {
		head = make([]byte, recordHead)
		if _, err := s.r.file.ReadAt(head, at); errors.Is(err, io.EOF) {
			return false, nil
		} else if err != nil {
			return false, fmt.Errorf("read spool: %w", err)
		}
	}
	length := int64(binary.LittleEndian.Uint32(head))
	whole := aligned(recordHead+length, s.r.alignment)
	if length == 0 || length > maxRecord || at+whole > s.size {
		return false, nil
	}
	if padding := whole - recordHead - length; padding > 0 {
		// Few that are none get as far as to be summed up.
		var zeros, last [alignment]byte
		if _, err := s.r.file.ReadAt(last[:padding], at+whole-padding); err != nil {
			return false, fmt.Errorf("read spool: %w", err)
		}
		if last != zeros {
			return false, nil
		}
	}
	s.budget -= length
	if int64(cap(s.payload)) < length {
		s.payload = make([]byte, length)
	}
	payload := s.payload[:length]
	if _, err := s.r.file.ReadAt(payload, at+recordHead); err != nil {
		return false, fmt.Errorf("read spool: %w", err)
	}
	return crc32.Checksum(payload, castagnoli) == binary.LittleEndian.Uint32(head[4:]), nil
}
