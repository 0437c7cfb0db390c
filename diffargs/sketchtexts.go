package diffargs

const (
	textGramsKept = 6
	anagram       = 512 // bytes
	minTextWindow = 512
	maxTextWindow = 1 << 14
	textPart      = 256
)

// addTexts makes buckets of bytes in a row, of what the value has of texts if
// those are few. Grams are longer in longer texts, where any short one occurs;
// at lengths in between there are both.
func (s *sketcher) addTexts() {
	if len(s.texts) == 1 && len(s.texts[0]) <= anagram && len(s.texts[0]) > 1 {
		var sum uint64
		for _, c := range []byte(s.texts[0]) {
			sum += mix(uint64(c) + 1)
		}
		s.bucket(textOfAll, sum)
	}
	if len(s.texts) == maxTexts {
		return
	}
	kept := bottom{most: textGramsKept}
	for _, text := range s.texts {
		n := len(text)
		size := max(minTextWindow, min(n/textPart, maxTextWindow))
		if n <= 2*size {
			s.textGrams(&kept, text, n)
			continue
		}
		s.textGrams(&kept, text[:size], n)
		s.textGrams(&kept, text[n-size:], n)
	}
	s.addBottom(textInARow, &kept)
}

// textGrams adds the grams of a part of a text of n bytes.
func (s *sketcher) textGrams(kept *bottom, text string, n int) {
	s.codes = s.codes[:0]
	for i := range len(text) {
		s.codes = append(s.codes, uint64(text[i])+1)
	}
	if n < 128 {
		grams(kept, s.codes, 4, 2)
	}
	if n >= 32 && n < 2048 {
		grams(kept, s.codes, 8, 4)
	}
	if n >= 512 {
		grams(kept, s.codes, 16, 8)
	}
}
