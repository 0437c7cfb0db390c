package demo

import (
	"fmt"
	"slices"
)

// classifyNearest says for each held-out row which label most of its k nearest
// training rows have. Among labels with as many, the nearest row decides.
func classifyNearest(train Matrix, labels []int, held Matrix, k int) ([]int, error) {
	switch {
	case len(labels) != train.Rows:
		return nil, fmt.Errorf("classify by neighbours: %d labels for %d training rows", len(labels), train.Rows)
	case held.Cols != train.Cols:
		return nil, fmt.Errorf("classify by neighbours: held-out rows have %d columns, training rows %d", held.Cols, train.Cols)
	case k < 1 || k > train.Rows:
		return nil, fmt.Errorf("classify by neighbours: want k from 1 to the %d training rows, not %d", train.Rows, k)
	}
	guesses := make([]int, held.Rows)
	near := make([]neighbour, 0, k)
	for i := range held.Rows {
		near = nearestRows(near[:0], train, held.Row(i), k)
		guesses[i] = majority(near, labels)
	}
	return guesses, nil
}

// A neighbour is a training row at a squared distance.
type neighbour struct {
	row      int
	distance float64
}

// nearestRows appends the k nearest rows to near, the nearest first; of rows
// at the same distance the earlier one counts as nearer. k is small, so that
// keeping a sorted list beats any tree.
func nearestRows(near []neighbour, train Matrix, point []float64, k int) []neighbour {
	for row := range train.Rows {
		distance := squaredDistance(train.Row(row), point)
		if len(near) == k && distance >= near[k-1].distance {
			continue
		}
		if len(near) == k {
			near = near[:k-1]
		}
		at, _ := slices.BinarySearchFunc(near, distance, func(n neighbour, distance float64) int {
			if n.distance <= distance {
				return -1
			}
			return 1
		})
		near = slices.Insert(near, at, neighbour{row: row, distance: distance})
	}
	return near
}

func squaredDistance(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		d := v - b[i]
		sum += d * d
	}
	return sum
}

// majority counts the neighbours' labels.
func majority(near []neighbour, labels []int) int {
	votes := make(map[int]int, len(near))
	for _, n := range near {
		votes[labels[n.row]]++
	}
	most := 0
	for _, count := range votes {
		most = max(most, count)
	}
	for _, n := range near {
		if votes[labels[n.row]] == most {
			return labels[n.row]
		}
	}
	return 0
}
