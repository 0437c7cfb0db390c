package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfusionCounts(t *testing.T) {
	t.Parallel()
	var c Confusion
	c.Add([]int{3, 3, 3, 8, 9}, []int{3, 3, 5, 3, 9})
	c.Add([]int{8}, []int{3})
	var want Confusion
	want[3][3], want[3][5], want[8][3], want[9][9] = 2, 1, 2, 1
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if c.Total() != 6 || c.Mistakes() != 3 || c.Accuracy() != 0.5 {
		t.Errorf("got %d guesses, %d mistakes, accuracy %g; want 6, 3, 0.5", c.Total(), c.Mistakes(), c.Accuracy())
	}
	if truth, guess, count := c.Worst(); truth != 8 || guess != 3 || count != 2 {
		t.Errorf("the worst mistake is %d for %d (%d times), want 3 for 8 (2 times)", guess, truth, count)
	}
}

func TestWorstOfEqualMistakesIsTheFirst(t *testing.T) {
	t.Parallel()
	var c Confusion
	c.Add([]int{2, 1, 1, 9}, []int{2, 9, 7, 1})
	if truth, guess, count := c.Worst(); truth != 1 || guess != 7 || count != 1 {
		t.Errorf("the worst mistake is %d for %d (%d times), want 7 for 1 (1 times)", guess, truth, count)
	}
}

func TestConfusionOfNothing(t *testing.T) {
	t.Parallel()
	var c Confusion
	if _, _, count := c.Worst(); c.Total() != 0 || c.Accuracy() != 0 || count != 0 {
		t.Errorf("got %d guesses, accuracy %g, %d times the worst; want all 0", c.Total(), c.Accuracy(), count)
	}
}
