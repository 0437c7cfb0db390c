package whymiss_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
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
