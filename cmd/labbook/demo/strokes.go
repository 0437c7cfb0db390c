package demo

import "math"

const (
	cells      = 4  // stroke cells along one side of an image
	directions = 12 // stroke directions told apart
	fine       = 4  // samples a pixel, along each side
)

// strokes describes each image by the directions of its edges: for each of
// cells × cells places, how much edge runs in each of eight directions. Two
// hands that write a digit a pixel apart differ less in that than in pixels.
//
// Edges are taken from the image between its pixels, interpolated linearly,
// and every sample votes for its two nearest directions and its four nearest
// cells, so that a small move never makes a jump.
func strokes(images Matrix) Matrix {
	described := newMatrix(images.Rows, cells*cells*directions)
	for i := range images.Rows {
		describe(images.Row(i), described.Row(i))
	}
	return described
}

func describe(image, histogram []float64) {
	const samples = side * fine
	for v := range samples {
		for u := range samples {
			x, y := (float64(u)+0.5)/fine-0.5, (float64(v)+0.5)/fine-0.5
			dx := inkAt(image, x+0.5, y) - inkAt(image, x-0.5, y)
			dy := inkAt(image, x, y+0.5) - inkAt(image, x, y-0.5)
			strength := math.Hypot(dx, dy)
			if strength == 0 {
				continue
			}
			turn := math.Atan2(dy, dx) / (2 * math.Pi) * directions
			vote(histogram, (x+0.5)*cells/side-0.5, (y+0.5)*cells/side-0.5, turn, strength)
		}
	}
	// Pale and bold writing of one shape shall look alike.
	norm := 0.0
	for _, weight := range histogram {
		norm += weight * weight
	}
	if norm = math.Sqrt(norm); norm > 0 {
		for i := range histogram {
			histogram[i] /= norm
		}
	}
}

// inkAt interpolates the image between its pixels; there is none outside.
func inkAt(image []float64, x, y float64) float64 {
	left, top := math.Floor(x), math.Floor(y)
	right, below := x-left, y-top
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= side || y >= side {
			return 0
		}
		return image[y*side+x]
	}
	i, j := int(left), int(top)
	return (1-below)*((1-right)*at(i, j)+right*at(i+1, j)) +
		below*((1-right)*at(i, j+1)+right*at(i+1, j+1))
}

// vote shares one edge's strength among the cells and directions around it.
func vote(histogram []float64, x, y, turn, strength float64) {
	left, top, first := math.Floor(x), math.Floor(y), math.Floor(turn)
	right, below, on := x-left, y-top, turn-first
	for dy, down := range [2]float64{1 - below, below} {
		for dx, across := range [2]float64{1 - right, right} {
			i, j := int(left)+dx, int(top)+dy
			if i < 0 || j < 0 || i >= cells || j >= cells {
				continue
			}
			cell := histogram[(j*cells+i)*directions:][:directions]
			direction := (int(first) + directions) % directions
			cell[direction] += strength * down * across * (1 - on)
			cell[(direction+1)%directions] += strength * down * across * on
		}
	}
}
