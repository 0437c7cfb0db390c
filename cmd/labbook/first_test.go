package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ limit, count int }{{1, 0}, {1, 5000}, {10, 3}, {10, 10}, {50, 20_000}, {5000, 20_000}} {
		f := first[int]{limit: test.limit, compare: func(x, y *int) int { return cmp.Compare(*y, *x) }}
		all := []int{}
		most := 0
		for range test.count {
			n := rand.N(1_000_000)
			all = append(all, n)
			f.add(n)
			most = max(most, len(f.items))
		}
		slices.SortFunc(all, func(x, y int) int { return cmp.Compare(y, x) })
		if diff := gocmp.Diff(all[:min(len(all), test.limit)], f.sorted()); diff != "" {
			t.Errorf("the first %d of %d (-want +got):\n%s", test.limit, test.count, diff)
		}
		if most > 2*test.limit+1024 {
			t.Errorf("it kept %d for %d", most, test.limit)
		}
	}
}
