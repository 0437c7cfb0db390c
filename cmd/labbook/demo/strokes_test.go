package demo

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// block returns an image with ink in columns from to to (not included).
func block(from, to int) Matrix {
	image := newMatrix(1, pixels)
	for y := range side {
		for x := from; x < to; x++ {
			image.Data[y*side+x] = 1
		}
	}
	return image
}

func TestStrokesTellDirections(t *testing.T) {
	t.Parallel()
	// Ink fills the right half: its edge in the middle gets darker to the
	// right, direction 0. Its other edges run along the border of the image.
	described := strokes(block(4, 8)).Data
	for cell := range cells * cells {
		x, y := cell%cells, cell/cells
		if x == 0 || x == cells-1 || y == 0 || y == cells-1 {
			continue
		}
		histogram := described[cell*directions:][:directions]
		for direction, weight := range histogram {
			if (direction == 0) != (weight > 0) {
				t.Errorf("cell %d,%d has weight %g in direction %d; only direction 0 has an edge", x, y, weight, direction)
			}
		}
	}
}

func TestStrokesOfMirroredImages(t *testing.T) {
	t.Parallel()
	images := digits(t).Images.Pick([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	for _, row := range []struct {
		reason string
		mirror func(x, y, side int) (int, int)
		turn   func(direction int) int
	}{
		{
			"upside down, edges that got darker downwards get darker upwards",
			func(x, y, side int) (int, int) { return x, side - 1 - y },
			func(direction int) int { return -direction },
		},
		{
			"in a mirror, edges that got darker to the right get darker to the left",
			func(x, y, side int) (int, int) { return side - 1 - x, y },
			func(direction int) int { return directions/2 - direction },
		},
		{
			"with rows for columns, right is down",
			func(x, y, _ int) (int, int) { return y, x },
			func(direction int) int { return directions/4 - direction },
		},
	} {
		mirrored := newMatrix(images.Rows, images.Cols)
		straight := strokes(images)
		want := newMatrix(straight.Rows, straight.Cols)
		for i := range images.Rows {
			for at := range pixels {
				x, y := row.mirror(at%side, at/side, side)
				mirrored.Row(i)[y*side+x] = images.Row(i)[at]
			}
			for cell := range cells * cells {
				x, y := row.mirror(cell%cells, cell/cells, cells)
				for direction := range directions {
					turned := (row.turn(direction) + directions) % directions
					want.Row(i)[(y*cells+x)*directions+turned] = straight.Row(i)[cell*directions+direction]
				}
			}
		}
		if diff := cmp.Diff(want, strokes(mirrored), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
}

func TestStrokesAreOfOneStrength(t *testing.T) {
	t.Parallel()
	images := digits(t).Images.Pick([]int{10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
	pale := newMatrix(images.Rows, images.Cols)
	for i, v := range images.Data {
		pale.Data[i] = v / 2
	}
	bold, light := strokes(images), strokes(pale)
	if diff := cmp.Diff(bold, light, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("strokes of images at half the ink (-full +half):\n%s", diff)
	}
	for i := range bold.Rows {
		norm := math.Sqrt(squaredDistance(bold.Row(i), make([]float64, bold.Cols)))
		if math.Abs(norm-1) > 1e-9 {
			t.Fatalf("strokes of image %d have norm %g, want 1", i, norm)
		}
	}
}

func TestStrokesOfBlankPaper(t *testing.T) {
	t.Parallel()
	want := newMatrix(1, cells*cells*directions)
	if diff := cmp.Diff(want, strokes(newMatrix(1, pixels))); diff != "" {
		t.Errorf("strokes of a blank image (-want +got):\n%s", diff)
	}
}

func TestStrokesForgiveASmallMove(t *testing.T) {
	t.Parallel()
	apart := func(describe func(Matrix) Matrix) float64 {
		here, there := describe(block(2, 5)), describe(block(3, 6))
		blank := make([]float64, here.Cols)
		return squaredDistance(here.Data, there.Data) / squaredDistance(here.Data, blank)
	}
	inPixels := apart(func(image Matrix) Matrix { return image })
	if inStrokes := apart(strokes); inStrokes >= inPixels {
		t.Errorf("a move by one pixel is %g of the strokes but %g of the pixels", inStrokes, inPixels)
	}
}
