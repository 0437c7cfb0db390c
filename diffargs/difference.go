package diffargs

// Kind says how two values differ. A kind is certain: it is what the values
// are, not a guess at how they came about.
type Kind string

// The kinds of difference. Where several explain the same numbers, the first
// one counts of: shift (round the end), transposed, order; nan, negative-zero,
// float-noise; byte-order; value, where the later ones are rounded to decimals;
// float32; scale by a factor; offset; scale with a constant, or of each column or
// row; value, where one value was replaced or limits were set; shift (with
// elements lost); value. Two elements that changed places are of kind order.
const (
	Value        Kind = "value"
	FloatNoise   Kind = "float-noise"   // floats at most 4 ulps or 1e-9 of the larger one apart
	Float32      Kind = "float32"       // float64s that became float32s and float64s again
	Scale        Kind = "scale"         // every number is the earlier one times a factor, and plus a constant if Detail says so, but for rounding
	Offset       Kind = "offset"        // every number is the earlier one plus one constant, but for rounding
	ByteOrder    Kind = "byte-order"    // the bytes of every number are reversed
	Type         Kind = "type"          // other types, equal or not
	DType        Kind = "dtype"         // the same numbers in another element type
	Order        Kind = "order"         // the same elements, rows or columns in another order
	Shift        Kind = "shift"         // the same elements some places on, round the end or with some lost and some new
	Transposed   Kind = "transposed"    // the same numbers with rows for columns
	Length       Kind = "length"        // one holds more elements, rows or columns
	NaN          Kind = "nan"           // NaN against a number
	NegativeZero Kind = "negative-zero" // 0 against −0
	TimeZone     Kind = "time-zone"     // one instant, other zones
	NilVsEmpty   Kind = "nil-vs-empty"  // a nil slice or map against an empty one
	Case         Kind = "case"          // texts of which only upper and lower case differ
	Whitespace   Kind = "whitespace"    // texts of which only white space and invisible marks differ
	Added        Kind = "added"         // only in the later value
	Removed      Kind = "removed"       // only in the earlier value
	Renamed      Kind = "renamed"       // one value under another name or key
)

// Difference is one place where two values differ, or several that differ
// alike; then Path, Before and After are those of the first.
type Difference struct {
	// Path leads from the value down: ".Layers[3].Width"; "" is the value itself.
	// An index of what was removed counts in the earlier value, any other in the
	// later one.
	Path   string
	Kind   Kind
	Before string
	After  string
	// Detail is what a person wants to know beyond the two values: "1 ulp", "3 of
	// 100 elements differ". It can have several lines, the most important first.
	Detail string
}
