package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
)

func decoded(t *testing.T, c *Confusion) image.Image {
	t.Helper()
	file, err := c.Picture()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// corner is a spot of a cell that no number covers.
func corner(truth, guess int) (x, y int) {
	return axisSpace + guess*cellSide + 2, axisSpace + truth*cellSide + 2
}

func TestPictureShowsEachCount(t *testing.T) {
	t.Parallel()
	var c Confusion
	for digit := range classes {
		c[digit][digit] = 100
	}
	c[8][3] = 1
	picture := decoded(t, &c)
	if size := picture.Bounds(); size != image.Rect(0, 0, 540, 460) {
		t.Fatalf("the picture is %v, want 540×460", size)
	}
	for truth := range classes {
		for guess := range classes {
			x, y := corner(truth, guess)
			got := color.RGBAModel.Convert(picture.At(x, y))
			if want := shade(c[truth][guess], 100); got != want {
				t.Errorf("the cell of %d taken for %d is %v, want %v", truth, guess, got, want)
			}
		}
	}
	// By eye, some five hundredths of the red are needed to tell a cell from paper.
	if one := shade(1, 100); one.R > 255-13 {
		t.Errorf("one mistake of 100 is %v, which looks like none", one)
	}
}

// dots reads a number's dots back from a picture, as seen by eye.
func dots(picture image.Image, middle image.Point, width, dot int, ink color.RGBA) string {
	var text bytes.Buffer
	left, top := middle.X-width*dot/2, middle.Y-5*dot/2
	for y := range 5 {
		for x := range width {
			mark := byte('.')
			if color.RGBAModel.Convert(picture.At(left+x*dot, top+y*dot)) == ink {
				mark = '#'
			}
			text.WriteByte(mark)
		}
		text.WriteByte('\n')
	}
	return text.String()
}

func TestPictureHasReadableNumbers(t *testing.T) {
	t.Parallel()
	var c Confusion
	c[2][2], c[7][1] = 174, 2
	picture := decoded(t, &c)
	const four = "" +
		"#.#\n" +
		"#.#\n" +
		"###\n" +
		"..#\n" +
		"..#\n"
	atFour := axisSpace + 4*cellSide + cellSide/2
	if got := dots(picture, image.Pt(axisSpace/2, atFour), 3, 4, black); got != four {
		t.Errorf("beside the row of true fours stands\n%s", got)
	}
	if got := dots(picture, image.Pt(atFour, axisSpace/2), 3, 4, black); got != four {
		t.Errorf("above the column of guessed fours stands\n%s", got)
	}
	const oneSevenFour = "" +
		".#..###.#.#\n" +
		"##....#.#.#\n" +
		".#...#..###\n" +
		".#...#....#\n" +
		"###..#....#\n"
	middle := image.Pt(axisSpace+2*cellSide+cellSide/2, axisSpace+2*cellSide+cellSide/2)
	if got := dots(picture, middle, 11, 2, white); got != oneSevenFour {
		t.Errorf("in the dark cell of 174 stands\n%s", got)
	}
	const two = "" +
		"###\n" +
		"..#\n" +
		"###\n" +
		"#..\n" +
		"###\n"
	middle = image.Pt(axisSpace+cellSide+cellSide/2, axisSpace+7*cellSide+cellSide/2)
	if got := dots(picture, middle, 3, 2, black); got != two {
		t.Errorf("in the pale cell of 2 stands\n%s", got)
	}
}

func TestPictureIsTheSameTwice(t *testing.T) {
	t.Parallel()
	c := Confusion{3: {5: 7}}
	first, err := c.Picture()
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Picture()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("equal counts gave other bytes")
	}
}

func TestPictureOfNothing(t *testing.T) {
	t.Parallel()
	x, y := corner(0, 0)
	if got := color.RGBAModel.Convert(decoded(t, &Confusion{}).At(x, y)); got != white {
		t.Errorf("a cell without a guess is %v, want white", got)
	}
}

func TestEveryShadeIsLegible(t *testing.T) {
	t.Parallel()
	brightness := func(c color.RGBA) int { return 3*int(c.R) + 6*int(c.G) + int(c.B) }
	for count := range 181 {
		on := shade(count, 180)
		if apart := brightness(legible(on)) - brightness(on); apart < 1000 && apart > -1000 {
			t.Errorf("the number on the shade of %d of 180 is only %d of 2550 apart from it", count, apart)
		}
		if count > 0 && brightness(on) > brightness(shade(count-1, 180)) {
			t.Errorf("the shade of %d is lighter than that of %d", count, count-1)
		}
	}
}
