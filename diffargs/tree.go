package diffargs

import (
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zeebo/blake3"
)

// chunkSize is how much of a long sequence one leaf of its tree covers. It is
// part of the grammar, and a multiple of the size of every number, so that no
// number is cut by it.
const chunkSize = 64 << 10

// parallelBytes is the size from which hashing on several cores is worth the
// cost of starting goroutines.
const parallelBytes = 4 * chunkSize

func leaf(chunk []byte) Digest { return blake3.Sum256(chunk) }

// appendTree appends the message whose hash stands for a sequence of total
// bytes.
func appendTree(b []byte, total uint64, leaves []Digest) []byte {
	b = append(b, tagTree)
	b = binary.LittleEndian.AppendUint64(b, total)
	for i := range leaves {
		b = append(b, leaves[i][:]...)
	}
	return b
}

// endTree writes the digest that stands for a sequence of total bytes, whose
// leaves are those from first on, and forgets them.
func (e *encoder) endTree(total uint64, first int) {
	start := len(e.buf)
	e.buf = appendTree(e.buf, total, e.leaves[first:])
	root := hash(e.buf[start:])
	e.buf = append(e.buf[:start], root[:]...)
	e.leaves = e.leaves[:first]
}

// appendLeaves hashes data chunk by chunk and appends the leaves to leaves. The
// number of cores that take part does not show in the result.
func appendLeaves(leaves []Digest, data []byte, layout layout) []Digest {
	count := (len(data) + chunkSize - 1) / chunkSize
	first := len(leaves)
	leaves = slices.Grow(leaves, count)[:first+count]
	if len(data) < parallelBytes || runtime.GOMAXPROCS(0) == 1 {
		var scratch []byte
		for i := range count {
			leaves[first+i], scratch = layout.leaf(data, i, scratch)
		}
		return leaves
	}
	hashInParallel(leaves[first:], data, layout)
	return leaves
}

func hashInParallel(leaves []Digest, data []byte, layout layout) {
	var next atomic.Int64
	work := func() {
		var scratch []byte
		for {
			i := int(next.Add(1)) - 1
			if i >= len(leaves) {
				return
			}
			leaves[i], scratch = layout.leaf(data, i, scratch)
		}
	}
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(leaves)) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}

// leaf hashes chunk i of data. If that has to be put together for it, scratch
// is used, and returned for the next one.
func (l layout) leaf(data []byte, i int, scratch []byte) (Digest, []byte) {
	chunk := data[i*chunkSize : min((i+1)*chunkSize, len(data))]
	if l.isCanonical(chunk) {
		return leaf(chunk), scratch
	}
	scratch = l.appendCanonical(scratch[:0], chunk)
	return leaf(scratch), scratch
}
