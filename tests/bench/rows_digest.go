package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/zeebo/blake3"

	"labbook/diffargs"
)

// experiment is a struct of three fields.
type experiment struct {
	C    float64
	Seed int
	Name string
}

func digestRows(set settings) []row {
	return []row{
		{
			name: "digest of 100 MB []float64", joblib: "digest-floats",
			budget: 20 * time.Millisecond, best: 19 * time.Millisecond,
			limit: "BLAKE3 of the same memory, in one piece for each core",
			open: func(*lab) (*contest, error) {
				floats := make([]float64, set.array(12_500_000))
				for i := range floats {
					floats[i] = float64(i)
				}
				return digesting(floats, func() { hashOnAllCores(memoryOf(floats)) }), nil
			},
		},
		{
			name: `digest of (1, 2.5, "abc")`, joblib: "digest-tuple",
			budget: 300 * time.Nanosecond, best: 170 * time.Nanosecond,
			limit: "SHA-256 of 64 bytes",
			open: func(*lab) (*contest, error) {
				return digesting([]any{1, 2.5, "abc"}, hashShort), nil
			},
		},
		{
			name: "digest of a struct of three fields", joblib: "digest-struct",
			budget: 200 * time.Nanosecond, best: 170 * time.Nanosecond,
			limit: "SHA-256 of 64 bytes",
			open: func(*lab) (*contest, error) {
				return digesting(experiment{C: 1.5, Seed: 42, Name: "abc"}, hashShort), nil
			},
		},
		{
			name: "digest of []int of 10k", joblib: "digest-ints",
			budget: 35 * time.Microsecond, best: 26 * time.Microsecond,
			limit: "BLAKE3 of the same memory",
			open: func(*lab) (*contest, error) {
				ints := make([]int, 10_000)
				for i := range ints {
					ints[i] = i
				}
				return digesting(ints, func() { blake3.Sum256(memoryOf(ints)) }), nil
			},
		},
		{
			name: "digest of a map of 1,000 strings", joblib: "digest-map",
			budget: 120 * time.Microsecond, best: 85 * time.Microsecond,
			limit: "to collect, sort and hash its strings",
			open: func(*lab) (*contest, error) {
				words := map[string]string{}
				for i := range 1000 {
					words[fmt.Sprint("key", i)] = fmt.Sprint("value", i)
				}
				return digesting(words, func() { hashSorted(words) }), nil
			},
		},
	}
}

// digesting sets the digest of a value against another way to hash it.
func digesting[T any](value T, limit func()) *contest {
	var kept any = value // converted once, as the caller of a cached function has it
	return &contest{
		ours: each(func(int) error {
			_, err := diffargs.Of(kept)
			return err
		}),
		limit: each(func(int) error { limit(); return nil }),
	}
}

var short64 [64]byte

func hashShort() { sha256.Sum256(short64[:]) }

func memoryOf[T any](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(*new(T))))
}

func hashOnAllCores(b []byte) {
	cores := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for piece := range slices.Chunk(b, (len(b)+cores-1)/cores) {
		group.Go(func() { blake3.Sum256(piece) })
	}
	group.Wait()
}

func hashSorted(words map[string]string) {
	type pair struct{ key, value string }
	pairs := make([]pair, 0, len(words))
	for k, v := range words {
		pairs = append(pairs, pair{k, v})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	var content []byte
	for _, p := range pairs {
		content = append(binary.AppendUvarint(content, uint64(len(p.key))), p.key...)
		content = append(binary.AppendUvarint(content, uint64(len(p.value))), p.value...)
	}
	blake3.Sum256(content)
}
