package persist

import (
	"io"
	"slices"
)

const (
	// firstPeek is what is read of a mapped file at first: as a rule, all that
	// comes before the array.
	firstPeek = 4 << 10
	// nextPeek is what is read behind an array: its end, and what follows.
	nextPeek = 512
)

// A mappedSource reads what is not to stay in a mapping, from its file: the first
// touch of mapped memory costs as much as ten short reads.
type mappedSource struct {
	file    io.ReaderAt
	mapping []byte // what the file holds
	at      int
	window  int
	buffer  []byte
}

func newMappedInput(file io.ReaderAt, mapping []byte) input {
	s := &mappedSource{file: file, mapping: mapping, window: firstPeek}
	return input{source: s, mapped: s, size: len(mapping)}
}

func (s *mappedSource) next() ([]byte, error) {
	n := min(s.window, len(s.mapping)-s.at)
	if n == 0 {
		return nil, io.EOF
	}
	if cap(s.buffer) < margin+n {
		freeBlock(s.buffer)
		s.buffer = newBlock(margin + n)
	}
	piece := s.buffer[:margin+n]
	if _, err := s.file.ReadAt(piece[margin:], int64(s.at)); err != nil {
		return nil, err
	}
	s.at += n
	s.window = min(2*s.window, windowSize)
	return piece, nil
}

func (s *mappedSource) close() {
	freeBlock(s.buffer)
	s.buffer = nil
}

// takeMapped takes the next n bytes where they are mapped.
func (d *decoder) takeMapped(n uint64) ([]byte, error) {
	s := d.mapped
	if n > uint64(len(s.mapping)-d.pos) {
		return nil, d.cutShort()
	}
	content := s.mapping[d.pos : d.pos+int(n)]
	d.pos += int(n)
	if d.pos > d.base+len(d.data) {
		d.data, d.base = nil, d.pos
		s.at, s.window = d.pos, nextPeek
	}
	return content, nil
}

// takeMappedString takes the content of a byte string where it is mapped, unless
// it has to be put together from chunks.
func (d *decoder) takeMappedString(h head) ([]byte, error) {
	if !h.indefinite {
		return d.takeMapped(h.n)
	}
	var content []byte
	for pieces := 0; ; pieces++ {
		n, more, err := d.chunk(h.major)
		if err != nil || !more {
			return content, err
		}
		piece, err := d.takeMapped(n)
		switch {
		case err != nil:
			return nil, err
		case pieces == 0:
			content = slices.Clip(piece)
		default:
			if pieces == 1 {
				d.copied++
			}
			content = append(content, piece...)
		}
	}
}
