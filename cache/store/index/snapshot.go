package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"unsafe"
)

const snapshotHeader = 64

var (
	snapshotMagic = [8]byte{'L', 'B', 'I', 'N', 'D', 'E', 'X', 1}
	castagnoli    = crc32.MakeTable(crc32.Castagnoli)

	errSnapshot = errors.New("the snapshot is damaged or of another version")
)

// A Record is what is known of one entry.
type Record struct {
	Key      Key
	Function uint32 // in State.Folders
	reserved uint32
	Size     int64 // of the file; below zero for an entry that is gone
	Changed  int64 // when it was put, seen or removed; 0 if nobody said so
	Used     int64 // when it was last put or used
}

// writeSnapshot writes what is newer than cutoff, or there.
func writeSnapshot(w io.Writer, s *State, cutoff int64) error {
	names := make([]byte, 0, 1024)
	for _, folder := range s.Folders {
		names = binary.LittleEndian.AppendUint16(names, uint16(len(folder)))
		names = append(names, folder...)
	}
	var records uint64
	for i := range s.Records {
		if s.Records[i].keep(cutoff) {
			records++
		}
	}
	var head [snapshotHeader]byte
	copy(head[:], snapshotMagic[:])
	binary.LittleEndian.PutUint64(head[8:], uint64(cutoff))
	binary.LittleEndian.PutUint64(head[16:], records)
	binary.LittleEndian.PutUint32(head[24:], uint32(len(names)))
	binary.LittleEndian.PutUint32(head[28:], crc32.Checksum(names, castagnoli))
	binary.LittleEndian.PutUint32(head[60:], crc32.Checksum(head[:60], castagnoli))
	if _, err := w.Write(append(head[:], names...)); err != nil {
		return err
	}
	block, sum := make([]byte, 0, 64<<10), uint32(0)
	flush := func() error {
		sum = crc32.Update(sum, castagnoli, block)
		_, err := w.Write(block)
		block = block[:0]
		return err
	}
	for i := range s.Records {
		r := &s.Records[i]
		if !r.keep(cutoff) {
			continue
		}
		if len(block)+slotSize > cap(block) {
			if err := flush(); err != nil {
				return err
			}
		}
		block = append(block, r.Key[:]...)
		block = binary.LittleEndian.AppendUint64(block, uint64(r.Function))
		block = binary.LittleEndian.AppendUint64(block, uint64(r.Size))
		block = binary.LittleEndian.AppendUint64(block, uint64(r.Changed))
		block = binary.LittleEndian.AppendUint64(block, uint64(r.Used))
	}
	if err := flush(); err != nil {
		return err
	}
	_, err := w.Write(binary.LittleEndian.AppendUint32(nil, sum))
	return err
}

// keep reports whether a record belongs into the next snapshot: who is gone is
// remembered until no journal can say that it is there.
func (r *Record) keep(cutoff int64) bool { return r.Size >= 0 || r.Changed > cutoff }

// readSnapshot reads what writeSnapshot wrote. Once all but the records is known
// it asks for how many more there is to be room: to move many is slow. It takes
// no more memory than size, and what room says, justify.
func readSnapshot(file io.ReaderAt, size int64, room func(s *State, cutoff int64) int) (s *State, cutoff int64, err error) {
	var head [snapshotHeader]byte
	if size < snapshotHeader+4 {
		return nil, 0, errSnapshot
	}
	if _, err := file.ReadAt(head[:], 0); err != nil {
		return nil, 0, err
	}
	if !bytes.HasPrefix(head[:], snapshotMagic[:]) || crc32.Checksum(head[:60], castagnoli) != binary.LittleEndian.Uint32(head[60:]) {
		return nil, 0, errSnapshot
	}
	cutoff = int64(binary.LittleEndian.Uint64(head[8:]))
	count, length := binary.LittleEndian.Uint64(head[16:]), int64(binary.LittleEndian.Uint32(head[24:]))
	rest := size - snapshotHeader - length - 4
	if rest < 0 || rest%slotSize != 0 || count != uint64(rest/slotSize) || count > maxSlots {
		return nil, 0, errSnapshot
	}
	names := make([]byte, length)
	if _, err := file.ReadAt(names, snapshotHeader); err != nil {
		return nil, 0, err
	}
	if crc32.Checksum(names, castagnoli) != binary.LittleEndian.Uint32(head[28:]) {
		return nil, 0, errSnapshot
	}
	s = &State{numbers: make(map[string]uint32)}
	if err := s.readNames(names); err != nil {
		return nil, 0, err
	}
	s.Records = make([]Record, count, int(count)+room(s, cutoff))
	if err := s.readRecords(file, snapshotHeader+length); err != nil {
		return nil, 0, err
	}
	return s, cutoff, nil
}

func (s *State) readNames(names []byte) error {
	for len(names) > 0 {
		if len(names) < 2 || len(names)-2 < int(binary.LittleEndian.Uint16(names)) {
			return fmt.Errorf("%w: its names are cut short", errSnapshot)
		}
		end := 2 + int(binary.LittleEndian.Uint16(names))
		if name := string(names[2:end]); s.number(name) != uint32(len(s.Folders)-1) || len(name) > maxName {
			return fmt.Errorf("%w: it has a name twice", errSnapshot)
		}
		names = names[end:]
	}
	return nil
}

// readRecords reads records to where they belong: there are many.
func (s *State) readRecords(file io.ReaderAt, at int64) error {
	raw := recordBytes(s.Records)
	if len(raw) > 0 {
		if _, err := file.ReadAt(raw, at); err != nil {
			return err
		}
	}
	var sum [4]byte
	if n, err := file.ReadAt(sum[:], at+int64(len(raw))); n < len(sum) {
		return err
	}
	if crc32.Checksum(raw, castagnoli) != binary.LittleEndian.Uint32(sum[:]) {
		return errSnapshot
	}
	for i := range s.Records {
		r := &s.Records[i]
		r.fromLittleEndian()
		if r.reserved != 0 || int64(r.Function) >= int64(len(s.Folders)) || r.Size < removedSize || r.Changed < 0 || r.Used < 0 || r.Used >= tooLate ||
			i > 0 && compareRecords(&s.Records[i-1], r) >= 0 {
			return fmt.Errorf("%w: record %d makes no sense", errSnapshot, i)
		}
	}
	return nil
}

// recordBytes is the memory of records. They lie in it as in a file, but for
// the order of bytes.
func recordBytes(records []Record) []byte {
	if len(records) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&records[0])), len(records)*slotSize)
}

var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// fromLittleEndian turns what was read into numbers of this machine.
func (r *Record) fromLittleEndian() {
	if bigEndian {
		r.Function = bits.ReverseBytes32(r.Function)
		r.reserved = bits.ReverseBytes32(r.reserved)
		r.Size = int64(bits.ReverseBytes64(uint64(r.Size)))
		r.Changed = int64(bits.ReverseBytes64(uint64(r.Changed)))
		r.Used = int64(bits.ReverseBytes64(uint64(r.Used)))
	}
}
