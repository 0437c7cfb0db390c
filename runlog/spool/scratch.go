package spool

import "sync"

// A scratch is where a record is put together.
type scratch struct{ record []byte }

// Records of calls take some hundred bytes; a scratch that has grown beyond what
// captured output takes is not kept.
const (
	scratchSize = 512
	mostScratch = 128 << 10
)

var scratches = sync.Pool{New: func() any { return &scratch{make([]byte, scratchSize)} }}

func takeScratch() *scratch { return scratches.Get().(*scratch) }

func (s *scratch) release() {
	if cap(s.record) <= mostScratch {
		scratches.Put(s)
	}
}
