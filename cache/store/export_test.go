package store

import (
	"context"
	"time"
)

// OpenAt is Open with a clock of the test's own.
func OpenAt(dir string, limits Limits, clock func() time.Time) *Store {
	return open(dir, limits, clock)
}

// Evict keeps the limits as the store does by itself, but now.
func (s *Store) Evict() (Collection, error) {
	return s.collect(context.Background(), s.limits, s.limits.eased(), true)
}
