package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestClassifyNearest(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		reason string
		train  []float64
		labels []int
		k      int
		want   int // for a row at 0
	}{
		{"the nearest decides alone", []float64{3, -1, 2}, []int{7, 8, 9}, 1, 8},
		{"two outvote a nearer one", []float64{1, 2, -2, 9}, []int{7, 8, 8, 7}, 3, 8},
		{"of as many votes the nearest decides", []float64{3, 2, -1, 4}, []int{7, 7, 8, 8}, 4, 8},
		{"of rows as near the earlier is nearer", []float64{1, -1}, []int{7, 8}, 1, 7},
		{"all rows may vote", []float64{1, 2, 3}, []int{7, 8, 8}, 3, 8},
	} {
		train := Matrix{Rows: len(row.train), Cols: 1, Data: row.train}
		got, err := classifyNearest(train, row.labels, newMatrix(1, 1), row.k)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff([]int{row.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
}

func TestNearestRowsAgreeWithSorting(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		train := newMatrix(1+random.IntN(40), 1+random.IntN(3))
		for i := range train.Data {
			train.Data[i] = float64(random.IntN(4)) // Few values, so that many distances are equal.
		}
		point := make([]float64, train.Cols)
		k := 1 + random.IntN(train.Rows)
		var want []neighbour
		for row := range train.Rows {
			want = append(want, neighbour{row: row, distance: squaredDistance(train.Row(row), point)})
		}
		slices.SortStableFunc(want, func(a, b neighbour) int { return cmp.Compare(a.distance, b.distance) })
		got := nearestRows(nil, train, point, k)
		if diff := gocmp.Diff(want[:k], got, gocmp.AllowUnexported(neighbour{})); diff != "" {
			t.Fatalf("%d nearest of %v (-sorted +got):\n%s", k, train.Data, diff)
		}
	}
}

func TestClassifyNearestRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		reason      string
		train, held Matrix
		labels      []int
		k           int
		want        string
	}{
		{"a row without label cannot vote", newMatrix(2, 1), newMatrix(1, 1), []int{1}, 1, "1 labels for 2 training rows"},
		{"rows of other length have no distance", newMatrix(1, 2), newMatrix(1, 3), []int{1}, 1, "3 columns, training rows 2"},
		{"nobody votes", newMatrix(1, 1), newMatrix(1, 1), []int{1}, 0, "not 0"},
		{"there are not as many rows", newMatrix(1, 1), newMatrix(1, 1), []int{1}, 1 << 30, "1 training rows, not 1073741824"},
	} {
		if _, err := classifyNearest(row.train, row.labels, row.held, row.k); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got error %v, want one with %q", row.reason, err, row.want)
		}
	}
}
