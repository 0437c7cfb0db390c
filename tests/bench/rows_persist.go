package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"labbook/cache/persist"
)

// budgetedMB is the size of dumps that the budgets are for.
const budgetedMB = 800

func persistRows(set settings) []row {
	scaled := func(d time.Duration) time.Duration { return d * time.Duration(set.dump) / budgetedMB }
	of := fmt.Sprintf(" of %d MB", set.dump)
	return []row{
		{
			name: "dump" + of, joblib: "dump",
			budget: scaled(190 * time.Millisecond), best: scaled(169 * time.Millisecond),
			limit: "create, write, close and rename",
			open:  dumping,
		},
		{
			name: "load" + of, joblib: "load",
			budget: scaled(210 * time.Millisecond), best: scaled(191 * time.Millisecond),
			limit: "read into new memory",
			open:  loading,
		},
		{
			name: "map" + of, joblib: "map",
			budget: 20 * time.Microsecond, best: 5 * time.Microsecond,
			limit: "open, stat, map, close and unmap",
			open:  mapping,
		},
		{
			name: "compressed dump of 100 MB of integers", joblib: "dump-compressed",
			budget: 100 * time.Millisecond, best: 53 * time.Millisecond,
			limit: "shuffle of bytes and zstd, on all cores",
			open:  compressing,
		},
	}
}

func ramp(mb int) []float64 {
	x := make([]float64, mb*125_000)
	for i := range x {
		x[i] = float64(i)
	}
	return x
}

func dumping(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	x, path := ramp(l.dump), filepath.Join(dir, "x")
	return &contest{
		ours:  each(func(int) error { return persist.Dump(path, x) }),
		limit: each(bareReplace(dir, memoryOf(x))),
	}, nil
}

func loading(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "x")
	if err := persist.Dump(path, ramp(l.dump)); err != nil {
		return nil, err
	}
	return &contest{
		ours: each(func(int) error {
			x, err := persist.Load[[]float64](path)
			runtime.KeepAlive(x)
			return err
		}),
		limit: each(bareLoad(path)),
	}, nil
}

func mapping(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "x")
	if err := persist.Dump(path, ramp(l.dump)); err != nil {
		return nil, err
	}
	return &contest{
		ours: each(func(int) error {
			m, err := persist.Open[[]float64](path, persist.ReadOnly)
			if err != nil {
				return err
			}
			return errors.Join(m.Warning, m.Close())
		}),
		limit: each(bareMap(path)),
	}, nil
}

// integers rise, and are noisy in their lower bits; joblib.py has the same.
func integers(n int) []int64 {
	x := make([]int64, n)
	for i := range x {
		x[i] = int64(i) + int64(i)*2654435761%1000
	}
	return x
}

func compressing(l *lab) (*contest, error) {
	dir, err := l.fresh()
	if err != nil {
		return nil, err
	}
	x, path := integers(l.array(12_500_000)), filepath.Join(dir, "x.zst")
	return &contest{
		ours:  each(func(int) error { return persist.Dump(path, x) }),
		limit: each(func(int) error { return bareCompress(memoryOf(x)) }),
		size: func() (int64, error) {
			info, err := os.Stat(path)
			if err != nil {
				return 0, err
			}
			return info.Size(), nil
		},
	}, nil
}

// compressChunk is what is compressed at a time.
const compressChunk = 512 << 10

// bareCompress orders the bytes of 64-bit numbers by their place in a number,
// and compresses them on all cores.
func bareCompress(content []byte) error {
	chunks := make(chan []byte)
	var group sync.WaitGroup
	failures := make(chan error, runtime.GOMAXPROCS(0))
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
			if err != nil {
				failures <- err
			}
			shuffled, out := make([]byte, compressChunk), []byte(nil)
			for chunk := range chunks {
				if err == nil {
					shuffle(shuffled[:len(chunk)], chunk)
					out = encoder.EncodeAll(shuffled[:len(chunk)], out[:0])
				}
			}
		})
	}
	for chunk := range slices.Chunk(content, compressChunk) {
		chunks <- chunk
	}
	close(chunks)
	group.Wait()
	close(failures)
	return <-failures
}

func shuffle(to, from []byte) {
	n := len(from) / 8
	for i := range n {
		v := binary.LittleEndian.Uint64(from[8*i:])
		for b := range 8 {
			to[b*n+i] = byte(v >> (8 * b))
		}
	}
}
