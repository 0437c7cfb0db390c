package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
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
	Size     int64  // of the file; below zero for an entry that is gone
	Changed  int64  // when it was put, seen or removed; 0 if nobody said so
	Used     int64  // when it was last put or used
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

// decodeSnapshot reads what writeSnapshot wrote. extra is for how many records
// there is to be room besides.
func decodeSnapshot(b []byte, extra int) (s *State, cutoff int64, err error) {
	if len(b) < snapshotHeader+4 || !bytes.HasPrefix(b, snapshotMagic[:]) ||
		crc32.Checksum(b[:60], castagnoli) != binary.LittleEndian.Uint32(b[60:]) {
		return nil, 0, errSnapshot
	}
	cutoff = int64(binary.LittleEndian.Uint64(b[8:]))
	count, length := binary.LittleEndian.Uint64(b[16:]), uint64(binary.LittleEndian.Uint32(b[24:]))
	body := b[snapshotHeader:]
	if length > uint64(len(body)-4) || count != (uint64(len(body)-4)-length)/slotSize || (uint64(len(body)-4)-length)%slotSize != 0 {
		return nil, 0, errSnapshot
	}
	names, records := body[:length], body[length:len(body)-4]
	if crc32.Checksum(names, castagnoli) != binary.LittleEndian.Uint32(b[28:]) ||
		crc32.Checksum(records, castagnoli) != binary.LittleEndian.Uint32(body[len(body)-4:]) {
		return nil, 0, errSnapshot
	}
	s = &State{numbers: make(map[string]uint32)}
	for len(names) > 0 {
		if len(names) < 2 || len(names)-2 < int(binary.LittleEndian.Uint16(names)) {
			return nil, 0, fmt.Errorf("%w: its names are cut short", errSnapshot)
		}
		end := 2 + int(binary.LittleEndian.Uint16(names))
		if name := string(names[2:end]); s.number(name) != uint32(len(s.Folders)-1) {
			return nil, 0, fmt.Errorf("%w: it has a name twice", errSnapshot)
		}
		names = names[end:]
	}
	s.Records = make([]Record, count, int(count)+extra)
	for i := range s.Records {
		r, from := &s.Records[i], records[i*slotSize:][:slotSize]
		copy(r.Key[:], from)
		function := binary.LittleEndian.Uint64(from[32:])
		r.Function = uint32(function)
		r.Size = int64(binary.LittleEndian.Uint64(from[40:]))
		r.Changed = int64(binary.LittleEndian.Uint64(from[48:]))
		r.Used = int64(binary.LittleEndian.Uint64(from[56:]))
		if function >= uint64(len(s.Folders)) || r.Size < removedSize || r.Changed < 0 || r.Used < 0 || r.Used >= math.MaxInt64/2 ||
			i > 0 && compareRecords(&s.Records[i-1], r) >= 0 {
			return nil, 0, fmt.Errorf("%w: record %d makes no sense", errSnapshot, i)
		}
	}
	return s, cutoff, nil
}
