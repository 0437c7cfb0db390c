package persist_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"unsafe"

	"labbook/cache/mapfile"
	"labbook/cache/persist"
)

// arrayMB is how large the arrays of benchmarks are: LABBOOK_BENCH_MB=800 is
// what the budgets speak of.
func arrayMB(b *testing.B) int {
	b.Helper()
	text := os.Getenv("LABBOOK_BENCH_MB")
	if text == "" {
		return 80
	}
	mb, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return mb
}

func memoryOf(v []float64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 8*len(v))
}

var touched byte // so that no read is left out

// BenchmarkArray compares with what the system takes to write and to read the
// same bytes.
func BenchmarkArray(b *testing.B) {
	mb := arrayMB(b)
	path := filepath.Join(b.TempDir(), "v")
	v := make([]float64, mb*1e6/8)
	for i := range v {
		v[i] = float64(i)
	}
	size := int64(8 * len(v))
	run := func(name string, do func() error) {
		b.Run(fmt.Sprintf("%s/%dMB", name, mb), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	bare := path + ".bare"
	if err := errors.Join(persist.Dump(path, v), os.WriteFile(bare, memoryOf(v), 0o600)); err != nil {
		b.Fatal(err)
	}
	run("write", func() error {
		f, err := os.CreateTemp(filepath.Dir(bare), "bare")
		if err != nil {
			return err
		}
		if _, err := f.Write(memoryOf(v)); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		return os.Rename(f.Name(), bare)
	})
	run("dump", func() error { return persist.Dump(path, v) })
	run("read", func() error {
		_, err := os.ReadFile(bare)
		return err
	})
	run("load", func() error {
		_, err := persist.Load[[]float64](path)
		return err
	})
	run("baremap", func() error {
		m, err := mapfile.Open(bare, mapfile.ReadOnly)
		if err != nil {
			return err
		}
		return m.Unmap()
	})
	run("baremaptouched", func() error {
		m, err := mapfile.Open(bare, mapfile.ReadOnly)
		if err != nil {
			return err
		}
		touched += m.Bytes()[0] + m.Bytes()[size-1]
		return m.Unmap()
	})
	for _, mode := range []persist.Mode{persist.ReadOnly, persist.CopyOnWrite, persist.ReadWrite} {
		run(fmt.Sprintf("map%d", mode), func() error {
			m, err := persist.Open[[]float64](path, mode)
			if err != nil {
				return err
			}
			return m.Close()
		})
	}
}

// integers are 100 MB of them, of kinds that compress more or less.
var integers = []struct {
	name string
	at   func(i int, random *rand.Rand) int64
}{
	{"sequence", func(i int, _ *rand.Rand) int64 { return int64(i) }},
	{"below1000", func(_ int, random *rand.Rand) int64 { return random.Int64N(1000) }},
	{"steps", func(i int, random *rand.Rand) int64 { return int64(i)*37 + random.Int64N(100) }},
}

func BenchmarkCompressed(b *testing.B) {
	for _, kind := range integers {
		random := rand.New(rand.NewPCG(1, 2))
		v := make([]int64, 100e6/8)
		for i := range v {
			v[i] = kind.at(i, random)
		}
		for _, way := range []struct {
			codec persist.Codec
			level int
		}{{persist.Zstd, 1}, {persist.Zstd, 3}, {persist.Gzip, 1}, {persist.Gzip, 3}, {persist.LZ4, 1}} {
			opts := []persist.Option{persist.Compress(way.codec), persist.Level(way.level)}
			var out bytes.Buffer
			b.Run(fmt.Sprintf("dump/%s/%v-%d", kind.name, way.codec, way.level), func(b *testing.B) {
				b.SetBytes(100e6)
				b.ReportAllocs()
				for b.Loop() {
					out.Reset()
					if err := persist.Encode(&out, v, opts...); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(out.Len())/1e6, "MB")
			})
			b.Run(fmt.Sprintf("load/%s/%v-%d", kind.name, way.codec, way.level), func(b *testing.B) {
				b.SetBytes(100e6)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := persist.Decode[[]int64](bytes.NewReader(out.Bytes())); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run("dump/"+kind.name+"/zlib-3-unshuffled", func(b *testing.B) {
			b.SetBytes(100e6)
			memory := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 8*len(v))
			var size int64
			for b.Loop() {
				counted := &counter{}
				w, err := zlib.NewWriterLevel(counted, 3)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := w.Write(memory); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				size = counted.n
			}
			b.ReportMetric(float64(size)/1e6, "MB")
		})
	}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)
