package diffargs

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	inlineContext = 20  // characters around a change
	inlineChange  = 60  // characters of one
	inlineChanges = 5   // that are shown
	inlineWords   = 400 // of a text that is compared word by word
)

// inlineDiff shows two lines as one, `the learning [-rate-]{+speed+} of`, and
// returns whether they have a word in common.
func inlineDiff(x, y string) (diff string, common bool) {
	before, after := wordsOf(x), wordsOf(y)
	var hunks []hunk
	ok := false
	if len(before)+len(after) <= inlineWords {
		hunks, ok = align(before, after)
	}
	if !ok {
		hunks = []hunk{{0, len(before), 0, len(after)}}
	}
	var b strings.Builder
	at := 0
	equal := func(text string, isEnd bool) {
		common = common || strings.TrimFunc(text, isNoWordPart) != ""
		b.WriteString(inContext(text, b.Len() > 0, !isEnd))
	}
	for i, h := range hunks {
		if i == inlineChanges {
			fmt.Fprintf(&b, " and %s", counted(len(hunks)-i, "more change", "more changes"))
			break
		}
		gone, came := strings.Join(before[h.fromX:h.toX], ""), strings.Join(after[h.fromY:h.toY], "")
		prefix, suffix := sharedEnds(gone, came)
		equal(strings.Join(before[at:h.fromX], "")+gone[:prefix], false)
		b.WriteString(changeText(gone[prefix:len(gone)-suffix], came[prefix:len(came)-suffix]))
		rest := gone[len(gone)-suffix:]
		at = h.toX
		if i == len(hunks)-1 {
			equal(rest+strings.Join(before[at:], ""), true)
		} else if rest != "" {
			equal(rest, false)
		}
	}
	return b.String(), common
}

func isNoWordPart(r rune) bool { return !isWordPart(r) }

func isWordPart(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// wordsOf splits a text into words and the single characters between them.
func wordsOf(text string) []string {
	var words []string
	for len(text) > 0 {
		end := strings.IndexFunc(text, isNoWordPart)
		switch end {
		case -1:
			end = len(text)
		case 0:
			_, end = utf8.DecodeRuneInString(text)
		}
		words = append(words, text[:end])
		text = text[end:]
	}
	return words
}

// sharedEnds returns how many bytes of whole characters two texts share at the
// beginning and at the end, 0 if that is less than half of the longer one:
// then it says nothing.
func sharedEnds(x, y string) (prefix, suffix int) {
	for prefix < len(x) && prefix < len(y) {
		r, size := utf8.DecodeRuneInString(x[prefix:])
		if other, otherSize := utf8.DecodeRuneInString(y[prefix:]); r != other || size != otherSize || x[prefix] != y[prefix] {
			break
		}
		prefix += size
	}
	for suffix < len(x)-prefix && suffix < len(y)-prefix {
		r, size := utf8.DecodeLastRuneInString(x[prefix : len(x)-suffix])
		other, otherSize := utf8.DecodeLastRuneInString(y[prefix : len(y)-suffix])
		if r != other || size != otherSize || x[len(x)-suffix-1] != y[len(y)-suffix-1] {
			break
		}
		suffix += size
	}
	if x == "" || y == "" || 2*(prefix+suffix) < max(len(x), len(y)) {
		return 0, 0
	}
	return prefix, suffix
}

// inContext writes what is equal, as much of it as is near to a change.
func inContext(text string, afterChange, beforeChange bool) string {
	runes := []rune(text)
	room := 0
	if afterChange {
		room += inlineContext
	}
	if beforeChange {
		room += inlineContext
	}
	if len(runes) <= room {
		return visible(text)
	}
	shown := "…"
	if afterChange {
		shown = visible(string(runes[:inlineContext])) + shown
	}
	if beforeChange {
		shown += visible(string(runes[len(runes)-inlineContext:]))
	}
	return shown
}

func changeText(gone, came string) string {
	var text string
	if gone != "" {
		text = "[-" + visible(shorten(gone, inlineChange)) + "-]"
	}
	if came != "" {
		text += "{+" + visible(shorten(came, inlineChange)) + "+}"
	}
	return text
}

// visible writes a text so that every character of it is seen: what is not
// printable by its escape in Go.
func visible(text string) string {
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
