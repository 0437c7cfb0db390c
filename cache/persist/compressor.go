package persist

import (
	"io"
	"runtime"
	"sync"
)

// A compressor turns a stream into frames, which it compresses on all cores and
// writes in their order.
type compressor struct {
	out   io.Writer
	codec Codec
	level int
	block []byte // what is gathered for the next frame

	// These are there from the second frame on.
	work  chan *frameJob
	order chan *frameJob
	wait  sync.WaitGroup

	mu  sync.Mutex
	err error // the first
}

// A frameJob is one frame on its way. Its content is from, or block.
type frameJob struct {
	from   []byte // memory of the value
	width  int    // not 0: from is shuffled
	block  []byte
	scaled numbers // from is converted, if wide is set
	wide   bool
	frame  []byte
	done   chan struct{}
}

var blocks = sync.Pool{New: func() any { return new([]byte) }}

// newBlock returns a block with room for n bytes. Small streams take little.
func newBlock(n int) []byte {
	b := *blocks.Get().(*[]byte)
	if cap(b) < n {
		if n > frameSize/8 {
			n = max(n, frameSize+frameSize/32) // for whatever comes next
		}
		b = make([]byte, 0, n)
	}
	return b[:0]
}

func freeBlock(b []byte) {
	if cap(b) > 0 {
		blocks.Put(&b)
	}
}

// Write gathers p, which may change afterwards.
func (c *compressor) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if c.block == nil {
			c.block = newBlock(min(len(p), frameSize))
		}
		k := min(len(p), frameSize-len(c.block))
		c.block = append(c.block, p[:k]...)
		p = p[k:]
		if len(c.block) == frameSize {
			if err := c.cut(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// cut makes a frame of what was gathered.
func (c *compressor) cut() error {
	if len(c.block) == 0 {
		return nil
	}
	j := &frameJob{block: c.block}
	c.block = nil
	return c.submit(j)
}

// writeFrom takes content that stays as it is until close returns. Its numbers
// are shuffled if it has a width.
func (c *compressor) writeFrom(content []byte, width int) error {
	if err := c.cut(); err != nil {
		return err
	}
	for len(content) > 0 {
		k := min(len(content), frameSize)
		if err := c.submit(&frameJob{from: content[:k:k], width: width}); err != nil {
			return err
		}
		content = content[k:]
	}
	return nil
}

// writeWide takes numbers in memory that are wider in the stream.
func (c *compressor) writeWide(memory []byte, n numbers) error {
	if err := c.cut(); err != nil {
		return err
	}
	for len(memory) > 0 {
		k := min(len(memory), frameSize/n.stream*n.memory)
		if err := c.submit(&frameJob{from: memory[:k:k], width: n.stream, scaled: n, wide: true}); err != nil {
			return err
		}
		memory = memory[k:]
	}
	return nil
}

func (c *compressor) submit(j *frameJob) error {
	if c.work == nil {
		c.start()
	}
	j.done = make(chan struct{})
	c.order <- j
	c.work <- j
	return c.failed()
}

func (c *compressor) start() {
	workers := runtime.GOMAXPROCS(0)
	c.work, c.order = make(chan *frameJob, workers), make(chan *frameJob, 2*workers)
	for range workers {
		c.wait.Go(func() {
			for j := range c.work {
				if c.failed() == nil {
					c.fail(c.compress(j))
				}
				close(j.done)
			}
		})
	}
	c.wait.Go(func() {
		for j := range c.order {
			<-j.done
			if c.failed() == nil {
				_, err := c.out.Write(j.frame)
				c.fail(err)
			}
			freeBlock(j.frame)
		}
	})
}

func (c *compressor) compress(j *frameJob) (err error) {
	content := j.from
	switch {
	case j.wide:
		wide := appendConverted(newBlock(frameSize), j.from, j.scaled.memory, j.scaled.stream, j.scaled.signed, littleEndian)
		j.block = newBlock(len(wide))[:len(wide)]
		shuffle(j.block, wide, j.width)
		freeBlock(wide)
		content = j.block
	case j.width > 1:
		j.block = newBlock(frameSize)[:len(content)]
		shuffle(j.block, content, j.width)
		content = j.block
	case j.from == nil:
		content = j.block
	}
	j.frame, err = methods[c.codec].compress(newBlock(len(content)+len(content)/64+64), content, c.level)
	freeBlock(j.block)
	j.block = nil
	return err
}

func (c *compressor) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *compressor) fail(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

// close writes what is left, and waits until all is written. After an error,
// which it returns too, it only waits.
func (c *compressor) close(err error) error {
	c.fail(err)
	if c.work == nil {
		if c.err != nil {
			return c.err
		}
		// A small stream is one frame, and no reason to wake anybody.
		j := &frameJob{block: c.block}
		if err := c.compress(j); err != nil {
			return err
		}
		_, err := c.out.Write(j.frame)
		freeBlock(j.frame)
		return err
	}
	c.fail(c.cut())
	close(c.work)
	close(c.order)
	c.wait.Wait()
	return c.err
}
