package trigram

// A Trigram is three bytes of a folded text, the first in bits 16 to 23.
type Trigram uint32

// count is how many trigrams there are.
const count = 1 << 24

// Set collects the trigrams of texts. The zero value is empty and ready to use; it
// takes 2 MiB once something is added. A Set is for one goroutine.
type Set struct {
	seen   []uint64 // a bit each
	list   []Trigram
	folded []byte
}

// Add adds the trigrams of a text, which is UTF-8. It costs some nanoseconds a
// byte.
func (s *Set) Add(text []byte) {
	s.folded = appendFolded(s.folded[:0], text)
	if len(s.folded) < 3 {
		return
	}
	if s.seen == nil {
		s.seen = make([]uint64, count/64)
	}
	window := Trigram(s.folded[0])<<8 | Trigram(s.folded[1])
	for _, b := range s.folded[2:] {
		window = (window<<8 | Trigram(b)) & (count - 1)
		if word, bit := &s.seen[window/64], uint64(1)<<(window%64); *word&bit == 0 {
			*word |= bit
			s.list = append(s.list, window)
		}
	}
}

// List returns the trigrams, each once, in no order that means anything. It is
// valid until the set changes.
func (s *Set) List() []Trigram { return s.list }

// Clear empties the set and keeps its memory.
func (s *Set) Clear() {
	for _, t := range s.list {
		s.seen[t/64] = 0
	}
	s.list = s.list[:0]
}
