package diffargs

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// composed holds, by combining mark, letters and what they are with it as one
// character, in pairs.
var composed = map[rune]string{
	'\u0300': "AÀEÈIÌNǸOÒUÙaàeèiìnǹoòuù",
	'\u0301': "AÁCĆEÉGǴIÍKḰLĹMḾNŃOÓPṔRŔSŚUÚWẂYÝZŹaácćeégǵiíkḱlĺmḿnńoópṕrŕsśuúwẃyýzź",
	'\u0302': "AÂCĈEÊGĜHĤIÎJĴOÔSŜUÛWŴYŶaâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷ",
	'\u0303': "AÃIĨNÑOÕUŨaãiĩnñoõuũ",
	'\u0304': "AĀEĒIĪOŌUŪaāeēiīoōuū",
	'\u0306': "AĂEĔGĞIĬOŎUŬaăeĕgğiĭoŏuŭ",
	'\u0307': "CĊEĖGĠIİZŻcċeėgġzż",
	'\u0308': "AÄEËIÏOÖUÜYŸaäeëiïoöuüyÿ",
	'\u030A': "AÅUŮaåuů",
	'\u030B': "OŐUŰoőuű",
	'\u030C': "CČDĎEĚGǦNŇRŘSŠTŤZŽcčdďeěgǧnňrřsštťzž",
	'\u0327': "CÇGĢKĶLĻNŅRŖSŞTŢcçgģkķlļnņrŗsştţ",
	'\u0328': "AĄEĘIĮUŪaąeęiįuų",
}

// compose writes letters with combining marks as one character each, where
// Latin has it.
func compose(text string) string {
	if strings.IndexFunc(text, unicode.IsMark) < 0 {
		return text
	}
	var runes []rune
	for _, r := range text {
		if n := len(runes); n > 0 {
			if letter, ok := composition(runes[n-1], r); ok {
				runes[n-1] = letter
				continue
			}
		}
		runes = append(runes, r)
	}
	return string(runes)
}

func composition(letter, mark rune) (rune, bool) {
	isPair := true // at the first of one
	found := false
	for _, r := range composed[mark] {
		if found {
			return r, true
		}
		found = isPair && r == letter
		isPair = !isPair
	}
	return 0, false
}

// onlyComposition says whether accents are part of letters in one text and
// follow them in the other.
func onlyComposition(x, y string) (explanation, bool) {
	if !utf8.ValidString(x) || !utf8.ValidString(y) || compose(x) != compose(y) {
		return explanation{}, false
	}
	before, after := letterAt(x, y)
	return explanation{Value, []string{fmt.Sprintf("only how accents are encoded differs: %s is %s before, %s after",
		compose(before), codePoints(before), codePoints(after))}}, true
}

// letterAt returns the first letter that differs, with its marks.
func letterAt(x, y string) (before, after string) {
	at := commonPrefix(x, y)
	for at > 0 && (!utf8.RuneStart(byteAt(x, at)) || !utf8.RuneStart(byteAt(y, at)) || startsWithMark(x[at:]) || startsWithMark(y[at:])) {
		at--
	}
	return firstLetter(x[at:]), firstLetter(y[at:])
}

func byteAt(text string, at int) byte {
	if at < len(text) {
		return text[at]
	}
	return 0
}

func startsWithMark(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsMark(r)
}

// firstLetter returns the first character with the marks that follow it.
func firstLetter(text string) string {
	_, end := utf8.DecodeRuneInString(text)
	for end < len(text) && startsWithMark(text[end:]) {
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	return text[:end]
}

func codePoints(text string) string {
	var points []string
	for _, r := range text {
		points = append(points, fmt.Sprintf("%U", r))
	}
	return strings.Join(points, " ")
}

// lookAlikes maps characters to those that they look like.
var lookAlikes = inPairs("аaеeоoрpсcхxуyіiѕsјjһhАAВBЕEКKМMНHОOРPСCТTХXІIЅSЈJУY" + // Cyrillic
	"αaοoνvρpιiΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX" + // Greek
	"‐-‑-‒-–-—-−-’'‘'“\"”\"„\"×x∗*⁄/\u00B5μ\u2126Ω\u212BÅ")

func inPairs(text string) map[rune]rune {
	pairs := map[rune]rune{}
	runes := []rune(text)
	for i := 0; i < len(runes); i += 2 {
		pairs[runes[i]] = runes[i+1]
	}
	return pairs
}

// likened returns a text with what looks alike made the same.
func likened(text string) string {
	return strings.Map(func(r rune) rune {
		if other, ok := lookAlikes[r]; ok && r >= utf8.RuneSelf {
			return other
		}
		return r
	}, text)
}

// onlyLookAlikes says whether only characters differ that look alike.
func onlyLookAlikes(x, y string) (explanation, bool) {
	if !utf8.ValidString(x) || !utf8.ValidString(y) || likened(x) != likened(y) {
		return explanation{}, false
	}
	a, b := []rune(x), []rune(y)
	first, places := -1, 0
	for i := range a {
		if a[i] != b[i] {
			places++
			if first < 0 {
				first = i
			}
		}
	}
	line := fmt.Sprintf("only characters differ that look alike: %s → %s", characterText(a[first]), characterText(b[first]))
	if places > 1 {
		line += fmt.Sprintf(", and %d more", places-1)
	}
	return explanation{Value, []string{line}}, true
}

// characterText names a character by its code point and script.
func characterText(r rune) string {
	for _, script := range []struct {
		name  string
		table *unicode.RangeTable
	}{{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}} {
		if unicode.Is(script.table, r) {
			return fmt.Sprintf("%s %c (%U)", script.name, r, r)
		}
	}
	return fmt.Sprintf("%c (%U)", r, r)
}
