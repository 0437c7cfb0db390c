package whymiss

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// normalising is for an argument whose two values a person would call equal: what
// makes them equal to the bit.
func normalising(pair *partPair) []Remedy {
	places := map[string][]diffargs.Kind{}
	var order []string
	for i := range pair.differences {
		d := &pair.differences[i]
		if _, is := normalisers[d.Kind]; !is {
			return nil
		}
		path := strings.TrimPrefix(d.Path, pair.after.Name)
		if at, found := pair.place(path); found {
			path = at.path // of the row rather than of its element
			if whole := (place{node: at.parent}); at.parent != nil && whole.isMatrix() {
				path = strings.TrimSuffix(path, at.node.Step)
			}
		}
		if places[path] == nil {
			order = append(order, path)
		}
		if !slices.Contains(places[path], d.Kind) {
			places[path] = append(places[path], d.Kind)
		}
	}
	var list []Remedy
	for _, path := range order {
		for _, kind := range places[path] {
			r := normalisers[kind](pair, path)
			if r.Advice == "" {
				return nil
			}
			list = append(list, r)
		}
	}
	return list
}

// A normaliser makes the remedy for one kind of difference at a path of an
// argument. One without advice is none.
type normaliser func(pair *partPair, path string) Remedy

var normalisers = map[diffargs.Kind]normaliser{
	diffargs.FloatNoise: rounding,
	diffargs.Float32: func(pair *partPair, path string) Remedy {
		r := Remedy{Advice: "round " + pair.after.Name + path + " to float32 before the call", Caveat: "digits beyond float32 are lost"}
		p, ok := pair.place(path)
		if !ok {
			return r
		}
		r.Caveat += p.writesInto()
		if !slices.ContainsFunc(floats(p.node, nil), func(x float64) bool { return float64(float32(x)) != x && x == x }) {
			r.Evidence = isSoAlready
		}
		if p.element() == "float64" {
			r.Code = p.each(pair.after.Name, func(x string) string { return x + " = float64(float32(" + x + "))" })
		}
		return r
	},
	diffargs.DType: func(pair *partPair, path string) Remedy {
		return Remedy{Advice: "give " + pair.after.Name + path + " the same element type in every call", Caveat: "a conversion can round"}
	},
	diffargs.Case: func(pair *partPair, path string) Remedy {
		return rewriting(pair, path, "write %s in lower case before the call", "the function sees lower case", "strings.ToLower(%s)", strings.ToLower)
	},
	diffargs.Whitespace: func(pair *partPair, path string) Remedy {
		return rewriting(pair, path, "leave out white space that does not count in %s before the call", "the function sees one blank wherever there was white space",
			`strings.Join(strings.Fields(%s), " ")`, func(s string) string { return strings.Join(strings.Fields(s), " ") })
	},
	diffargs.NegativeZero: func(pair *partPair, path string) Remedy {
		r := Remedy{Advice: "turn −0 into 0 in " + pair.after.Name + path + " before the call", Caveat: "the function no longer sees −0"}
		if p, ok := pair.place(path); ok {
			r.Caveat += p.writesInto()
			r.Code = p.each(pair.after.Name, func(x string) string { return x + " += 0" })
		}
		return r
	},
	diffargs.TimeZone: func(pair *partPair, path string) Remedy {
		name := pair.after.Name + path
		r := Remedy{Advice: "bring " + name + " into one time zone before the call", Caveat: "the function sees the time in UTC"}
		if p, ok := pair.place(path); ok && p.isNamed(name) {
			r.Code = name + " = " + name + ".UTC()"
		}
		return r
	},
	diffargs.NilVsEmpty: func(pair *partPair, path string) Remedy {
		name := pair.after.Name + path
		r := Remedy{Advice: "make " + name + " empty rather than nil before the call", Caveat: "the function no longer sees nil"}
		if p, ok := pair.place(path); ok && p.isNamed(name) {
			r.Code = fmt.Sprintf("if %s == nil {\n\t%s = %s{}\n}", name, name, p.typ())
		}
		return r
	},
	diffargs.Order: func(pair *partPair, path string) Remedy {
		name := pair.after.Name + path
		p, ok := pair.place(path)
		if ok && p.parent != nil { // other fields of a struct may go with the elements, as a table's columns do
			return orderingTogether([]string{name})
		}
		r := Remedy{Advice: "sort " + name + " before the call", Caveat: "it changes what the function is given: only if neither results nor other arguments go with the order"}
		if ok && p.isNamed(name) && p.isOrdered() {
			r.Code = "slices.Sort(" + name + ")"
		}
		if ok && p.isSorted() {
			r.Evidence = isSoAlready
		}
		return r
	},
}

// isSoAlready is what speaks for a remedy that may be at work: the missed call was
// given what it makes of the argument, and the nearest one was not yet.
const isSoAlready = "in this call it is so already: if the program sees to that by now, the next such call hits"

// reordered names the arguments that differ in nothing but the order of their
// elements.
func reordered(parts []partPair) (names []string) {
	for i := range parts {
		p := &parts[i]
		isOrder := len(p.differences) > 0 && p.after != nil && p.after.Kind == record.PartArgument
		for j := range p.differences {
			isOrder = isOrder && p.differences[j].Kind == diffargs.Order
		}
		if isOrder {
			names = append(names, p.after.Name)
		}
	}
	return names
}

// orderingTogether is for rows that may belong together, so that sorting each by
// itself would tear them apart.
func orderingTogether(names []string) Remedy {
	return Remedy{
		Advice: "bring the elements of " + strings.Join(names, " and ") + " into the same order before every call, and what belongs to them along with them",
		Caveat: "it changes what the function is given: only if the order has no influence on results",
	}
}

// rewriting is for texts that some function makes equal. It is no remedy if it
// does not.
func rewriting(pair *partPair, path, advice, caveat, code string, rewrite func(string) string) Remedy {
	name := pair.after.Name + path
	was, okBefore := pair.placeIn(pair.wasValue, path)
	is, ok := pair.place(path)
	if ok && okBefore && rewrite(string(was.node.Data)) != rewrite(string(is.node.Data)) {
		return Remedy{}
	}
	r := Remedy{Advice: fmt.Sprintf(advice, name), Caveat: caveat}
	if ok && rewrite(string(is.node.Data)) == string(is.node.Data) {
		r.Evidence = isSoAlready
	}
	if ok && is.isNamed(name) && is.node.Form == diffargs.Text && is.node.Type == "string" {
		r.Code = name + " = " + fmt.Sprintf(code, name)
	}
	return r
}

const (
	// keptDigits is how many significant digits rounding leaves at most.
	keptDigits = 12
	// fewestDigits is how many it leaves at least.
	fewestDigits = 6
)

// rounding finds how many decimals both values have in common, the most that
// there are.
func rounding(pair *partPair, path string) Remedy {
	name := pair.after.Name + path
	caveat := "it changes what the function is given by as little as it rounds"
	was, okBefore := pair.placeIn(pair.wasValue, path)
	is, ok := pair.place(path)
	if !ok || !okBefore {
		return Remedy{Advice: "round " + name + " before the call, so that equal inputs are equal to the bit", Caveat: caveat}
	}
	before, after := floats(was.node, nil), floats(is.node, nil)
	decimals, ok := commonDecimals(before, after)
	if !ok {
		return Remedy{}
	}
	r := Remedy{
		Advice: fmt.Sprintf("round %s to %d decimals before the call, so that equal inputs are equal to the bit", name, decimals),
		Caveat: caveat + is.writesInto(),
	}
	if isRounded(after, math.Pow10(decimals)) {
		r.Evidence = isSoAlready
	}
	r.Code = is.each(pair.after.Name, func(x string) string {
		if is.element() == "float64" {
			return fmt.Sprintf("%s = math.Round(%s*1e%d) / 1e%d", x, x, decimals, decimals)
		}
		return fmt.Sprintf("%s = %s(math.Round(float64(%s)*1e%d) / 1e%d)", x, is.element(), x, decimals, decimals)
	})
	return r
}

// commonDecimals returns the most decimals at which both rows of numbers round
// to the same. Ok is false if there are none that leave enough of the numbers.
func commonDecimals(before, after []float64) (decimals int, ok bool) {
	largest := 0.0
	for _, x := range after {
		if !math.IsInf(x, 0) && !math.IsNaN(x) {
			largest = max(largest, math.Abs(x))
		}
	}
	if len(before) != len(after) || largest == 0 {
		return 0, false
	}
	whole := int(math.Floor(math.Log10(largest))) + 1 // digits before the point
	for d := keptDigits - whole; d >= max(fewestDigits-whole, 0); d-- {
		if d <= 22 && roundEqual(before, after, math.Pow10(d)) { // a larger power of ten is not exact
			return d, true
		}
	}
	return 0, false
}

func roundEqual(before, after []float64, factor float64) bool {
	for i := range before {
		x, y := math.Round(before[i]*factor)/factor, math.Round(after[i]*factor)/factor
		if math.Float64bits(x) != math.Float64bits(y) && !(x != x && y != y) {
			return false
		}
	}
	return true
}

// isRounded reports whether rounding changes none of the numbers.
func isRounded(list []float64, factor float64) bool {
	return !slices.ContainsFunc(list, func(x float64) bool { return math.Round(x*factor)/factor != x && x == x })
}

// floats appends the floating-point numbers of a value, in order.
func floats(n *diffargs.Node, list []float64) []float64 {
	for i := 0; n.Number == reflect.Float64 && i+8 <= len(n.Data); i += 8 {
		list = append(list, math.Float64frombits(binary.LittleEndian.Uint64(n.Data[i:])))
	}
	for i := 0; n.Number == reflect.Float32 && i+4 <= len(n.Data); i += 4 {
		list = append(list, float64(math.Float32frombits(binary.LittleEndian.Uint32(n.Data[i:]))))
	}
	for _, child := range n.Children {
		list = floats(child, list)
	}
	return list
}

// A place is a value within an argument.
type place struct {
	path         string // from the argument down
	node, parent *diffargs.Node
	isBehind     bool // a pointer that Go does not follow unless a * says so
	home         string
}

// place finds a path in the value of the missed call.
func (p *partPair) place(path string) (place, bool) { return p.placeIn(p.isValue, path) }

func (p *partPair) placeIn(s *diffargs.Snapshot, path string) (place, bool) {
	if s == nil {
		return place{}, false
	}
	at, found := locate(s.Root, path)
	at.home = p.home
	return at, found
}

// locate follows a path down a value. Elements of rows of numbers have no nodes:
// the row's is found. What an interface holds is not found, since no Go
// expression reaches it without its type.
func locate(root *diffargs.Node, path string) (place, bool) {
	at := place{node: root}
	for len(at.path) < len(path) && at.node.Form != diffargs.Numbers {
		if at.node.Form == diffargs.Interface || at.node.Form == diffargs.Map {
			return place{}, false
		}
		next := nextNode(at.node, path[len(at.path):])
		if next == nil {
			return place{}, false
		}
		at = at.down(next)
	}
	for at.node.Form == diffargs.Pointer && len(at.node.Children) == 1 {
		at = at.down(at.node.Children[0])
	}
	return at, at.node.Form != diffargs.Interface
}

// down is the place of a child. Go follows pointers to the fields of a struct and
// to the elements of an array by itself.
func (p *place) down(child *diffargs.Node) place {
	isFollowed := child.Form == diffargs.Struct || strings.HasPrefix(child.Type, "[") && !strings.HasPrefix(child.Type, "[]")
	return place{path: p.path + child.Step, node: child, parent: p.node, isBehind: p.isBehind || p.node.Form == diffargs.Pointer && !isFollowed}
}

// isNamed reports whether a path that leads to the place can stand in Go for what
// is there.
func (p *place) isNamed(path string) bool { return !p.isBehind && isExpression(path) }

// nextNode returns the child that a path begins with.
func nextNode(n *diffargs.Node, path string) *diffargs.Node {
	for _, child := range n.Children {
		rest, is := strings.CutPrefix(path, child.Step)
		if is && (rest == "" || rest[0] == '.' || rest[0] == '[' || child.Step == "") {
			return child
		}
	}
	return nil
}

// each is the code that does something to every number at the place, "" if none
// can be given.
func (p *place) each(argument string, do func(x string) string) string {
	x := argument + p.path
	if !p.isNamed(x) || p.element() == "" {
		return ""
	}
	switch {
	case p.node.Form == diffargs.Scalar:
		return do(x)
	case p.node.Form == diffargs.Numbers:
		return fmt.Sprintf("for i := range %s {\n\t%s\n}", x, do(x+"[i]"))
	case p.isMatrix():
		return fmt.Sprintf("for _, row := range %s {\n\tfor i := range row {\n\t\t%s\n\t}\n}", x, do("row[i]"))
	default:
		return ""
	}
}

// writesInto warns that the caller's own numbers change, where they do.
func (p *place) writesInto() string {
	if p.node.Form == diffargs.Scalar {
		return ""
	}
	return ", and it writes into the caller's numbers"
}

// isMatrix reports whether the place holds a slice of slices of numbers.
func (p *place) isMatrix() bool {
	return p.node.Form == diffargs.Sequence && strings.HasPrefix(p.node.Type, "[][]") &&
		len(p.node.Children) > 0 && p.node.Children[0].Form == diffargs.Numbers
}

// element is the type of each number at the place, "" if that is not known: a
// named type of a slice does not say of what.
func (p *place) element() string {
	typ := p.typ()
	element := dimensions.ReplaceAllString(typ, "")
	if element == typ && p.node.Form != diffargs.Scalar || strings.ContainsAny(element, "[]{}* ") {
		return ""
	}
	return element
}

var dimensions = regexp.MustCompile(`^(\[\d*\])*`)

// typ is the type at the place as the package writes it that the function is in: types
// of its own go without the package's name there, and so do those of a main package.
func (p *place) typ() string {
	return qualified.ReplaceAllStringFunc(p.node.Type, func(name string) string {
		if qualifier, local, _ := strings.Cut(name, "."); qualifier == p.home || qualifier == "main" {
			return local
		}
		return name
	})
}

var qualified = regexp.MustCompile(`[\pL_][\pL_\d]*\.[\pL_][\pL_\d]*`)

// isOrdered reports whether slices.Sort takes what is at the place.
func (p *place) isOrdered() bool {
	if !strings.HasPrefix(p.node.Type, "[]") {
		return false
	}
	switch p.node.Form {
	case diffargs.Numbers:
		return p.node.Number != reflect.Bool && p.node.Number != reflect.Complex64 && p.node.Number != reflect.Complex128
	case diffargs.Sequence:
		return len(p.node.Children) > 0 && p.node.Children[0].Form == diffargs.Text
	default:
		return false
	}
}

// isSorted reports whether slices.Sort would leave what is at the place as it is.
// It knows that of texts and of floating-point numbers.
func (p *place) isSorted() bool {
	if p.node.Form == diffargs.Sequence {
		return p.isOrdered() && slices.IsSortedFunc(p.node.Children, func(a, b *diffargs.Node) int { return bytes.Compare(a.Data, b.Data) })
	}
	list := floats(p.node, nil)
	return len(list) > 0 && slices.IsSorted(list)
}

var expression = regexp.MustCompile(`^[\pL_][\pL_\d]*(\.[\pL_][\pL_\d]*|\[\d+\])*$`)

// isExpression reports whether a path can stand in Go as it is.
func isExpression(path string) bool { return expression.MatchString(path) }
