package recheck

import (
	"slices"
	"strconv"
	"strings"
)

// A Verdict is what computing a stored result again came to. It is written as the
// detail of a call, for people and for Parse:
//
//	verdict = finding [ again ] [ changes ] [ "; " text ]
//	finding = "equal" | "equal but for float noise" | "different" | "failed"
//	again   = ", and the same when computed once more" | ", and otherwise when computed once more"
//	changes = ", changing its argument " name { " and " name }
//	name    = a Go string literal in double quotes
//	text    = the rest
type Verdict struct {
	Finding Finding
	Again   Again
	Changes []string // names of arguments that the function changed
	Text    string   // where the results differ first, or what failed
}

// A Finding says how what was computed and what is stored compare.
type Finding string

// The findings.
const (
	Equal     Finding = "equal"
	Noise     Finding = "noise"     // floats a few ulps apart, and nothing else
	Different Finding = "different" // more than that
	Failed    Finding = "failed"    // nothing could be compared
	// Unfinished is what there is to say of a call that has not returned. It is
	// never written.
	Unfinished Finding = "unfinished"
)

// Again says what computing a result once more came to, after it had differed
// from the stored one.
type Again string

// What comes of computing twice.
const (
	NotAgain Again = ""         // it was not computed once more
	Steady   Again = "steady"   // the same: what is stored is out of date, or something around the program has changed
	Unsteady Again = "unsteady" // not the same: the function is not deterministic
)

var (
	findingWords = []words[Finding]{
		{Noise, "equal but for float noise"}, {Equal, "equal"}, {Different, "different"}, {Failed, "failed"},
	}
	againWords = []words[Again]{
		{Steady, ", and the same when computed once more"}, {Unsteady, ", and otherwise when computed once more"},
	}
)

const (
	changing = ", changing its argument "
	and      = " and "
	textMark = "; "
	mostText = 2000 // bytes
)

// words are how a value is written. None of a list begins one that comes later in
// it.
type words[T any] struct {
	value T
	text  string
}

// cutWords reads what stands for a value at the beginning of a text.
func cutWords[T any](text string, list []words[T]) (value T, rest string, found bool) {
	for _, w := range list {
		if rest, found := strings.CutPrefix(text, w.text); found {
			return w.value, rest, true
		}
	}
	return value, text, false
}

func wordsFor[T comparable](value T, list []words[T]) string {
	i := slices.IndexFunc(list, func(w words[T]) bool { return w.value == value })
	if i < 0 {
		return ""
	}
	return list[i].text
}

// String writes the verdict. A long text is cut.
func (v *Verdict) String() string {
	var b strings.Builder
	b.WriteString(wordsFor(v.Finding, findingWords) + wordsFor(v.Again, againWords))
	for i, name := range v.Changes {
		b.WriteString([]string{changing, and}[min(i, 1)] + strconv.Quote(name))
	}
	if v.Text != "" {
		text := v.Text
		if len(text) > mostText {
			text = strings.ToValidUTF8(text[:mostText], "") + "…"
		}
		b.WriteString(textMark + text)
	}
	return b.String()
}

// Parse reads what String wrote.
func Parse(text string) (v Verdict, ok bool) {
	rest := text
	if v.Finding, rest, ok = cutWords(rest, findingWords); !ok {
		return Verdict{}, false
	}
	v.Again, rest, _ = cutWords(rest, againWords)
	for before := changing; strings.HasPrefix(rest, before); before = and {
		rest = rest[len(before):]
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil || quoted[0] != '"' {
			return Verdict{}, false
		}
		name, err := strconv.Unquote(quoted)
		if err != nil {
			return Verdict{}, false
		}
		v.Changes, rest = append(v.Changes, name), rest[len(quoted):]
	}
	if rest == "" {
		return v, true
	}
	v.Text, ok = strings.CutPrefix(rest, textMark)
	if !ok {
		return Verdict{}, false
	}
	return v, true
}
