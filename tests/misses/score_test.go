package misses

import (
	"fmt"
	"slices"
	"strings"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// A told is what labbook has to say of a call.
type told struct {
	outcome     record.Outcome
	explanation whymiss.Explanation // what labbook why-miss --json prints, unless it is a hit
}

// A mark says whether one side of an explanation is right.
type mark bool

func (m mark) String() string {
	if m {
		return "✓"
	}
	return "✗"
}

type marks struct{ reason, part, path, kind mark }

func (m marks) all() bool { return bool(m.reason && m.part && m.path && m.kind) }

// score compares what is said with what should be. Which difference comes first is
// of no account, how often each is named is.
func (w *want) score(got *told) marks {
	if w.reason == "" || got.outcome == record.Hit {
		same := mark(w.reason == "" && got.outcome == record.Hit)
		return marks{same, same, same, same}
	}
	said := got.differences()
	return marks{
		reason: mark(w.isReason(&got.explanation)),
		part:   sameBy(w.differences, said, func(d difference) string { return d.part }),
		path:   sameBy(w.differences, said, func(d difference) string { return d.path }),
		kind:   sameBy(w.differences, said, func(d difference) string { return string(d.kind) }),
	}
}

func (w *want) isReason(e *whymiss.Explanation) bool {
	if e.Reason.Kind != w.reason || w.nearest != 0 && (e.Nearest == nil || e.Nearest.Run != w.nearest) {
		return false
	}
	return slices.Equal(w.also, alsoKinds(e))
}

func alsoKinds(e *whymiss.Explanation) []record.ReasonKind {
	var kinds []record.ReasonKind
	for _, reason := range e.Also {
		kinds = append(kinds, reason.Kind)
	}
	return kinds
}

func (got *told) differences() []difference {
	var list []difference
	for _, d := range got.explanation.Differences {
		list = append(list, difference{d.Part, d.Path, d.Kind})
	}
	return list
}

func sameBy(want, got []difference, side func(difference) string) mark {
	sides := func(list []difference) []string {
		var sides []string
		for _, d := range list {
			sides = append(sides, side(d))
		}
		slices.Sort(sides)
		return sides
	}
	return mark(slices.Equal(sides(want), sides(got)))
}

// String is what a good explanation says, in short.
func (w *want) String() string {
	if w.reason == "" {
		return "hit"
	}
	return inShort(w.reason, w.also, w.nearest, w.differences)
}

func (got *told) inShort(w *want) string {
	if got.outcome == record.Hit {
		return "hit"
	}
	e := &got.explanation
	var nearest int64
	if w.nearest != 0 && e.Nearest != nil {
		nearest = e.Nearest.Run
	}
	return inShort(e.Reason.Kind, alsoKinds(e), nearest, got.differences())
}

func inShort(reason record.ReasonKind, also []record.ReasonKind, nearest int64, differences []difference) string {
	var b strings.Builder
	b.WriteString(string(reason))
	for _, kind := range also {
		fmt.Fprintf(&b, " + %s", kind)
	}
	if nearest != 0 {
		fmt.Fprintf(&b, " (run %d)", nearest)
	}
	for i, d := range differences {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		fmt.Fprintf(&b, "%s%s %s", separator, d.path, d.kind)
	}
	return b.String()
}

// everyKind are all kinds that a want names.
func everyKind(all []situation) (reasons map[record.ReasonKind]bool, kinds map[diffargs.Kind]bool) {
	reasons, kinds = map[record.ReasonKind]bool{}, map[diffargs.Kind]bool{}
	for i := range all {
		reasons[all[i].want.reason] = true
		for _, d := range all[i].want.differences {
			kinds[d.kind] = true
		}
	}
	return reasons, kinds
}
