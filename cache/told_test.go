package cache

import (
	"encoding/binary"
	"sync"
	"testing"

	"labbook/diffargs"
)

func TestToldIsBounded(t *testing.T) {
	t.Parallel()
	const tellers, each = 4, mostTold * 4 / 5
	var set told
	var group sync.WaitGroup
	for teller := range tellers {
		group.Go(func() {
			for i := range each {
				var digest diffargs.Digest
				binary.LittleEndian.PutUint64(digest[:], uint64(teller*each+i))
				if !set.add(digest) {
					t.Errorf("%d of %d is known", i, teller)
				}
			}
		})
	}
	group.Wait()
	held := 0
	set.digests.Range(func(any, any) bool { held++; return true })
	// Those who add at the moment at which it is cleared may not be counted.
	if held > mostTold+tellers {
		t.Errorf("it remembers %d digests, want at most %d", held, mostTold)
	}
	var digest diffargs.Digest
	digest[31] = 1
	if !set.add(digest) || set.add(digest) {
		t.Error("what is added is new once")
	}
}
