package demo

import "math"

// Scaler moves and stretches each column to mean 0 and deviation 1.
type Scaler struct {
	Mean, Deviation []float64
}

// fitScaler learns the scale of each column. A column that is the same in all
// rows is moved but not stretched.
func fitScaler(x Matrix) Scaler {
	s := Scaler{Mean: make([]float64, x.Cols), Deviation: make([]float64, x.Cols)}
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			s.Mean[j] += v
		}
	}
	for j := range s.Mean {
		s.Mean[j] /= float64(x.Rows)
	}
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			s.Deviation[j] += (v - s.Mean[j]) * (v - s.Mean[j])
		}
	}
	for j, squares := range s.Deviation {
		s.Deviation[j] = math.Sqrt(squares / float64(x.Rows))
		if s.Deviation[j] == 0 {
			s.Deviation[j] = 1
		}
	}
	return s
}

// Apply returns a scaled copy of x.
func (s Scaler) Apply(x Matrix) Matrix {
	scaled := newMatrix(x.Rows, x.Cols)
	for i := range x.Rows {
		to := scaled.Row(i)
		for j, v := range x.Row(i) {
			to[j] = (v - s.Mean[j]) / s.Deviation[j]
		}
	}
	return scaled
}
