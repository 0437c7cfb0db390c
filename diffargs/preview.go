package diffargs

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a preview's work: it looks at no more than this, however large the
// value is.
const (
	previewDepth    = 4
	previewValues   = 1000
	previewElements = 64      // of one sequence or map
	previewCopy     = 4 << 10 // bytes of a value that may be copied to be read
)

// Preview returns one printable line about v of at most limit characters, for
// people: `3`, `"abc"`, `[]float64[1797] 0 0 5 13 …`, `Params{C: 1, Seed: 42}`.
// A reflect.Value stands for the value in it. Preview takes little time however
// large v is, calls no methods of v, and says nothing certain about equality.
func Preview(v any, limit int) string {
	if value, ok := v.(reflect.Value); ok {
		return PreviewValue(value, limit)
	}
	return PreviewValue(reflect.ValueOf(v), limit)
}

// PreviewValue is Preview of the value in v.
func PreviewValue(v reflect.Value, limit int) string {
	budget := previewValues
	w := previewer{limit: limit, budget: &budget}
	w.value(v, 0)
	return shorten(string(w.text), limit)
}

// shorten cuts text to limit characters, the last of them an ellipsis if
// anything is missing.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	if limit <= 0 {
		return ""
	}
	count, cut := 0, 0
	for i := range text {
		if count == limit-1 {
			cut = i
		}
		if count == limit {
			return text[:cut] + "…"
		}
		count++
	}
	return text
}

type previewer struct {
	text   []byte
	limit  int  // characters wanted; more are cut at the end
	budget *int // values that may still be looked at
}

// full reports whether more text would be cut.
func (w *previewer) full() bool { return len(w.text) > w.limit && utf8.RuneCount(w.text) > w.limit }

func (w *previewer) write(text string) { w.text = append(w.text, text...) }

func (w *previewer) value(v reflect.Value, depth int) {
	if !v.IsValid() {
		w.write("nil")
		return
	}
	if *w.budget--; *w.budget < 0 {
		w.write("…")
		return
	}
	if v = readable(v); v.CanInterface() && w.known(v) {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		w.text = strconv.AppendBool(w.text, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.text = strconv.AppendInt(w.text, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		w.text = strconv.AppendUint(w.text, v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		w.text = strconv.AppendFloat(w.text, v.Float(), 'g', -1, v.Type().Bits())
	case reflect.Complex64, reflect.Complex128:
		w.write(strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits()))
	case reflect.String:
		w.quoted(v.String())
	case reflect.Slice, reflect.Array:
		w.sequence(v, depth)
	case reflect.Map:
		w.mapping(v, depth)
	case reflect.Struct:
		w.structure(v, depth)
	case reflect.Pointer:
		switch {
		case v.IsNil():
			w.write("nil")
		case depth >= previewDepth:
			w.write("&…")
		default:
			switch nativePlans.get(v.Type().Elem()).treatment {
			case asBigInt, asBigFloat, asBigRat, asLocation:
				// They are always handled by pointer.
			default:
				w.write("&")
			}
			w.value(v.Elem(), depth+1)
		}
	case reflect.Interface:
		w.value(v.Elem(), depth)
	default: // functions and the like
		w.write(typeName(v.Type()))
	}
}

func (w *previewer) quoted(s string) {
	// One character takes at most four bytes.
	if keep := 4 * max(w.limit, 0); len(s) > keep {
		w.text = strconv.AppendQuote(w.text, strings.ToValidUTF8(s[:keep], "\uFFFD"))
		return
	}
	w.text = strconv.AppendQuote(w.text, s)
}

func (w *previewer) sequence(v reflect.Value, depth int) {
	w.write(typeName(v.Type()))
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			w.write("(nil)")
			return
		}
		w.write("[" + strconv.Itoa(v.Len()) + "]")
	}
	if depth >= previewDepth {
		return
	}
	for i := range v.Len() {
		if i == previewElements {
			w.write(" …")
			return
		}
		if w.full() {
			return
		}
		w.write(" ")
		w.value(v.Index(i), depth+1)
	}
}

// mapping writes entries of small maps only: picking some of a large one would
// be different each time.
func (w *previewer) mapping(v reflect.Value, depth int) {
	w.write(typeName(v.Type()))
	if v.IsNil() {
		w.write("(nil)")
		return
	}
	w.write("[" + strconv.Itoa(v.Len()) + "]")
	if v.Len() > previewElements || depth >= previewDepth {
		return
	}
	type entry struct{ key, value string }
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		part := func(v reflect.Value) string {
			inner := previewer{limit: w.limit, budget: w.budget}
			inner.value(v, depth+1)
			return shorten(string(inner.text), w.limit)
		}
		entries = append(entries, entry{part(it.Key()), part(it.Value())})
	}
	slices.SortFunc(entries, func(a, b entry) int { return compareKeys(a.key, b.key) })
	for i, entry := range entries {
		if w.full() {
			return
		}
		if i > 0 {
			w.write(",")
		}
		w.write(" " + entry.key + ": " + entry.value)
	}
}

// compareKeys orders previews of keys: numbers by size, all else by text.
func compareKeys(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

func (w *previewer) structure(v reflect.Value, depth int) {
	t := v.Type()
	if t.Name() != "" {
		w.write(typeName(t))
	}
	w.write("{")
	if depth >= previewDepth {
		w.write("…}")
		return
	}
	for i, field := range previewFields(t) {
		if w.full() {
			return
		}
		if i > 0 {
			w.write(", ")
		}
		w.write(field.name + ": ")
		w.value(v.Field(field.index), depth+1)
	}
	w.write("}")
}

// previewFields returns the fields that count, or all of a type that has no
// digest.
func previewFields(t reflect.Type) []field {
	pl := nativePlans.get(t)
	if pl.err == nil && pl.treatment == walked {
		return pl.fields
	}
	var fields []field
	for f := range t.Fields() {
		fields = append(fields, field{name: f.Name, index: f.Index[0]})
	}
	return fields
}

// typeName returns how people call a type: a named one without its package.
func typeName(t reflect.Type) string {
	if name := t.Name(); name != "" {
		return shorten(name, 60)
	}
	switch t.Kind() {
	case reflect.Slice:
		return "[]" + typeName(t.Elem())
	case reflect.Array:
		return "[" + strconv.Itoa(t.Len()) + "]" + typeName(t.Elem())
	case reflect.Pointer:
		return "*" + typeName(t.Elem())
	case reflect.Map:
		return "map[" + typeName(t.Key()) + "]" + typeName(t.Elem())
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return "any"
		}
	}
	return shorten(t.String(), 60)
}
