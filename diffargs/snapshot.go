package diffargs

import (
	"reflect"
	"strconv"
)

// A Snapshot is what is kept of a value so that it can be compared later, when
// the value itself is gone: a tree of digests and previews, and the numbers
// themselves where they are few enough.
type Snapshot struct {
	Root *Node
	// Sketch is what to look up near values by, without their snapshots: the
	// buckets of the value, at most 24, sorted. Values that share one are
	// probably near, and the nearer the more they share; see [SketchOf].
	Sketch []uint64
}

// Digest returns the digest of the value, zero for the zero Snapshot.
func (s *Snapshot) Digest() Digest {
	if s.Root == nil {
		return Digest{}
	}
	return s.Root.Digest
}

// A Node is a value within a snapshot.
type Node struct {
	Step       string // from the parent: ".Width", "[3]", `["key"]`; "" for what a pointer or an interface holds
	Key        Digest // of an entry of a map: the digest of its key
	Type       string // for people; TypeDigest tells types apart
	TypeDigest Digest
	Digest     Digest
	Preview    string
	Form       Form
	Nil        bool
	Len        int // elements, entries, bytes of text or fields, with or without a node of their own

	// Of numbers, times and text, or rows of them, the values in the bytes that
	// are hashed. Data is nil if they were too many to keep.
	Number     reflect.Kind // what kind each number is; Uint8 for text
	Data       []byte
	Chunks     []Digest // of rows of more than one chunk, the leaves of their tree
	Statistics *Statistics

	// Children are the parts, in order. They are fewer than Len if a limit was
	// reached, and none if another node of the snapshot with the same digest has
	// them: equal parts are kept once, so that cycles come to an end.
	Children []*Node
}

// Form says what a node can tell of its value.
type Form uint8

// The forms of nodes. Their numbers are part of the format.
const (
	Opaque    Form = iota // nothing but digest and preview
	Scalar                // one number or boolean
	Instant               // one time.Time
	Text                  // a string
	Numbers               // numbers in a row
	Sequence              // other things in a row
	Struct                // children are the fields
	Map                   // children are the values, in the order of their keys
	Pointer               // one child, unless nil
	Interface             // one child, unless nil
	formCount
)

// Limits bound a snapshot. A limit that is 0 has its default.
type Limits struct {
	Nodes      int // nodes in all: 16384
	Depth      int // nodes above one another: 64
	ArrayBytes int // of values kept of one array or text: 1 MiB
	TotalBytes int // of values kept in all: 4 MiB
}

// maxSnapshotDepth bounds Limits.Depth, and with it the stack of whoever walks
// a snapshot.
const maxSnapshotDepth = 1000

func (l Limits) withDefaults() Limits {
	set := func(limit *int, value int) {
		if *limit <= 0 {
			*limit = value
		}
	}
	set(&l.Nodes, 16384)
	set(&l.Depth, 64)
	set(&l.ArrayBytes, 1<<20)
	set(&l.TotalBytes, 4<<20)
	l.Depth = min(l.Depth, maxSnapshotDepth)
	return l
}

// isComplete reports whether every part of n has a node of its own.
func (n *Node) isComplete() bool { return len(n.Children) == n.Len }

// An index finds the parts of nodes that have no children because an equal
// node has them.
type index map[Digest]*Node

func (x index) add(n *Node) {
	if known := x[n.Digest]; known == nil || len(known.Children) < len(n.Children) {
		x[n.Digest] = n
	}
	for _, child := range n.Children {
		x.add(child)
	}
}

// whole returns n or an equal node that has more children.
func (x index) whole(n *Node) *Node {
	if known := x[n.Digest]; known != nil && len(known.Children) > len(n.Children) {
		return known
	}
	return n
}

// width returns the bytes of one number in Data.
func (n *Node) width() int { return numberWidth(n.Number) }

// chunks returns the leaves of the tree of a row.
func (n *Node) chunks() []Digest {
	if n.Chunks == nil && len(n.Data) > 0 {
		return appendLeaves(nil, n.Data, exact)
	}
	return n.Chunks
}

func numberWidth(kind reflect.Kind) int {
	if kind > reflect.Complex128 {
		return 0
	}
	return numberWidths[kind]
}

var numberWidths = func() (widths [reflect.Complex128 + 1]int) {
	for _, kind := range numberKinds {
		widths[kind], _ = scalarBody(kind)
	}
	return widths
}()

func isNumber(pl *plan) bool {
	return pl.treatment == walked && numberWidth(pl.kind) > 0
}

func indexStep(i int) string { return "[" + strconv.Itoa(i) + "]" }
