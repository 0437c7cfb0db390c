package codeid

import (
	"encoding/binary"
	"hash/crc32"
	"unsafe"

	"labbook/diffargs"
)

// What was found from source is noted for other processes, in two kinds of
// notes. The note of a function says what its identity is and what that was
// found from; the texts of declarations, and the packages they are in, are in
// notes of their own, since functions of a program share most of them.
//
// Numbers are uvarints unless they have a width; those are little endian.
//
//	note      = magic version body checksum
//	magic     = "LBCODE" 0 for a function, "LBTEXT" 0 for texts
//	version   = u8, 1
//	checksum  = u32, CRC-32C of what precedes it
//
//	function  = context              32 bytes: digest of all that is not in files
//	            file line            where the executable has the function; text, number
//	            found                the file that it was found in, "" for none; text
//	            code                 32 bytes
//	            file line            of the declaration; text, number
//	            modules              n, then path and version, texts
//	            trees                n, then folder and pattern, texts, and files
//	            files
//	            shelves              n, then owner, text, and id, 16 bytes; and
//	                                 packages: n, then the index of each
//	            sources              n, then shelf, index, and 1 + that of the source that
//	                                 reached it, 0 for none
//	texts     = id                   16 bytes, random
//	            packages             n, then path, text, whole, u8 0 or 1, stamp of the
//	                                 folder, zeroes for none, files and foreign files
//	            names of files       n texts
//	            declarations         n, then name, text, 1 + index of the file, 0 for none, line, text
//	files     = n, then name, text, and stamp
//	stamp     = device, inode, size, modified, changed, u64 each
//	text      = length, then the bytes
const (
	functionMagic = "LBCODE\x00"
	textsMagic    = "LBTEXT\x00"
	noteVersion   = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A noteWriter encodes a note.
type noteWriter struct{ b []byte }

func newNoteWriter(magic string) *noteWriter {
	return &noteWriter{b: append([]byte(magic), noteVersion)}
}

func (w *noteWriter) number(n int)     { w.b = binary.AppendUvarint(w.b, uint64(n)) }
func (w *noteWriter) text(text string) { w.b = appendText(w.b, text) }
func (w *noteWriter) fixed(b []byte)   { w.b = append(w.b, b...) }

func (w *noteWriter) files(files []listedFile) {
	w.number(len(files))
	for i := range files {
		w.text(files[i].name)
		w.stamp(files[i].state.stamp)
	}
}

func (w *noteWriter) stamp(s stamp) {
	for _, n := range [...]uint64{s.device, s.inode, uint64(s.size), uint64(s.modified), uint64(s.changed)} {
		w.b = binary.LittleEndian.AppendUint64(w.b, n)
	}
}

// finish adds the checksum.
func (w *noteWriter) finish() []byte {
	return binary.LittleEndian.AppendUint32(w.b, crc32.Checksum(w.b, castagnoli))
}

// A noteReader decodes a note. After something that does not fit, it yields
// zeroes.
type noteReader struct {
	rest   string
	failed bool
}

// newNoteReader checks the frame of a note. What is read from it shares the
// memory of raw, which must not be written to any more.
func newNoteReader(raw []byte, magic string) *noteReader {
	head := len(magic) + 1
	end := len(raw) - 4
	if end < head || string(raw[:head-1]) != magic || raw[head-1] != noteVersion ||
		crc32.Checksum(raw[:end], castagnoli) != binary.LittleEndian.Uint32(raw[end:]) {
		return &noteReader{failed: true}
	}
	return &noteReader{rest: unsafe.String(&raw[0], end)[head:]}
}

// done reports whether all was read and nothing did not fit.
func (r *noteReader) done() bool { return !r.failed && r.rest == "" }

func (r *noteReader) fail() { r.failed, r.rest = true, "" }

func (r *noteReader) take(n int) string {
	if n < 0 || n > len(r.rest) {
		r.fail()
		return ""
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *noteReader) number() int {
	var n uint64
	for i := 0; i < len(r.rest) && i < binary.MaxVarintLen32; i++ {
		c := r.rest[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.rest = r.rest[i+1:]
			return int(n & (1<<31 - 1))
		}
	}
	r.fail()
	return 0
}

// count is a number of things of which each takes at least that many bytes.
func (r *noteReader) count(least int) int {
	n := r.number()
	if n > len(r.rest)/least {
		r.fail()
		return 0
	}
	return n
}

func (r *noteReader) text() string { return r.take(r.number()) }

func (r *noteReader) digest() (d diffargs.Digest) {
	copy(d[:], r.take(len(d)))
	return d
}

func (r *noteReader) id() (id noteID) {
	copy(id[:], r.take(len(id)))
	return id
}

const stampSize = 5 * 8

func (r *noteReader) files() []listedFile {
	files := make([]listedFile, r.count(1+stampSize))
	for i := range files {
		files[i].name = r.text()
		files[i].state.stamp = r.stamp()
	}
	return files
}

func (r *noteReader) stamp() stamp {
	raw := r.take(stampSize)
	if r.failed {
		return stamp{}
	}
	at := func(n int) uint64 { return binary.LittleEndian.Uint64([]byte(raw[8*n : 8*n+8])) }
	return stamp{at(0), at(1), int64(at(2)), int64(at(3)), int64(at(4))}
}

// A noteID tells the notes of texts apart that take each other's place.
type noteID [16]byte
