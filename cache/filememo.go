package cache

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"path/filepath"
	"sync"
	"sync/atomic"

	"labbook/diffargs"
)

// fileMemos are what this process knows of files that it has read.
var fileMemos memos

// memos are the memos of files, by where the file system has them: names come
// and go, and may be relative.
type memos struct {
	files sync.Map // fileID → *fileMemo
	count atomic.Int64
}

type fileID struct{ device, inode uint64 }

// maxMemos bounds the memory for memos, about 20 MB.
const maxMemos = 100_000

func (m *memos) of(s stamp) *fileMemo {
	id := fileID{s.device, s.inode}
	if known, ok := m.files.Load(id); ok {
		return known.(*fileMemo)
	}
	if m.count.Add(1) > maxMemos {
		m.count.Store(1)
		m.files.Clear()
	}
	known, _ := m.files.LoadOrStore(id, new(fileMemo))
	return known.(*fileMemo)
}

// A fileMemo is the digest of a file's content, which holds for one stamp.
type fileMemo struct {
	mu     sync.Mutex // guards what follows, and is held while the file is read
	stamp  stamp      // zero if nothing is known
	digest diffargs.Digest
	noted  noteKeeper // who has a note of it
}

// A noteKeeper keeps notes beside a cache's entries, as *store.Store does.
type noteKeeper interface {
	Note(key [32]byte) ([]byte, error)
	PutNote(key [32]byte, content []byte) error
}

// notedSize is from what size on a file gets a note: reading a smaller one
// takes no longer than reading the note.
const notedSize = 256 << 10

func (m *fileMemo) learn(c content) { m.stamp, m.digest, m.noted = c.stamp, c.digest, nil }

// recall reports whether the memo knows the content of a file with that stamp,
// if need be from a note.
func (m *fileMemo) recall(path string, s stamp, notes noteKeeper) bool {
	if m.stamp == s && s.changed != 0 {
		m.note(path, notes)
		return true
	}
	if notes == nil || s.size < notedSize {
		return false
	}
	raw, err := notes.Note(noteOf(path))
	if err != nil {
		return false // there is none; or it is of no use, and will be replaced
	}
	noted, digest, ok := decodeFileNote(raw)
	if !ok || noted != s {
		return false
	}
	m.stamp, m.digest, m.noted = noted, digest, notes
	return true
}

// note writes down what the memo knows, for other processes. Without the note
// they read the file themselves: no reason to bother anybody.
func (m *fileMemo) note(path string, notes noteKeeper) {
	if notes == nil || m.noted == notes || m.stamp.size < notedSize {
		return
	}
	m.noted = notes // also if that fails: not again at each call
	_ = notes.PutNote(noteOf(path), encodeFileNote(m.stamp, m.digest))
}

// noteOf returns the key of the note of a path.
func noteOf(path string) [32]byte {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return diffargs.Sum([]byte("labbook file\x00" + path))
}

// The note of a file, in little endian:
//
//	note     = "LBFILE" 0 version   8 bytes; the version is 1
//	           device inode         u64 each
//	           size                 u64
//	           modified changed     i64 each, nanoseconds since 1970 UTC
//	           digest               32 bytes, diffargs.SumReader of the content
//	           checksum             u32, CRC-32C of what precedes it
const (
	fileNoteMagic   = "LBFILE\x00"
	fileNoteVersion = 1
	fileNoteSize    = 8 + 5*8 + 32 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encodeFileNote(s stamp, digest diffargs.Digest) []byte {
	b := make([]byte, 0, fileNoteSize)
	b = append(append(b, fileNoteMagic...), fileNoteVersion)
	for _, n := range []uint64{s.device, s.inode, uint64(s.size), uint64(s.modified), uint64(s.changed)} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	b = append(b, digest[:]...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeFileNote(b []byte) (s stamp, digest diffargs.Digest, ok bool) {
	if len(b) != fileNoteSize || !bytes.HasPrefix(b, []byte(fileNoteMagic)) || b[len(fileNoteMagic)] != fileNoteVersion {
		return s, digest, false
	}
	content := b[:fileNoteSize-4]
	if crc32.Checksum(content, castagnoli) != binary.LittleEndian.Uint32(b[len(content):]) {
		return s, digest, false
	}
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8+8*i:]) }
	s = stamp{at(0), at(1), int64(at(2)), int64(at(3)), int64(at(4))}
	copy(digest[:], b[8+5*8:])
	return s, digest, true
}
