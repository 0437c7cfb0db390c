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

// parallelChunks is the number of chunks from which work on several cores is
// worth the cost of starting goroutines.
const parallelChunks = 4

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
	return appendLeavesAnd(leaves, data, layout, nil)
}

// appendLeavesAnd also calls also, unless it is nil, with the number of each
// chunk, just after the chunk was hashed and while it is still close at hand.
// Several goroutines do so at once.
func appendLeavesAnd(leaves []Digest, data []byte, layout layout, also func(chunk int)) []Digest {
	first := len(leaves)
	count := (len(data) + chunkSize - 1) / chunkSize
	leaves = slices.Grow(leaves, count)[:first+count]
	if !isForAllCores(count) {
		for i := range count {
			leaves[first+i] = layout.leaf(data, i)
			if also != nil {
				also(i)
			}
		}
		return leaves
	}
	onAllCores(count, func(i int) {
		leaves[first+i] = layout.leaf(data, i)
		if also != nil {
			also(i)
		}
	})
	return leaves
}

// forEachChunk calls do for each chunk of a sequence, on all cores if there are
// enough chunks for that.
func forEachChunk(count int, do func(i int)) {
	if isForAllCores(count) {
		onAllCores(count, do)
		return
	}
	for i := range count {
		do(i)
	}
}

func isForAllCores(count int) bool { return count >= parallelChunks && runtime.GOMAXPROCS(0) > 1 }

func onAllCores(count int, do func(i int)) {
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
			do(i)
		}
	}
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), count) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}

// scratch is where chunks are put together that cannot be hashed as they are.
var scratch = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// leaf hashes chunk i of data.
func (l layout) leaf(data []byte, i int) Digest {
	chunk := data[i*chunkSize : min((i+1)*chunkSize, len(data))]
	if l.isCanonical(chunk) {
		return leaf(chunk)
	}
	room := scratch.Get().(*[chunkSize]byte)
	defer scratch.Put(room)
	return leaf(l.appendCanonical(room[:0], chunk))
}
