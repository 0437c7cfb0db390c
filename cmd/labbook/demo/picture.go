package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
)

// The picture's measures, in pixels.
const (
	cellSide      = 40
	gridSide      = classes * cellSide
	axisSpace     = 40 // left of and above the cells
	gap           = 20
	barWidth      = 20
	barSpace      = 60 // right of the colour bar, for its numbers
	pictureWidth  = axisSpace + gridSide + gap + barWidth + barSpace
	pictureHeight = axisSpace + gridSide + gap
)

var (
	black = color.RGBA{A: 255}
	white = color.RGBA{R: 255, G: 255, B: 255, A: 255}
	grey  = color.RGBA{R: 200, G: 200, B: 200, A: 255}
)

// Picture draws the counts as a PNG: true digits down the left, guessed digits
// along the top, each cell the darker the higher its count, and a bar that
// tells which shade is how many. Equal counts give equal bytes.
func (c *Confusion) Picture() ([]byte, error) {
	canvas := image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	fill(canvas, canvas.Bounds(), white)
	most := 1
	for _, row := range c {
		for _, count := range row {
			most = max(most, count)
		}
	}
	for truth, row := range c {
		middle := axisSpace + truth*cellSide + cellSide/2
		drawNumber(canvas, image.Pt(axisSpace/2, middle), truth, 4, black)
		drawNumber(canvas, image.Pt(middle, axisSpace/2), truth, 4, black)
		for guess, count := range row {
			corner := image.Pt(axisSpace+guess*cellSide, axisSpace+truth*cellSide)
			cell := image.Rectangle{Min: corner, Max: corner.Add(image.Pt(cellSide, cellSide))}
			fill(canvas, cell, grey)
			fill(canvas, cell.Inset(1), shade(count, most))
			if count > 0 {
				drawNumber(canvas, corner.Add(image.Pt(cellSide/2, cellSide/2)), count, 2, legible(shade(count, most)))
			}
		}
	}
	drawBar(canvas, most)
	var file bytes.Buffer
	if err := png.Encode(&file, canvas); err != nil {
		return nil, fmt.Errorf("encode the confusion matrix: %w", err)
	}
	return file.Bytes(), nil
}

// shade is the colour of a count. It grows with the square root, or a single
// mistake would look like none beside the many right guesses.
func shade(count, most int) color.RGBA {
	pale, middle, dark := [3]float64{255, 255, 255}, [3]float64{90, 160, 210}, [3]float64{8, 40, 100}
	at := 2 * math.Sqrt(float64(count)/float64(most))
	from, to := pale, middle
	if at > 1 {
		from, to, at = middle, dark, at-1
	}
	mix := func(i int) uint8 { return uint8(math.Round(from[i] + at*(to[i]-from[i]))) }
	return color.RGBA{R: mix(0), G: mix(1), B: mix(2), A: 255}
}

// legible is black on light colours and white on dark ones.
func legible(on color.RGBA) color.RGBA {
	if 3*int(on.R)+6*int(on.G)+int(on.B) > 10*128 {
		return black
	}
	return white
}

// drawBar draws the shades from most, at the top, to none.
func drawBar(canvas *image.RGBA, most int) {
	left := axisSpace + gridSide + gap
	bar := image.Rect(left, axisSpace, left+barWidth, axisSpace+gridSide)
	fill(canvas, bar, grey)
	inside := bar.Inset(1)
	for y := inside.Min.Y; y < inside.Max.Y; y++ {
		// Many steps, so that the bar is smooth even if most is 1.
		const steps = 1000
		at := steps * (inside.Max.Y - 1 - y) / (inside.Dy() - 1)
		fill(canvas, image.Rect(inside.Min.X, y, inside.Max.X, y+1), shade(at, steps))
	}
	middle := bar.Max.X + barSpace/2
	drawNumber(canvas, image.Pt(middle, bar.Min.Y+cellSide/4), most, 2, black)
	if quarter := most / 4; quarter > 0 { // Half the way up, as shades go by the square root.
		height := math.Sqrt(float64(quarter)/float64(most)) * float64(inside.Dy()-1)
		drawNumber(canvas, image.Pt(middle, inside.Max.Y-1-int(height)), quarter, 2, black)
	}
	drawNumber(canvas, image.Pt(middle, bar.Max.Y-cellSide/4), 0, 2, black)
}

func fill(canvas *image.RGBA, area image.Rectangle, with color.RGBA) {
	draw.Draw(canvas, area, image.NewUniform(with), image.Point{}, draw.Src)
}

// The digits, three dots wide and five high; the highest bit is on the left.
var font = [10][5]uint8{
	{0b111, 0b101, 0b101, 0b101, 0b111},
	{0b010, 0b110, 0b010, 0b010, 0b111},
	{0b111, 0b001, 0b111, 0b100, 0b111},
	{0b111, 0b001, 0b111, 0b001, 0b111},
	{0b101, 0b101, 0b111, 0b001, 0b001},
	{0b111, 0b100, 0b111, 0b001, 0b111},
	{0b111, 0b100, 0b111, 0b101, 0b111},
	{0b111, 0b001, 0b010, 0b010, 0b010},
	{0b111, 0b101, 0b111, 0b101, 0b111},
	{0b111, 0b101, 0b111, 0b001, 0b111},
}

// drawNumber draws a number of zero or more around a point, each dot of the
// font as a square of dot × dot pixels.
func drawNumber(canvas *image.RGBA, around image.Point, number, dot int, with color.RGBA) {
	text := strconv.Itoa(number)
	left := around.X - (4*len(text)-1)*dot/2
	top := around.Y - 5*dot/2
	for i, digit := range text {
		for y, dots := range font[digit-'0'] {
			for x := range 3 {
				if dots&(0b100>>x) != 0 {
					corner := image.Pt(left+(4*i+x)*dot, top+y*dot)
					fill(canvas, image.Rectangle{Min: corner, Max: corner.Add(image.Pt(dot, dot))}, with)
				}
			}
		}
	}
}
