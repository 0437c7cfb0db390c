package whymiss

import (
	"fmt"
	"strings"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// reason names the cause by the gravest part that differs: what changes every
// key comes before what changes one.
func (n *neighbour) reason(call *record.CallDetail) Reason {
	names := map[record.ReasonKind][]string{}
	for i := range n.parts {
		p := n.parts[i].part()
		kind := kindOf(&n.parts[i])
		names[kind] = append(names[kind], p.Name)
	}
	var reason Reason
	var also []string
	for _, kind := range []record.ReasonKind{
		record.CodeChanged, record.DependencyChanged, record.ToolchainChanged, record.OptionChanged, record.ArgumentChanged,
	} {
		if len(names[kind]) == 0 {
			continue
		}
		summary := n.summary(kind, names[kind], call)
		if reason.Kind == "" {
			reason = Reason{Kind: kind, Summary: summary}
		} else {
			also = append(also, summary)
		}
	}
	if len(also) > 0 {
		reason.Summary += "; also, " + strings.Join(also, ", and ")
	}
	return reason
}

func kindOf(pair *partPair) record.ReasonKind {
	switch p := pair.part(); {
	case p.Kind == record.PartArgument && (pair.before == nil || pair.after == nil):
		return record.OptionChanged
	case p.Kind == record.PartArgument:
		return record.ArgumentChanged
	case p.Kind == record.PartCode:
		return record.CodeChanged
	case p.Kind == record.PartToolchain:
		return record.ToolchainChanged
	case p.Kind == record.PartOption:
		return record.OptionChanged
	default:
		return record.DependencyChanged
	}
}

func (n *neighbour) summary(kind record.ReasonKind, names []string, call *record.CallDetail) string {
	switch kind {
	case record.CodeChanged:
		if n.call.Code.CodeKind != call.Code.CodeKind {
			return fmt.Sprintf("its code is identified by %s, and was by %s", kindInWords(call.Code.CodeKind), kindInWords(n.call.Code.CodeKind))
		}
		if call.Code.CodeKind == "build" {
			return "the executable was built anew, and without trusted source nobody can tell whether this function changed"
		}
		if changed := n.changedFunctions(); len(changed) > 0 {
			return "its code changed: " + strings.Join(changed, ", ")
		}
		return "its code changed"
	case record.DependencyChanged:
		return "something that it depends on changed: " + n.changes(kind)
	case record.ToolchainChanged:
		return "the Go version changed: " + n.changes(kind)
	case record.OptionChanged:
		return "an option of the cached function changed: " + n.changes(kind)
	default:
		if len(names) > maxWorded {
			return "arguments changed: " + strings.Join(names, ", ")
		}
		words := make([]string, len(names))
		for i, name := range names {
			words[i] = n.inWords(name)
		}
		return strings.Join(words, "; ")
	}
}

// maxWorded bounds how many arguments a summary puts into words.
const maxWorded = 3

// changes lists the parts behind a reason, as they were and as they are.
func (n *neighbour) changes(kind record.ReasonKind) string {
	var list []string
	for i := range n.parts {
		pair := &n.parts[i]
		switch {
		case kindOf(pair) != kind:
		case pair.before == nil:
			list = append(list, pair.after.Name+" (new)")
		case pair.after == nil:
			list = append(list, pair.before.Name+" (gone)")
		default:
			list = append(list, fmt.Sprintf("%s from %s to %s", pair.after.Name, pair.before.Preview, pair.after.Preview))
		}
	}
	return strings.Join(list, ", ")
}

func kindInWords(codeKind string) string {
	switch codeKind {
	case "source":
		return "its source"
	case "build":
		return "the executable's build"
	default:
		return "a version given by hand"
	}
}

// inWords sums up the differences of one argument.
func (n *neighbour) inWords(part string) string {
	kinds := map[diffargs.Kind]bool{}
	var only *Difference
	count := 0
	for i := range n.differences {
		if d := &n.differences[i]; d.Part == part {
			kinds[d.Kind] = true
			only = d
			count++
		}
	}
	if count == 1 && only.Kind == diffargs.Value && isWhole(only.Before) && isWhole(only.After) {
		return fmt.Sprintf("%s changed from %s to %s", only.Path, only.Before, only.After)
	}
	return "argument " + part + " " + kindsInWords(kinds)
}

func kindsInWords(kinds map[diffargs.Kind]bool) string {
	if len(kinds) != 1 {
		return "changed"
	}
	for kind := range kinds {
		switch kind {
		case diffargs.FloatNoise:
			return "is the same but for float noise"
		case diffargs.Order:
			return "holds the same elements in another order"
		case diffargs.DType:
			return "holds the same numbers in another element type"
		case diffargs.TimeZone:
			return "is the same instant in another time zone"
		case diffargs.NegativeZero:
			return "differs only in the sign of zero"
		case diffargs.NilVsEmpty:
			return "is empty in one call and nil in the other"
		case diffargs.Length:
			return "holds another number of elements"
		default:
			return "changed"
		}
	}
	return "changed"
}

// changedFunctions names the functions whose code differs.
func (n *neighbour) changedFunctions() []string {
	var names []string
	for i := range n.differences {
		if d := &n.differences[i]; d.Part == "code" && d.Path != "code" {
			names = append(names, strings.TrimPrefix(d.Path, "code: "))
		}
	}
	return names
}

// remedy says what would make such calls hit, where something honest can be
// said. What could change a result says so.
func (n *neighbour) remedy() string {
	noise := map[string]bool{}
	for i := range n.parts {
		if n.parts[i].part().Kind != record.PartArgument || n.parts[i].before == nil || n.parts[i].after == nil {
			return ""
		}
		noise[n.parts[i].part().Name] = true
	}
	for _, d := range n.differences {
		switch d.Kind {
		case diffargs.FloatNoise, diffargs.NegativeZero, diffargs.TimeZone, diffargs.NilVsEmpty:
		default:
			noise[d.Part] = false
		}
	}
	var names []string
	for i := range n.parts {
		name := n.parts[i].part().Name
		if !noise[name] {
			return ""
		}
		names = append(names, name)
	}
	list := strings.Join(names, " and ")
	return fmt.Sprintf("round or normalise %s before the call, so that equal inputs are equal to the bit (this changes what the function is given by as little as it rounds)", list)
}
