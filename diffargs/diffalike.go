package diffargs

import (
	"fmt"
	"strings"
)

// fewestAlike is in how many elements the same place has to differ to be summed
// up.
const fewestAlike = 4

// alike compares pairs of elements, out of a total, and sums up what differs at
// the same place of many. isAll says that no other elements can differ.
func (d *differ) alike(path string, pairs [][2]*Node, total int, u unit, isAll bool) {
	s := summary{d: d, start: len(d.found), omitted: d.omitted, total: total, unit: u, cuts: d.cuts, isAll: isAll}
	for i, p := range pairs {
		step := path + p[1].Step
		from := len(d.found)
		d.nodes(step, p[0], p[1])
		for _, f := range d.found[from:] {
			s.places = append(s.places, alikePlace{i, alikeKey{f.Path[len(step):], classOf(f.Kind)}})
		}
	}
	s.sumUp()
}

// An alikeKey is what differences have to share to be summed up: the path from
// the element on, and the class of their kinds.
type alikeKey struct {
	rest  string
	class Kind
}

// classOf returns one kind for all those that a value has in place of another.
func classOf(kind Kind) Kind {
	switch kind {
	case FloatNoise, Float32, NaN, NegativeZero, TimeZone, Case, Whitespace:
		return Value
	default:
		return kind
	}
}

// A summary replaces findings that are alike.
type summary struct {
	d       *differ
	start   int // of the findings
	omitted int
	total   int // elements
	unit    unit
	cuts    int          // before
	isAll   bool         // that can differ
	places  []alikePlace // of each finding
}

type alikePlace struct {
	element int
	key     alikeKey
}

func (s *summary) sumUp() {
	groups := map[alikeKey][]int{} // findings, the first of each element
	last := map[alikeKey]int{}
	for i, p := range s.places {
		if n := len(groups[p.key]); n == 0 || last[p.key] != p.element {
			groups[p.key] = append(groups[p.key], s.start+i)
			last[p.key] = p.element
		}
	}
	found := s.d.found
	kept := found[:s.start]
	sums := map[alikeKey]finding{}
	for key, group := range groups {
		if len(group) >= fewestAlike {
			sums[key] = s.sum(key.rest, group)
		}
	}
	done := map[alikeKey]bool{}
	for i, p := range s.places {
		sum, summed := sums[p.key]
		switch {
		case !summed:
			kept = append(kept, found[s.start+i])
		case !done[p.key]:
			kept = append(kept, sum)
			done[p.key] = true
		}
	}
	s.d.found = kept
}

// sum returns one finding for several.
func (s *summary) sum(rest string, group []int) finding {
	kinds := map[Kind]int{}
	for _, i := range group {
		kinds[s.d.found[i].Kind]++
	}
	sum := finding{Difference: s.d.found[group[0]].Difference}
	if len(kinds) > 1 {
		sum.Kind = Value
	}
	lines := []string{s.countLine(rest, len(group), sum.Kind)}
	c := s.numbers(group)
	if c != nil {
		l, isLine := c.line()
		isLine = isLine && sum.Kind != FloatNoise
		switch {
		case isLine && len(group) == s.total:
			sum.Kind = l.kind()
			lines[0] = fmt.Sprintf("all %s are the earlier ones %s", s.unit.counted(s.total), l.text())
			if rest != "" {
				lines[0] = fmt.Sprintf("%s is the earlier one %s in all %s", rest, l.text(), s.unit.counted(s.total))
			}
		case isLine:
			lines = append(lines, "those that differ are the earlier ones "+l.text())
		}
		lines = append(lines, c.summaryLine())
	}
	if len(kinds) > 1 {
		lines = append(lines, kindsLine(kinds))
	}
	if c == nil && sum.Detail != "" && !strings.HasPrefix(sum.Detail, "first at ") {
		lines = append(lines, "the first: "+sum.Detail)
	}
	sum.Detail = joinLines(lines)
	return sum
}

func (s *summary) countLine(rest string, n int, kind Kind) string {
	count := fmt.Sprintf("%d of %s", n, s.unit.counted(s.total))
	if s.d.omitted > s.omitted || s.d.cuts > s.cuts || !s.isAll {
		count = "at least " + count
	}
	words, known := alikeWords[kind]
	if !known {
		words = [2]string{"differs", "differ"}
	}
	if rest == "" {
		return count + " " + words[1]
	}
	return rest + " " + words[0] + " in " + count
}

// alikeWords say what one place, and what several elements, have in common.
var alikeWords = map[Kind][2]string{
	FloatNoise:   {"differs by float noise", "differ by float noise"},
	Float32:      {"went through float32", "went through float32"},
	NegativeZero: {"differs in the sign of zero", "differ in the sign of zero"},
	NaN:          {"is or was NaN", "are or were NaN"},
	TimeZone:     {"is in another time zone", "are in another time zone"},
	Case:         {"differs in upper and lower case only", "differ in upper and lower case only"},
	Whitespace:   {"differs in white space only", "differ in white space only"},
	NilVsEmpty:   {"is nil against empty", "are nil against empty"},
	Type:         {"is of another type", "are of another type"},
	DType:        {"is of another number type", "are of another number type"},
	Length:       {"has another length", "have another length"},
	Order:        {"is in another order", "are in another order"},
	Added:        {"is new", "are new"},
	Removed:      {"is gone", "are gone"},
	Renamed:      {"has another name", "have another name"},
}

// kindsLine says how many differences are of which kind.
func kindsLine(kinds map[Kind]int) string {
	line := ""
	for _, kind := range byFrequency(kinds) {
		if line != "" {
			line += ", "
		}
		line += fmt.Sprintf("%d of kind %s", kinds[kind], kind)
	}
	return line
}

// numbers compares the numbers of a group as a row, if they all are numbers of
// one kind.
func (s *summary) numbers(group []int) *comparison {
	first := s.d.found[group[0]].a
	if first == nil || first.Form != Scalar {
		return nil
	}
	x, y := &array{kind: first.Number}, &array{kind: first.Number}
	for _, i := range group {
		f := &s.d.found[i]
		if f.a == nil || f.a.Form != Scalar || f.a.Number != first.Number {
			return nil
		}
		x.data, y.data = append(x.data, f.a.Data...), append(y.data, f.b.Data...)
	}
	return compare(x, y, upTo(len(group)))
}

// summaryLine says by how much numbers differ at most.
func (c *comparison) summaryLine() string {
	switch {
	case c.relative.relative > 0:
		return "largest " + c.relative.relativeText()
	case c.absolute > 0:
		return "largest difference " + c.x.magnitude(c.absolute)
	default:
		return ""
	}
}
