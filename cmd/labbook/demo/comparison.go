package demo

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// A candidate is one model with one setting, and how it did on every fold.
type candidate struct {
	model, setting string
	folds          []float64 // accuracy on each
	confusion      Confusion // over all
}

// add counts the guesses for one more fold.
func (c *candidate) add(truth, guesses []int) {
	var fold Confusion
	fold.Add(truth, guesses)
	c.folds = append(c.folds, fold.Accuracy())
	c.confusion.Add(truth, guesses)
}

// best returns the most accurate candidate; the first of equals.
func best(candidates []candidate) *candidate {
	top := &candidates[0]
	for i := range candidates {
		if candidates[i].confusion.Accuracy() > top.confusion.Accuracy() {
			top = &candidates[i]
		}
	}
	return top
}

// printComparison writes the candidates as a table, and the best one's most
// frequent mistake.
func printComparison(w io.Writer, candidates []candidate) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "model\tsetting\taccuracy\tmistakes\tworst fold")
	for _, c := range candidates {
		fmt.Fprintf(table, "%s\t%s\t%.4f\t%d\t%.4f\n", c.model, c.setting, c.confusion.Accuracy(), c.confusion.Mistakes(), slices.Min(c.folds))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the comparison: %w", err)
	}
	top := best(candidates)
	mistake := "without a mistake"
	if truth, guess, count := top.confusion.Worst(); count > 0 {
		times := "once"
		if count > 1 {
			times = fmt.Sprintf("%d times", count)
		}
		mistake = fmt.Sprintf("most often takes %d for %d (%s)", truth, guess, times)
	}
	if _, err := fmt.Fprintf(w, "best: %s with %s, %s\n", top.model, top.setting, mistake); err != nil {
		return fmt.Errorf("print the comparison: %w", err)
	}
	return nil
}
