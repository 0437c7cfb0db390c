package diffargs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
)

// The format of a snapshot:
//
//	snapshot   "LBSNAP" version sketch types node
//	version    1 byte: 2
//	sketch     count { bucket }          at most 24; not there in version 1
//	bucket     8 bytes, little endian
//	types      count { text digest }     names and digests, in order of first use
//	node       form flags number type digest step [key] preview length
//	           [data] [chunks] [statistics] children
//	form       1 byte: Form
//	flags      1 byte: 1 nil, 2 key, 4 data, 8 chunks, 16 statistics
//	number     1 byte: 0 none, else 1 + the place in numberKinds
//	type       count: place in types
//	key        digest
//	data       text
//	chunks     count { digest }
//	statistics min max mean (8 bytes each, IEEE 754, little endian) NaNs zeros (counts)
//	children   count { node }
//	step, preview  text
//	length     count
//	text       count, then that many bytes
//	count      unsigned varint
//	digest     32 bytes
const (
	snapshotMagic   = "LBSNAP"
	snapshotVersion = 2
)

const (
	flagNil = 1 << iota
	flagKey
	flagData
	flagChunks
	flagStatistics
	flagsKnown = 1<<iota - 1
)

// numberKinds are numbered by their place, which is part of the format: only
// ever add to the end.
var numberKinds = [...]reflect.Kind{
	reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
	reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
	reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128,
}

// SnapshotVersionError says that a newer version wrote a snapshot.
type SnapshotVersionError struct{ Version byte }

func (e *SnapshotVersionError) Error() string {
	return fmt.Sprintf("snapshot of format %d: this version reads formats up to %d; update labbook", e.Version, snapshotVersion)
}

var (
	errNoSnapshot = errors.New("decode snapshot: not a snapshot")
	errDamaged    = errors.New("decode snapshot: damaged or truncated")
)

// MarshalBinary writes the snapshot. The error is that there is none, s being
// the zero Snapshot, or that its sketch has more than 24 buckets.
func (s *Snapshot) MarshalBinary() ([]byte, error) {
	if s.Root == nil {
		return nil, errors.New("encode snapshot: it is empty")
	}
	if len(s.Sketch) > maxSketch {
		return nil, fmt.Errorf("encode snapshot: a sketch of %d buckets: it can have %d", len(s.Sketch), maxSketch)
	}
	w := snapshotWriter{places: map[snapshotTypeKey]int{}}
	w.node(s.Root)
	b := append([]byte(snapshotMagic), snapshotVersion)
	b = appendCount(b, uint64(len(s.Sketch)))
	for _, bucket := range s.Sketch {
		b = binary.LittleEndian.AppendUint64(b, bucket)
	}
	b = appendCount(b, uint64(len(w.types)))
	for _, t := range w.types {
		b = appendText(b, t.name)
		b = append(b, t.digest[:]...)
	}
	return append(b, w.nodes...), nil
}

type snapshotTypeKey struct {
	name   string
	digest Digest
}

type snapshotWriter struct {
	types  []snapshotTypeKey
	places map[snapshotTypeKey]int
	nodes  []byte
}

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(appendCount(b, uint64(len(text))), text...)
}

func (w *snapshotWriter) node(n *Node) {
	var flags byte
	set := func(flag byte, on bool) {
		if on {
			flags |= flag
		}
	}
	set(flagNil, n.Nil)
	set(flagKey, !n.Key.IsZero())
	set(flagData, n.Data != nil)
	set(flagChunks, n.Chunks != nil)
	set(flagStatistics, n.Statistics != nil)

	var number byte
	for i, kind := range numberKinds {
		if kind == n.Number {
			number = byte(i) + 1
		}
	}
	t := snapshotTypeKey{n.Type, n.TypeDigest}
	place, known := w.places[t]
	if !known {
		place = len(w.types)
		w.places[t] = place
		w.types = append(w.types, t)
	}
	b := w.nodes
	b = append(b, byte(n.Form), flags, number)
	b = appendCount(b, uint64(place))
	b = append(b, n.Digest[:]...)
	b = appendText(b, n.Step)
	if flags&flagKey != 0 {
		b = append(b, n.Key[:]...)
	}
	b = appendText(b, n.Preview)
	b = appendCount(b, uint64(n.Len))
	if flags&flagData != 0 {
		b = appendText(b, n.Data)
	}
	if flags&flagChunks != 0 {
		b = appendCount(b, uint64(len(n.Chunks)))
		for _, chunk := range n.Chunks {
			b = append(b, chunk[:]...)
		}
	}
	if s := n.Statistics; s != nil {
		for _, f := range []float64{s.Min, s.Max, s.Mean} {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
		}
		b = appendCount(b, uint64(s.NaNs))
		b = appendCount(b, uint64(s.Zeros))
	}
	w.nodes = appendCount(b, uint64(len(n.Children)))
	for _, child := range n.Children {
		w.node(child)
	}
}
