package cache

import (
	"sync/atomic"
	"time"
)

// Stats counts what became of the calls of a function in this process.
type Stats struct {
	Hits     int64
	Misses   int64 // calls that were computed and whose results were kept, or could not be
	Errors   int64 // calls that came to an error, did not return, or were given up while they waited
	Bypasses int64 // calls while caching was off

	Computing time.Duration // what computing took
	Saved     time.Duration // what the hits would have taken, less what they took
}

// Stats returns the counts since the program started. It costs nothing to
// speak of.
func (f *Function[F]) Stats() Stats { return f.core.tally.stats() }

// A tally is Stats while it is being counted.
type tally struct {
	hits, misses, errors, bypasses atomic.Int64
	computing, saved               atomic.Int64
}

func (t *tally) stats() Stats {
	return Stats{
		Hits: t.hits.Load(), Misses: t.misses.Load(), Errors: t.errors.Load(), Bypasses: t.bypasses.Load(),
		Computing: time.Duration(t.computing.Load()), Saved: time.Duration(t.saved.Load()),
	}
}
