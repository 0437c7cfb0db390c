package diffargs

// Kind says how two values differ.
type Kind string

// The kinds of difference.
const (
	Value        Kind = "value"
	FloatNoise   Kind = "float-noise"   // floats a few ulps apart
	Type         Kind = "type"          // other types, equal or not
	DType        Kind = "dtype"         // the same numbers in another element type
	Order        Kind = "order"         // the same elements in another order
	Length       Kind = "length"        // one holds more elements
	NaN          Kind = "nan"           // NaN against a number
	NegativeZero Kind = "negative-zero" // 0 against −0
	TimeZone     Kind = "time-zone"     // one instant, other zones
	NilVsEmpty   Kind = "nil-vs-empty"  // a nil slice or map against an empty one
	Added        Kind = "added"         // only in the later value
	Removed      Kind = "removed"       // only in the earlier value
	Renamed      Kind = "renamed"       // one field under another name
)

// Difference is one place where two values differ.
type Difference struct {
	Path   string // from the value down: ".Layers[3].Width"; "" for the value itself
	Kind   Kind
	Before string
	After  string
	Detail string // what a person wants to know beyond the two values: "1 ulp", "3 of 100 elements differ"
}
