package whymiss

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// consequence is the order of causes: what changes every key comes before what
// changes one.
var consequence = []record.ReasonKind{
	record.CodeChanged, record.DependencyChanged, record.ToolchainChanged, record.OptionChanged, record.ArgumentChanged,
}

// reasons names all causes, the gravest first. There is at least one.
func (n *neighbour) reasons(call *record.CallDetail) []Reason {
	if len(n.parts) == 0 {
		return []Reason{{Kind: record.KeyFormatChanged, Summary: fmt.Sprintf(
			"every part of its key is equal to that of call %s, and yet the keys differ: the order of its arguments changed, or the way keys are made", n.call.ID)}}
	}
	pairs := map[record.ReasonKind][]*partPair{}
	for i := range n.parts {
		kind := n.kindOf(&n.parts[i])
		pairs[kind] = append(pairs[kind], &n.parts[i])
	}
	var reasons []Reason
	for _, kind := range consequence {
		if len(pairs[kind]) > 0 {
			reasons = append(reasons, Reason{Kind: kind, Summary: n.summary(kind, pairs[kind], call)})
		}
	}
	return reasons
}

// kindOf says what kind of cause it is that a part differs. An argument that
// counts in one key only is one more or less where the function's type changed;
// else an option says now whether it counts.
func (n *neighbour) kindOf(pair *partPair) record.ReasonKind {
	isOnOneSide := pair.before == nil || pair.after == nil
	switch p := pair.part(); {
	case p.Kind == record.PartArgument && (pair.renamed || isOnOneSide && !n.hasOtherType()):
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

// hasOtherType reports whether the function takes or returns something else.
func (n *neighbour) hasOtherType() bool {
	return slices.ContainsFunc(n.parts, func(p partPair) bool {
		return p.part().Kind == record.PartCode && p.part().Name == "signature"
	})
}

func (n *neighbour) summary(kind record.ReasonKind, pairs []*partPair, call *record.CallDetail) string {
	switch kind {
	case record.CodeChanged:
		if n.call.Code.CodeKind != call.Code.CodeKind {
			return fmt.Sprintf("its code is identified by %s, and was by %s", kindInWords(call.Code.CodeKind), kindInWords(n.call.Code.CodeKind))
		}
		if call.Code.CodeKind == "build" {
			return "the executable was built anew, and without trusted source nobody can tell whether this function changed"
		}
		if changed := changedFunctions(pairs); len(changed) > 0 {
			return "its code changed: " + listed(changed)
		}
		return "its code changed"
	case record.DependencyChanged:
		return "something that it depends on changed: " + changes(pairs)
	case record.ToolchainChanged:
		return "the Go version changed: " + changes(pairs)
	case record.OptionChanged:
		return "an option of the cached function changed: " + changes(pairs)
	default:
		if len(pairs) > maxWorded {
			names := make([]string, len(pairs))
			for i, pair := range pairs {
				names[i] = pair.part().Name
			}
			return "arguments changed: " + listed(names)
		}
		words := make([]string, len(pairs))
		for i, pair := range pairs {
			words[i] = pair.inWords()
		}
		return strings.Join(words, "; ")
	}
}

// maxListedNames bounds how many names stand in a sentence.
const maxListedNames = 6

// listed names the first few.
func listed(names []string) string {
	text := strings.Join(names[:min(len(names), maxListedNames)], ", ")
	if more := len(names) - maxListedNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// maxWorded bounds how many arguments a summary puts into words.
const maxWorded = 3

// changes lists parts as they were and as they are.
func changes(pairs []*partPair) string {
	list := make([]string, len(pairs))
	for i, pair := range pairs {
		switch {
		case pair.renamed:
			list[i] = pair.before.Name + " is called " + pair.after.Name + " now"
		case pair.before == nil:
			list[i] = pair.after.Name + " (new)"
		case pair.after == nil:
			list[i] = pair.before.Name + " (gone)"
		default:
			list[i] = fmt.Sprintf("%s from %s to %s", pair.after.Name, pair.before.Preview, pair.after.Preview)
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
func (p *partPair) inWords() string {
	switch {
	case p.before == nil:
		return "argument " + p.after.Name + " is new"
	case p.after == nil:
		return "argument " + p.before.Name + " is gone"
	}
	if len(p.differences) == 1 {
		only := &p.differences[0]
		if text := p.sum(only); text != "" {
			return text
		}
		if only.Kind == diffargs.Value && only.Before != only.After && isWhole(only.Before) && isWhole(only.After) {
			if text := fieldsInWords(only); text != "" {
				return text
			}
			return fmt.Sprintf("%s changed from %s to %s", only.Path, only.Before, only.After)
		}
	}
	kinds := map[diffargs.Kind]bool{}
	for i := range p.differences {
		kinds[p.differences[i].Kind] = true
	}
	subject := "argument " + p.part().Name
	if len(p.differences) == 1 {
		switch only := &p.differences[0]; only.Kind {
		case diffargs.NilVsEmpty, diffargs.TimeZone, diffargs.Order, diffargs.Length, diffargs.DType, diffargs.Type,
			diffargs.Scale, diffargs.Offset, diffargs.Shift, diffargs.Transposed, diffargs.ByteOrder, diffargs.Case, diffargs.Whitespace:
			// These say something of the value at the path, not of what holds it.
			if only.Path != p.part().Name {
				subject = only.Path
			}
		default: // of the whole argument
		}
	}
	return subject + " " + kindsInWords(kinds)
}

// fieldsInWords names the fields that differ of a struct of which no more than the
// preview is on record. It is "" if the preview does not show for certain which
// these are, or if they are many.
func fieldsInWords(d *Difference) string {
	was, is := plainFields(d.Before), plainFields(d.After)
	if was == nil || len(was) != len(is) {
		return ""
	}
	var words []string
	for i := range is {
		if was[i][1] != is[i][1] {
			return "" // another struct
		}
		if was[i][2] != is[i][2] {
			words = append(words, fmt.Sprintf("%s.%s changed from %s to %s", d.Path, is[i][1], was[i][2], is[i][2]))
		}
	}
	if len(words) > maxWorded {
		return ""
	}
	return strings.Join(words, "; ")
}

var (
	plainStruct = regexp.MustCompile(`^&?[\pL_][\pL_\d.]*\{([^{}\[\]()"']+)\}$`)
	plainField  = regexp.MustCompile(`^([\pL_][\pL_\d]*): ([^:]+)$`)
)

// plainFields splits the preview of a struct that holds nothing but numbers and
// the like into name and value of each field; nil for any other.
func plainFields(preview string) (fields [][]string) {
	inner := plainStruct.FindStringSubmatch(preview)
	if inner == nil {
		return nil
	}
	for text := range strings.SplitSeq(inner[1], ", ") {
		field := plainField.FindStringSubmatch(text)
		if field == nil {
			return nil
		}
		fields = append(fields, field)
	}
	return fields
}

// sum words a difference that sums up many elements or entries, of which the values
// that it shows are the first. It is "" for any other.
func (p *partPair) sum(d *Difference) string {
	detail, _, _ := strings.Cut(d.Detail, "\n")
	if at := strings.LastIndexByte(d.Path, '['); at >= 0 && strings.HasPrefix(detail, d.Path[strings.LastIndexByte(d.Path, ']')+1:]+" ") && strings.HasSuffix(detail, " elements") {
		return d.Path[:at] + ": " + detail // a field of them
	}
	if d.Kind != diffargs.Value || detail == "" || p.wasValue == nil {
		return ""
	}
	path := strings.TrimPrefix(d.Path, p.after.Name)
	at, found := p.place(path)
	if !found || at.path != path {
		return ""
	}
	switch at.node.Form {
	case diffargs.Numbers, diffargs.Sequence, diffargs.Map, diffargs.Struct:
		first, _, _ := strings.Cut(detail, ";")
		return fmt.Sprintf("%s changed: %s", d.Path, first)
	default:
		return ""
	}
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
		case diffargs.Float32:
			return "holds the same numbers rounded to float32"
		case diffargs.Scale:
			return "holds the same numbers in another scale"
		case diffargs.Offset:
			return "holds the same numbers plus a constant"
		case diffargs.Shift:
			return "holds the same elements moved by some places"
		case diffargs.Transposed:
			return "holds the same numbers with rows for columns"
		case diffargs.ByteOrder:
			return "holds the same numbers with their bytes reversed"
		case diffargs.Case:
			return "differs only in upper and lower case"
		case diffargs.Whitespace:
			return "differs only in white space"
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
		case diffargs.Type:
			return "is of another type"
		case diffargs.NaN:
			return "holds NaN in one call where it holds a number in the other"
		default:
			return "changed"
		}
	}
	return "changed"
}

// changedFunctions names the functions whose code differs.
func changedFunctions(pairs []*partPair) []string {
	var names []string
	for _, pair := range pairs {
		for i := range pair.differences {
			if name, found := strings.CutPrefix(pair.differences[i].Path, codePath); found {
				names = append(names, name)
			}
		}
	}
	return names
}
