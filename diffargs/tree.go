package diffargs

import (
	"encoding/binary"
	"runtime"
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

// treeRoot returns the digest that stands for a sequence of total bytes.
func treeRoot(total uint64, leaves []Digest) Digest {
	message := make([]byte, 0, 9+len(leaves)*len(Digest{}))
	message = append(message, tagTree)
	message = binary.LittleEndian.AppendUint64(message, total)
	for i := range leaves {
		message = append(message, leaves[i][:]...)
	}
	return hash(message)
}

// appendLeaves hashes data chunk by chunk and appends the leaves to leaves. The
// number of cores that take part does not show in the result.
func appendLeaves(leaves []Digest, data []byte, layout layout) []Digest {
	count := (len(data) + chunkSize - 1) / chunkSize
	first := len(leaves)
	leaves = append(leaves, make([]Digest, count)...)
	results := leaves[first:]

	var next atomic.Int64
	work := func() {
		var scratch []byte
		for {
			i := int(next.Add(1)) - 1
			if i >= count {
				return
			}
			chunk := data[i*chunkSize : min((i+1)*chunkSize, len(data))]
			if !layout.isCanonical(chunk) {
				scratch = layout.appendCanonical(scratch[:0], chunk)
				chunk = scratch
			}
			results[i] = leaf(chunk)
		}
	}
	if len(data) < parallelBytes {
		work()
		return leaves
	}
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), count) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
	return leaves
}
