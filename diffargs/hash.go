package diffargs

import (
	"crypto/sha256"

	"github.com/zeebo/blake3"
)

// Every hashed message begins with one of these, so that messages of different
// meaning can never be the same bytes.
const (
	tagType   = 't'
	tagValue  = 'v'
	tagTree   = 'm'
	tagPacked = 'p'
	tagEntry  = 'e'
	tagCycle  = 'c'
)

// flatLimit is where the two hash functions change places: SHA-256, which
// processors have in hardware, is faster up to it, BLAKE3 above.
const flatLimit = 4096

func hash(message []byte) Digest {
	if len(message) <= flatLimit {
		return sha256.Sum256(message)
	}
	return blake3.Sum256(message)
}
