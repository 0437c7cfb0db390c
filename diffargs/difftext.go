package diffargs

import (
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// texts compares strings.
func (d *differ) texts(path string, a, b *Node) {
	if a.Data == nil && a.Len > 0 || b.Data == nil && b.Len > 0 {
		d.unstored(path, a, b)
		return
	}
	x, y := string(a.Data), string(b.Data)
	if x == y || !d.affords(len(x)+len(y)) {
		return
	}
	e := compareTexts(x, y)
	difference := Difference{Path: path, Kind: e.kind, Before: a.Preview, After: b.Preview, Detail: joinLines(e.lines)}
	// A preview shows the beginning, which may be the same.
	if max(a.Len, b.Len) > snapshotPreview/2 {
		at := commonPrefix(x, y)
		difference.Before, difference.After = excerpt(x, at), excerpt(y, at)
	}
	d.addOf(difference, a, b)
}

// compareTexts says how two texts differ.
func compareTexts(x, y string) explanation {
	e := explanation{kind: Value}
	for _, try := range []func(x, y string) (explanation, bool){
		onlyCase, onlySpace, onlyComposition, onlyLookAlikes, onlyNotation,
	} {
		if found, ok := try(x, y); ok {
			e = found
			break
		}
	}
	if len(e.lines) == 0 {
		e.lines = append(e.lines, changesLine(x, y))
	}
	// A short text is seen as a whole.
	if joinLines(e.lines) == "" || max(len(x), len(y)) > snapshotPreview/2 {
		e.lines = append(e.lines, fmt.Sprintf("first at byte %d of %d and %d", commonPrefix(x, y), len(x), len(y)))
	}
	return e
}

// commonPrefix returns how many bytes are equal from the beginning.
func commonPrefix(x, y string) int {
	i := 0
	for i < min(len(x), len(y)) && x[i] == y[i] {
		i++
	}
	return i
}

// excerpt quotes text around a place.
func excerpt(text string, at int) string {
	const around = 20
	from, to := max(at-around, 0), min(at+around, len(text))
	quoted := strconv.Quote(strings.ToValidUTF8(text[from:to], "\uFFFD"))
	if from > 0 {
		quoted = "…" + quoted
	}
	if to < len(text) {
		quoted += "…"
	}
	return quoted
}

// onlyCase says whether only upper and lower case differ.
func onlyCase(x, y string) (explanation, bool) {
	if !equalFold(x, y) {
		return explanation{}, false
	}
	line := "only upper and lower case differ"
	if changes := changesLine(x, y); changes != "" {
		line += ": " + changes
	}
	return explanation{Case, []string{line}}, true
}

// equalFold reports whether two texts differ in case only. Bytes that are no
// text have none.
func equalFold(x, y string) bool {
	return utf8.ValidString(x) && utf8.ValidString(y) && strings.EqualFold(x, y)
}

// onlyNotation says whether two texts write one decimal number in two ways.
func onlyNotation(x, y string) (explanation, bool) {
	const longest = 100 // digits; no exponents, which can make numbers without end
	number := func(text string) (*big.Rat, bool) {
		if len(text) > longest || strings.Trim(text, "+-.0123456789") != "" {
			return nil, false
		}
		return new(big.Rat).SetString(text)
	}
	p, okX := number(x)
	q, okY := number(y)
	if !okX || !okY || p.Cmp(q) != 0 {
		return explanation{}, false
	}
	return explanation{Value, []string{"the same number written otherwise"}}, true
}

// changesLine shows what changed within a text of one line, and of more lines
// how many changed and what in the first of them.
func changesLine(x, y string) string {
	if !strings.Contains(x, "\n") && !strings.Contains(y, "\n") {
		if diff, common := inlineDiff(x, y); common {
			return diff
		}
		return ""
	}
	before, after := strings.Split(x, "\n"), strings.Split(y, "\n")
	hunks, ok := align(before, after)
	if !ok {
		prefix := 0
		for before[prefix] == after[prefix] {
			prefix++
		}
		return fmt.Sprintf("lines differ from line %d on", prefix+1)
	}
	detail, changed := alignedDetail(hunks, lineUnit)
	if len(changed) == 0 {
		return detail
	}
	was, is := changed[0][0], changed[0][1]
	diff, _ := inlineDiff(before[was], after[is])
	if lineCount(x) == 1 && lineCount(y) == 1 {
		return diff
	}
	if len(changed) == 1 && len(hunks) == 1 && len(before) == len(after) {
		return fmt.Sprintf("line %d of %d: %s", is+1, lineCount(y), diff)
	}
	return fmt.Sprintf("%s\nline %d: %s", detail, is+1, diff)
}

// lineCount returns how many lines a text has; a newline at its end ends the
// last one.
func lineCount(text string) int { return strings.Count(strings.TrimSuffix(text, "\n"), "\n") + 1 }

// asText says how bytes differ that can be read as texts.
func asText(x, y *array) string {
	if x.kind != reflect.Uint8 || !isText(x.data) || !isText(y.data) {
		return ""
	}
	line, _, _ := strings.Cut(joinLines(compareTexts(string(x.data), string(y.data)).lines), "\n")
	return "as texts: " + line
}

// isText reports whether bytes are a text that people can read.
func isText(data []byte) bool {
	if len(data) == 0 || !utf8.Valid(data) {
		return false
	}
	for _, r := range string(data) {
		if !unicode.IsPrint(r) && !isInvisible(r) {
			return false
		}
	}
	return true
}
