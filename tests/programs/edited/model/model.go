// Package model is what the cached function of the edited program calls.
package model

// Train is called by the cached function.
func Train(total float64, weights []float64) float64 {
	for _, w := range weights {
		total = step(total, w)
	}
	return total
}

// step is one call further down.
func step(total, weight float64) float64 {
	return total + weight*rate()
}

// rate is the third call, and all that knows the constant.
func rate() float64 {
	return 2 * learningRate
}

const learningRate = 0.25
