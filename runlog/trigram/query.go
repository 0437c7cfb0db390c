package trigram

import (
	"regexp/syntax"
	"slices"
)

// A Query is a condition on the trigrams of a text: it must have All, and satisfy
// one query of each group in Any. The zero Query is satisfied by every text.
type Query struct {
	All []Trigram
	Any [][]Query
}

// Bounds on a query. Leaving a condition out lets more texts through, and loses
// none.
const (
	maxTrigrams = 64 // of one literal
	maxGroups   = 8
	maxBranches = 64
)

// NewQuery returns what the trigrams of every text must satisfy that the regular
// expression matches.
func NewQuery(re *syntax.Regexp) Query {
	var q Query
	q.require(re.Simplify())
	return q
}

// IsZero reports whether the query narrows nothing.
func (q *Query) IsZero() bool { return len(q.All) == 0 && len(q.Any) == 0 }

// Matches reports whether a text with these trigrams satisfies the query.
func (q *Query) Matches(has func(Trigram) bool) bool {
	for _, t := range q.All {
		if !has(t) {
			return false
		}
	}
	for _, group := range q.Any {
		if !slices.ContainsFunc(group, func(branch Query) bool { return branch.Matches(has) }) {
			return false
		}
	}
	return true
}

// require adds what the texts must have that re matches.
func (q *Query) require(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		q.requireLiteral(re.Rune)
	case syntax.OpConcat:
		q.requireAll(re.Sub)
	case syntax.OpCapture, syntax.OpPlus:
		q.require(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			q.require(re.Sub[0])
		}
	case syntax.OpAlternate:
		q.requireOne(re.Sub)
	}
}

// requireAll adds what a concatenation needs. Literals that stand side by side
// are one, also where a group parts them.
func (q *Query) requireAll(parts []*syntax.Regexp) {
	var literal []rune
	for _, part := range parts {
		for part.Op == syntax.OpCapture {
			part = part.Sub[0]
		}
		switch part.Op {
		case syntax.OpLiteral:
			literal = append(literal, part.Rune...)
			continue
		case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
			syntax.OpWordBoundary, syntax.OpNoWordBoundary:
			continue // no text of its own
		}
		q.requireLiteral(literal)
		literal = literal[:0]
		q.require(part)
	}
	q.requireLiteral(literal)
}

func (q *Query) requireLiteral(literal []rune) {
	folded := appendFolded(nil, []byte(string(literal)))
	for i := 0; i+3 <= len(folded) && i < maxTrigrams; i++ {
		t := Trigram(folded[i])<<16 | Trigram(folded[i+1])<<8 | Trigram(folded[i+2])
		if !slices.Contains(q.All, t) {
			q.All = append(q.All, t)
		}
	}
}

// requireOne adds what an alternation needs: nothing, if one of its branches
// needs nothing.
func (q *Query) requireOne(branches []*syntax.Regexp) {
	if len(branches) > maxBranches || len(q.Any) == maxGroups {
		return
	}
	group := make([]Query, 0, len(branches))
	for _, branch := range branches {
		var one Query
		if one.require(branch); one.IsZero() {
			return
		}
		group = append(group, one)
	}
	q.Any = append(q.Any, group)
}
