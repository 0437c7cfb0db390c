package whymiss_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

// BenchmarkExplainArrays explains a call whose array, of which the values are
// stored, is that of an earlier call but for one element, among many others.
func BenchmarkExplainArrays(b *testing.B) {
	for _, test := range []struct{ others, numbers int }{{300, 1_000}, {300, 10_000}, {60, 100_000}} {
		b.Run(fmt.Sprintf("%d of %d numbers", test.others, test.numbers), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 2))
			numbers := func() []float64 {
				xs := make([]float64, test.numbers)
				for i := range xs {
					xs[i] = random.NormFloat64()
				}
				return xs
			}
			h := newHistory(b)
			like := numbers()
			h.compute("1.1", arg("x", like))
			for i := range test.others {
				h.compute(fmt.Sprintf("1.%d", i+2), arg("x", numbers()))
			}
			like[test.numbers/3]++
			h.compute("2.1", arg("x", like))
			book := create(b)
			keep(b, book, h, 1)
			keep(b, book, h, 2)
			for b.Loop() {
				e, err := whymiss.Explain(b.Context(), book, record.CallID{Run: 2, Call: 1})
				if err != nil || e.Nearest == nil || e.Nearest.Call != h.id("1.1") {
					b.Fatal(e, err)
				}
			}
		})
	}
}

const (
	benchRuns = 20
	benchKeys = 10_000 // of each run
	benchHits = 40_000
)

// benchKey is the nth call of train: data and a seed, which is another one each
// time, a rate and a depth.
func benchKey(n int, rate any) *event.Key {
	k := &event.Key{Function: 1}
	message := []byte{}
	add := func(kind record.PartKind, name string, value any) {
		digest := diffargs.Sum(fmt.Append(nil, value))
		k.Parts = append(k.Parts, record.Part{Position: len(k.Parts), Kind: kind, Name: name, Digest: digest.String(), Preview: fmt.Sprint(value)})
		message = append(message, digest[:]...)
	}
	add(record.PartCode, "code", "source")
	add(record.PartToolchain, "go", "go1.26.0")
	add(record.PartArgument, "data", "[1797][64]float64")
	add(record.PartArgument, "rate", rate)
	add(record.PartArgument, "depth", n/20%10)
	add(record.PartArgument, "seed", n)
	digest := diffargs.Sum(message)
	k.Key = digest[:]
	return k
}

func benchRate(n int) any { return float64(n%20) / 10 }

// keepMillion takes in runs of a million calls in all.
func keepMillion(b *testing.B, book *sqlbook.Book) {
	b.Helper()
	for run := range benchRuns {
		id := fmt.Sprintf("01234567-89ab-4def-8123-%012d", run)
		events := []event.Event{
			&event.RunStart{Run: record.Run{Name: "million", Started: epoch}},
			&event.Function{Number: 1, Function: record.Function{Name: train, CodeKind: "source"}},
		}
		for i := range benchKeys {
			k := benchKey(run*benchKeys+i, benchRate(run*benchKeys+i))
			result := diffargs.Sum(binary.LittleEndian.AppendUint64(nil, uint64(i%3)))
			events = append(events, k, &event.CallEnd{
				Call: int64(i + 1), Scope: event.Scope{Task: -1}, Function: 1, Key: k.Key, Outcome: record.Miss, Started: epoch, Duration: 1000,
				ResultDigest: result[:], ResultBytes: 8,
			})
		}
		for i := range benchHits {
			k := events[2+2*(i%benchKeys)].(*event.Key)
			events = append(events, &event.CallEnd{
				Call: int64(benchKeys + i + 1), Scope: event.Scope{Task: -1}, Function: 1, Key: k.Key, Outcome: record.Hit, Started: epoch, Duration: 10,
			})
		}
		if err := book.Apply(b.Context(), id, id, events, 0, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExplainMillion explains calls in a lab-book of a million, of which one
// in five was computed.
func BenchmarkExplainMillion(b *testing.B) {
	book := create(b)
	keepMillion(b, book)
	for _, test := range []struct {
		reason string
		key    *event.Key
		want   record.ReasonKind
	}{
		{"another seed", benchKey(3_000_000, benchRate(3_000_000)), record.ArgumentChanged},
		{"another rate", benchKey(123_456, 0.33), record.ArgumentChanged},
		{"another rate and seed", benchKey(3_000_000, 0.33), record.ArgumentChanged},
		{"removed", benchKey(123_456, benchRate(123_456)), record.Evicted},
	} {
		b.Run(test.reason, func(b *testing.B) {
			for b.Loop() {
				call := record.CallDetail{
					Call:  record.Call{Function: train, Key: hex.EncodeToString(test.key.Key), Outcome: record.Miss, Task: -1, Started: epoch.AddDate(1, 0, 0)},
					Parts: test.key.Parts,
				}
				e, err := whymiss.ExplainCall(b.Context(), book, &call)
				if err != nil || e.Reason.Kind != test.want {
					b.Fatal(e.Reason, err)
				}
			}
		})
	}
}
