package demo

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFoldsPartitionTheRows(t *testing.T) {
	t.Parallel()
	labels := digits(t).Labels
	for _, folds := range []int{2, 5, 20} {
		splits, err := stratifiedFolds(labels, folds, 42)
		if err != nil {
			t.Fatal(err)
		}
		var all []int
		for row := range labels {
			all = append(all, row)
		}
		var held []int
		for i, split := range splits {
			held = append(held, split.Held...)
			together := slices.Sorted(slices.Values(slices.Concat(split.Train, split.Held)))
			if diff := cmp.Diff(all, together); diff != "" {
				t.Errorf("split %d of %d: train and held rows together (-want +got):\n%s", i, folds, diff)
			}
			if !slices.IsSorted(split.Train) || !slices.IsSorted(split.Held) {
				t.Errorf("split %d of %d: rows are out of order", i, folds)
			}
		}
		slices.Sort(held)
		if diff := cmp.Diff(all, held); diff != "" {
			t.Errorf("%d folds: all held rows (-want +got):\n%s", folds, diff)
		}
	}
}

func TestFoldsHaveTheirShareOfEveryLabel(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		kinds, folds := 1+random.IntN(5), 2+random.IntN(6)
		var labels []int
		for label := range kinds {
			for range folds + random.IntN(20) {
				labels = append(labels, label)
			}
		}
		random.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
		splits, err := stratifiedFolds(labels, folds, random.Uint64())
		if err != nil {
			t.Fatal(err)
		}
		for label := range kinds {
			var counts []int
			for _, split := range splits {
				count := 0
				for _, l := range pick(labels, split.Held) {
					if l == label {
						count++
					}
				}
				counts = append(counts, count)
			}
			if slices.Max(counts)-slices.Min(counts) > 1 {
				t.Fatalf("label %d is spread over %d folds as %v", label, folds, counts)
			}
		}
		var sizes []int
		for _, split := range splits {
			sizes = append(sizes, len(split.Held))
		}
		if slices.Max(sizes)-slices.Min(sizes) > 1 {
			t.Fatalf("folds have %v rows", sizes)
		}
	}
}

func TestFoldsFollowTheSeed(t *testing.T) {
	t.Parallel()
	labels := digits(t).Labels
	deal := func(seed uint64) []Split {
		splits, err := stratifiedFolds(labels, 5, seed)
		if err != nil {
			t.Fatal(err)
		}
		return splits
	}
	if diff := cmp.Diff(deal(42), deal(42)); diff != "" {
		t.Errorf("one seed dealt twice:\n%s", diff)
	}
	if cmp.Equal(deal(42), deal(43)) {
		t.Error("two seeds dealt the same folds")
	}
}

func TestFoldsRefuse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		reason string
		labels []int
		folds  int
		want   string
	}{
		{"one fold leaves nothing to learn from", []int{0, 0}, 1, "2 folds or more, not 1"},
		{"a negative number is no number of folds", []int{0, 0}, -5, "not -5"},
		{"a fold would lack the label", []int{7, 3, 7, 7}, 3, "label 3 has only 1 rows; use fewer folds"},
		{"no memory is spent on absurd numbers", []int{0, 0}, 1 << 30, "use fewer folds"},
	} {
		if _, err := stratifiedFolds(row.labels, row.folds, 1); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got error %v, want one with %q", row.reason, err, row.want)
		}
	}
}
