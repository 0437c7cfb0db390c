package trigram

import (
	"unicode"
	"unicode/utf8"
)

// appendFolded appends text with each letter replaced by one that stands for all
// that regular expressions take for the same when they ignore case.
func appendFolded(to, text []byte) []byte {
	for len(text) > 0 {
		if b := text[0]; b < utf8.RuneSelf {
			to, text = append(to, foldASCII(b)), text[1:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		to, text = utf8.AppendRune(to, fold(r)), text[size:]
	}
	return to
}

func foldASCII(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}

// fold returns the least of the letters that are one when case is ignored, an
// ASCII letter in lower case.
func fold(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if least < utf8.RuneSelf {
		return rune(foldASCII(byte(least)))
	}
	return least
}
