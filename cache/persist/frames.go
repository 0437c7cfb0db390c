package persist

import (
	"bufio"
	"errors"
	"io"
)

// errWhole says that a frame cannot be told from what follows it.
var errWhole = errors.New("the frame is to be read as a stream")

// A frameReader collects the bytes of one frame after the other.
type frameReader struct {
	in    *bufio.Reader
	frame []byte
}

// peek returns the next n bytes without taking them; fewer with an error.
func (r *frameReader) peek(n int) ([]byte, error) { return r.in.Peek(n) }

// takeStep is how much memory a frame gets on its word.
const takeStep = 256 << 10

// take moves the next n bytes to the frame.
func (r *frameReader) take(n int) error {
	for n > 0 {
		at, step := len(r.frame), min(n, takeStep)
		if cap(r.frame)-at >= step {
			r.frame = r.frame[:at+step]
		} else {
			r.frame = append(r.frame, make([]byte, step)...)
		}
		got, err := io.ReadFull(r.in, r.frame[at:])
		if err != nil {
			r.frame = r.frame[:at+got]
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		n -= step
	}
	return nil
}
