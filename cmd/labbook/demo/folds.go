package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Split tells the rows that a model learns from and the rows that are held
// back to try it on, both ascending.
type Split struct {
	Train, Held []int
}

// stratifiedFolds deals the rows into folds and returns the split that holds
// each of them back. Every row is held back exactly once, and every fold has
// its fair share of every label, give or take one row.
func stratifiedFolds(labels []int, folds int, seed uint64) ([]Split, error) {
	if folds < 2 {
		return nil, fmt.Errorf("split %d rows into folds: want 2 folds or more, not %d", len(labels), folds)
	}
	rowsOf := make(map[int][]int)
	for row, label := range labels {
		rowsOf[label] = append(rowsOf[label], row)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	foldOf := make([]int, len(labels))
	next := 0 // Dealing goes on where the last label stopped, so that folds differ by one row at most.
	for _, label := range sortedKeys(rowsOf) {
		rows := rowsOf[label]
		if len(rows) < folds {
			return nil, fmt.Errorf("split %d rows into %d folds: label %d has only %d rows; use fewer folds", len(labels), folds, label, len(rows))
		}
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for _, row := range rows {
			foldOf[row] = next
			next = (next + 1) % folds
		}
	}
	splits := make([]Split, folds)
	for row, held := range foldOf {
		for fold := range splits {
			if fold == held {
				splits[fold].Held = append(splits[fold].Held, row)
			} else {
				splits[fold].Train = append(splits[fold].Train, row)
			}
		}
	}
	return splits, nil
}

func sortedKeys(rowsOf map[int][]int) []int {
	keys := make([]int, 0, len(rowsOf))
	for key := range rowsOf {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// pick returns the labels of the named rows.
func pick(labels, rows []int) []int {
	picked := make([]int, len(rows))
	for i, row := range rows {
		picked[i] = labels[row]
	}
	return picked
}
