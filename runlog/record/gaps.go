package record

// Gaps finds where output was left out, of chunks that are given to it in order.
// The zero value is at the beginning of all streams.
type Gaps struct{ ends map[Stream]int64 }

// Before returns how many bytes of the chunk's stream were left out right before
// it.
func (g *Gaps) Before(o *Output) int64 {
	gap := o.Offset - g.ends[o.Stream]
	g.Pass(o)
	return max(gap, 0) // what panicked is recorded from 0 on again
}

// Pass takes a chunk of which it is not known what stands before it.
func (g *Gaps) Pass(o *Output) {
	if g.ends == nil {
		g.ends = map[Stream]int64{}
	}
	g.ends[o.Stream] = o.End()
}

// Knows reports whether there was a chunk of the stream.
func (g *Gaps) Knows(stream Stream) bool {
	_, known := g.ends[stream]
	return known
}
