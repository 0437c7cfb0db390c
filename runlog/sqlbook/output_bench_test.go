package sqlbook

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// logLines is text as programs log it, about so many bytes.
func logLines(size int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("epoch loss accuracy validation train step learning rate error warning connection refused timeout loading model checkpoint saved gradient norm batch worker finished started retry")
	word := func() string { return words[r.IntN(len(words))] }
	var b []byte
	for len(b) < size {
		b = fmt.Appendf(b, "2026-11-25 15:%02d:%02d.%06d %s %s %d %s=%.6f id=%08x\n",
			r.IntN(60), r.IntN(60), r.IntN(1e6), word(), word(), r.IntN(10000), word(), r.Float64(), r.Uint32())
	}
	return b
}

// BenchmarkOutput takes in what a run prints: a little, all of which is kept, and
// far more than is kept.
func BenchmarkOutput(b *testing.B) {
	text := logLines(8 << 20)
	for _, bench := range []struct {
		name  string
		chunk int
		total int64
	}{{"lines", 80, 4 << 20}, {"kept", 64 << 10, 32 << 20}, {"flood", 64 << 10, 1 << 30}} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(bench.total)
			for b.Loop() {
				book := create(b)
				offset := int64(0)
				for batch := []event.Event(nil); offset < bench.total; batch = batch[:0] {
					for size := 0; size < 64<<20 && len(batch) < 8000 && offset < bench.total; size += bench.chunk {
						at := int(offset) % (len(text) - bench.chunk)
						batch = append(batch, &event.Output{Stream: record.Stdout, Offset: offset, At: start, Bytes: text[at : at+bench.chunk]})
						offset += int64(bench.chunk)
					}
					apply(b, book, runUUID, batch...)
				}
				if err := book.Close(); err != nil {
					b.Fatal(err)
				}
				if info, err := os.Stat(book.Path()); err != nil {
					b.Fatal(err)
				} else {
					b.ReportMetric(float64(info.Size())/float64(min(bench.total, DefaultOutputLimit)), "file/kept")
				}
			}
		})
	}
}
