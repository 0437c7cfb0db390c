package demo

// Matrix is a table of numbers, row after row in one slice. Its fields are
// exported so that it can be kept in a cache, and flat so that a difference
// between two of them has a short path: Data[1042].
type Matrix struct {
	Rows, Cols int
	Data       []float64
}

// newMatrix returns a matrix of zeros.
func newMatrix(rows, cols int) Matrix {
	return Matrix{Rows: rows, Cols: cols, Data: make([]float64, rows*cols)}
}

// Row returns row i, which shares the matrix's memory.
func (m Matrix) Row(i int) []float64 {
	return m.Data[i*m.Cols : (i+1)*m.Cols : (i+1)*m.Cols]
}

// Pick copies the named rows, in the order of their names.
func (m Matrix) Pick(rows []int) Matrix {
	picked := newMatrix(len(rows), m.Cols)
	for i, row := range rows {
		copy(picked.Row(i), m.Row(row))
	}
	return picked
}
