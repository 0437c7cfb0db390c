package demo

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
)

//go:embed data/digits.csv.gz
var digitsFile []byte

const (
	side    = 8           // pixels along one side of an image
	pixels  = side * side // pixels of an image
	ink     = 16          // the value of a fully inked pixel
	classes = 10          // the digits 0 to 9
)

// Dataset holds images, one a row, and which digit each of them shows.
type Dataset struct {
	Images Matrix // pixels from 0 for paper to 1 for ink
	Labels []int
}

// Digits returns the 1,797 images of handwritten digits that come with this
// package; data/README.md tells where they are from.
func Digits() (Dataset, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(digitsFile))
	if err != nil {
		return Dataset{}, fmt.Errorf("open the embedded digits: %w", err)
	}
	return readDigits(unzipped)
}

// readDigits reads one image a line: its pixels, row by row, and its digit.
func readDigits(r io.Reader) (Dataset, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = pixels + 1
	lines.ReuseRecord = true
	set := Dataset{Images: Matrix{Cols: pixels}}
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Dataset{}, fmt.Errorf("read digits: want %d comma-separated numbers a line: %w", pixels+1, err)
		}
		for i, field := range fields {
			most := ink
			if i == pixels {
				most = classes - 1
			}
			n, err := strconv.Atoi(field)
			if err != nil || n < 0 || n > most {
				line, column := lines.FieldPos(i)
				return Dataset{}, fmt.Errorf("read digits: line %d, column %d: %q is no whole number from 0 to %d", line, column, field, most)
			}
			if i == pixels {
				set.Labels = append(set.Labels, n)
			} else {
				// Sixteenths are exact, so that no machine reads another image.
				set.Images.Data = append(set.Images.Data, float64(n)/ink)
			}
		}
		set.Images.Rows++
	}
	if set.Images.Rows == 0 {
		return Dataset{}, errors.New("read digits: the file holds no image")
	}
	return set, nil
}
