package persist

import (
	"bufio"
	"errors"
	"io"
	"runtime"
	"sync"
)

// A decompressor is the source of what a compressed stream holds. Frames that
// can be told apart are read on all cores, from the second one on.
type decompressor struct {
	method   *method
	in       *tracker
	frames   frameReader
	whole    io.ReadCloser // once frames are no longer taken apart
	believed int
	last     []byte // the piece given out last

	pending []*piece // in their order
	work    chan *piece
	wait    sync.WaitGroup
	ended   error // why no more frames are taken
}

// A piece is one frame on its way.
type piece struct {
	frame   []byte
	content []byte // after a margin
	err     error
	done    chan struct{}
}

// A tracker tells errors of the reader below from those of the data.
type tracker struct {
	io.Reader
	err error
}

func (t *tracker) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

func newDecompressor(codec Codec, r io.Reader, believed int) *decompressor {
	in := &tracker{Reader: r}
	d := &decompressor{method: &methods[codec], in: in, believed: believed}
	d.frames.in = bufio.NewReaderSize(in, 32<<10)
	return d
}

func (d *decompressor) next() ([]byte, error) {
	freeBlock(d.last)
	d.last = nil
	if d.whole == nil {
		content, err := d.nextFrame()
		if err == nil || !errors.Is(err, errWhole) {
			return content, d.blame(err)
		}
		whole, err := d.method.stream(d.frames.in, d.believed)
		if err != nil {
			return nil, d.blame(err)
		}
		d.whole = whole
	}
	d.last = newBlock(margin + windowSize)[:margin+windowSize]
	for {
		n, err := d.whole.Read(d.last[margin:])
		if n > 0 {
			return d.last[:margin+n], nil
		}
		if err != nil {
			return nil, d.blame(err)
		}
	}
}

// nextFrame returns the content of the next frame.
func (d *decompressor) nextFrame() ([]byte, error) {
	// The first is read where it is wanted: most streams have no other.
	ahead := 0
	if d.work != nil {
		ahead = runtime.GOMAXPROCS(0) + 1
	}
	for d.ended == nil && len(d.pending) <= ahead {
		p, err := d.take()
		if err != nil {
			d.ended = err
			break
		}
		d.pending = append(d.pending, p)
		if d.work == nil {
			p.err = d.method.expand(p.content[margin:], p.frame)
			close(p.done)
			break
		}
		d.work <- p
	}
	if len(d.pending) == 0 {
		return nil, d.ended
	}
	if d.work == nil && d.ended == nil {
		if _, err := d.frames.in.Peek(1); err == nil {
			d.start()
		}
	}
	p := d.pending[0]
	d.pending = d.pending[1:]
	<-p.done
	freeBlock(p.frame)
	d.last = p.content
	return p.content, p.err
}

func (d *decompressor) take() (*piece, error) {
	d.frames.frame = newBlock(0)
	frame, size, err := d.method.split(&d.frames)
	if err != nil {
		return nil, err
	}
	content := newBlock(margin + size)[:margin+size]
	return &piece{frame: frame, content: content, done: make(chan struct{})}, nil
}

func (d *decompressor) start() {
	workers := runtime.GOMAXPROCS(0)
	d.work = make(chan *piece, workers+2)
	for range workers {
		d.wait.Go(func() {
			for p := range d.work {
				p.err = d.method.expand(p.content[margin:], p.frame)
				close(p.done)
			}
		})
	}
}

// blame says of an error whether it is the data's or the reader's.
func (d *decompressor) blame(err error) error {
	switch {
	case err == nil, err == io.EOF: //nolint:errorlint // only as it is does it mean the end
		return err
	case d.in.err != nil:
		return d.in.err
	default:
		return &SyntaxError{Offset: -1, Problem: d.method.name + ": " + err.Error()}
	}
}

func (d *decompressor) close() {
	if d.work != nil {
		close(d.work)
		d.wait.Wait()
	}
	if d.whole != nil {
		// Its error came with what it read.
		_ = d.whole.Close()
	}
}
