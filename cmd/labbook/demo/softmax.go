package demo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Training says how a softmax regression learns.
type Training struct {
	C      float64 // trust in the data: the smaller, the more large weights cost
	Rate   float64 // length of a step
	Epochs int     // passes over the data
	Batch  int     // rows a step
	Seed   uint64  // of the order in which rows are seen
}

// Model is a softmax regression: a weight for each class and column, and a
// bias for each class.
type Model struct {
	Weights Matrix
	Bias    []float64
}

// momentum is how much of its last step a step repeats.
const momentum = 0.9

// trainSoftmax learns a model by mini-batch gradient descent. The same
// arguments give the same model, to the bit. It stops between two passes over
// the data if ctx is over.
func trainSoftmax(ctx context.Context, x Matrix, labels []int, t Training) (Model, error) {
	if err := t.check(); err != nil {
		return Model{}, fmt.Errorf("train softmax: %w", err)
	}
	if err := checkLabels(x, labels); err != nil {
		return Model{}, fmt.Errorf("train softmax: %w", err)
	}
	model := Model{Weights: newMatrix(classes, x.Cols), Bias: make([]float64, classes)}
	step := Model{Weights: newMatrix(classes, x.Cols), Bias: make([]float64, classes)}
	slope := Model{Weights: newMatrix(classes, x.Cols), Bias: make([]float64, classes)}
	random := rand.New(rand.NewPCG(t.Seed, 1))
	order := make([]int, x.Rows)
	for i := range order {
		order[i] = i
	}
	decay := 1 / (t.C * float64(x.Rows))
	for epoch := range t.Epochs {
		if err := context.Cause(ctx); err != nil {
			return Model{}, fmt.Errorf("train softmax: stopped after %d of %d epochs: %w", epoch, t.Epochs, err)
		}
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		// Steps shorten, or the last few batches would decide the weights.
		rate := t.Rate / (1 + 4*float64(epoch)/float64(t.Epochs))
		for from := 0; from < len(order); from += t.Batch {
			rows := order[from:min(from+t.Batch, len(order))]
			model.gradient(slope, x, labels, rows, decay)
			descend(model.Weights.Data, step.Weights.Data, slope.Weights.Data, rate)
			descend(model.Bias, step.Bias, slope.Bias, rate)
		}
	}
	for _, weight := range model.Weights.Data {
		if math.IsNaN(weight) || math.IsInf(weight, 0) {
			return Model{}, fmt.Errorf("train softmax: the weights ran away with rate %g; try a smaller one", t.Rate)
		}
	}
	return model, nil
}

func (t Training) check() error {
	switch {
	case !(t.C > 0) || math.IsInf(t.C, 0): // Not C <= 0, which NaN would pass.
		return fmt.Errorf("want c above 0, not %g", t.C)
	case !(t.Rate > 0) || math.IsInf(t.Rate, 0):
		return fmt.Errorf("want a rate above 0, not %g", t.Rate)
	case t.Epochs < 1:
		return fmt.Errorf("want 1 epoch or more, not %d", t.Epochs)
	case t.Batch < 1:
		return fmt.Errorf("want 1 row a batch or more, not %d", t.Batch)
	}
	return nil
}

func checkLabels(x Matrix, labels []int) error {
	if x.Rows == 0 {
		return errors.New("no rows to learn from")
	}
	if len(labels) != x.Rows {
		return fmt.Errorf("%d labels for %d rows", len(labels), x.Rows)
	}
	for i, label := range labels {
		if label < 0 || label >= classes {
			return fmt.Errorf("label %d of row %d is no digit", label, i)
		}
	}
	return nil
}

// descend moves weights one step down the slope.
func descend(weights, step, slope []float64, rate float64) {
	for i, s := range slope {
		step[i] = momentum*step[i] - rate*s
		weights[i] += step[i]
	}
}

// gradient writes to slope how the loss over the named rows grows with each
// weight, and returns that loss: the mean surprise at the labels, and decay
// times half the squared weights.
func (m Model) gradient(slope Model, x Matrix, labels, rows []int, decay float64) float64 {
	loss := 0.0
	for i, weight := range m.Weights.Data {
		slope.Weights.Data[i] = decay * weight
		loss += decay * weight * weight / 2
	}
	clear(slope.Bias)
	share := 1 / float64(len(rows))
	chances := make([]float64, classes)
	for _, row := range rows {
		features := x.Row(row)
		m.chances(features, chances)
		loss -= share * math.Log(chances[labels[row]])
		chances[labels[row]]--
		for class, off := range chances {
			slope.Bias[class] += share * off
			weights := slope.Weights.Row(class)
			for j, v := range features {
				weights[j] += share * off * v
			}
		}
	}
	return loss
}

// chances fills in how likely each class is.
func (m Model) chances(features, chances []float64) {
	highest := math.Inf(-1)
	for class := range chances {
		sum := m.Bias[class]
		for j, weight := range m.Weights.Row(class) {
			sum += weight * features[j]
		}
		chances[class] = sum
		highest = max(highest, sum)
	}
	// Taking the highest off first keeps Exp from overflowing.
	total := 0.0
	for class, sum := range chances {
		chances[class] = math.Exp(sum - highest)
		total += chances[class]
	}
	for class := range chances {
		chances[class] /= total
	}
}

// Classify says for each row which class is the likeliest; the lower of two
// that are equally likely.
func (m Model) Classify(x Matrix) []int {
	guesses := make([]int, x.Rows)
	chances := make([]float64, classes)
	for i := range x.Rows {
		m.chances(x.Row(i), chances)
		for class, chance := range chances {
			if chance > chances[guesses[i]] {
				guesses[i] = class
			}
		}
	}
	return guesses
}
