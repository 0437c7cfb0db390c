package diffargs

import (
	"encoding/binary"
	"math"
	"reflect"
)

// UnmarshalBinary reads what MarshalBinary wrote. It takes no more memory than
// a small multiple of the input, whatever the input says. The error is a
// *SnapshotVersionError if a newer version wrote it.
func (s *Snapshot) UnmarshalBinary(data []byte) error {
	version, body, err := snapshotBody(data)
	if err != nil {
		return err
	}
	// Rows and text refer to this copy rather than to copies of their own.
	r := snapshotReader{rest: append([]byte(nil), body...)}
	sketch := r.sketch(version)
	for range r.count(1 + len(Digest{})) {
		r.types = append(r.types, snapshotTypeKey{string(r.text()), r.digest()})
	}
	root := r.node(0)
	if r.failed || len(r.rest) > 0 {
		return errDamaged
	}
	s.Root, s.Sketch = root, sketch
	return nil
}

// SketchOf returns the Sketch of a snapshot that MarshalBinary wrote, nil if a
// version before there were sketches did. It reads the head of the snapshot
// only, so the rest may be damaged or missing. Errors are those of
// UnmarshalBinary. It takes well under a microsecond.
//
// Buckets are for look-ups in a table of buckets and the values that have them:
// of earlier values, those that share most buckets with a new one are probably
// the nearest. That finds
//
//   - numbers, in whatever rows, fields and types of number, that have noise (a
//     relative 1e-6 at most), were rounded to float32, scaled, moved by a
//     constant, put in another order or shape, or had a few of them changed,
//     added or removed, wherever that is;
//   - collections and structs that have elements, entries or fields in common,
//     whatever their order, numbers in them but for noise;
//   - texts that have stretches in common.
//
// Values that are not near hardly ever share a bucket if they have much to tell.
// Values that have little to tell may: two lists of labels that each occur
// equally often are permutations of one another, and configurations often have
// fields in common. All zeros have a bucket for how many they are. Short lists
// of very few different numbers are found only if they have the same numbers in
// another order.
//
// Long rows are looked at whole only for whether they are the same numbers in
// another order: of more than 4096 numbers, if they are of the same type too,
// and if they have more than 16 bits. For all else, of more than 128 numbers 64
// from either end are looked at, or a number for each 512 bytes, at most 8192.
// So long rows are not found that have a part of their numbers in common in
// another order, or only in the middle. Of elements and entries, at most 128
// bytes of each count.
func SketchOf(snapshot []byte) ([]uint64, error) {
	version, body, err := snapshotBody(snapshot)
	if err != nil {
		return nil, err
	}
	r := snapshotReader{rest: body}
	sketch := r.sketch(version)
	if r.failed {
		return nil, errDamaged
	}
	return sketch, nil
}

// snapshotBody returns the version of a snapshot and what follows it.
func snapshotBody(data []byte) (version byte, body []byte, err error) {
	if len(data) <= len(snapshotMagic) || string(data[:len(snapshotMagic)]) != snapshotMagic {
		return 0, nil, errNoSnapshot
	}
	version = data[len(snapshotMagic)]
	if version == 0 || version > snapshotVersion {
		return 0, nil, &SnapshotVersionError{Version: version}
	}
	return version, data[len(snapshotMagic)+1:], nil
}

// A snapshotReader returns zero values after a failure.
type snapshotReader struct {
	rest   []byte
	types  []snapshotTypeKey
	failed bool
}

func (r *snapshotReader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.failed, r.rest = true, nil
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *snapshotReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *snapshotReader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.take(math.MaxUint64)
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// count reads how many things follow that take at least size bytes each.
func (r *snapshotReader) count(size int) int {
	n := r.number()
	if n > uint64(len(r.rest)/size) {
		r.take(math.MaxUint64)
		return 0
	}
	return int(n)
}

// length reads a number of things that need not be in the snapshot.
func (r *snapshotReader) length() int {
	n := r.number()
	if n > math.MaxInt {
		r.take(math.MaxUint64)
		return 0
	}
	return int(n)
}

func (r *snapshotReader) text() []byte { return r.take(r.number()) }

func (r *snapshotReader) digest() (d Digest) {
	copy(d[:], r.take(uint64(len(d))))
	return d
}

func (r *snapshotReader) float() float64 {
	if b := r.take(8); b != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (r *snapshotReader) sketch(version byte) []uint64 {
	if version < 2 {
		return nil
	}
	count := r.count(8)
	if count > maxSketch {
		r.take(math.MaxUint64)
		return nil
	}
	var sketch []uint64
	for range count {
		sketch = append(sketch, binary.LittleEndian.Uint64(r.take(8)))
	}
	return sketch
}

// smallestNode is how many bytes a node takes at least.
const smallestNode = 3 + 1 + 32 + 1 + 1 + 1 + 1

func (r *snapshotReader) node(depth int) *Node {
	n := &Node{Form: Form(r.byte())}
	flags, number, place := r.byte(), int(r.byte()), r.number()
	if depth > maxSnapshotDepth || n.Form >= formCount || flags > flagsKnown ||
		number > len(numberKinds) || place >= uint64(len(r.types)) {
		r.take(math.MaxUint64)
		return n
	}
	n.Type, n.TypeDigest = r.types[place].name, r.types[place].digest
	n.Nil = flags&flagNil != 0
	if number > 0 {
		n.Number = numberKinds[number-1]
	}
	n.Digest = r.digest()
	n.Step = string(r.text())
	if flags&flagKey != 0 {
		n.Key = r.digest()
	}
	n.Preview = string(r.text())
	n.Len = r.length()
	if flags&flagData != 0 {
		n.Data = r.text()
	}
	if flags&flagChunks != 0 {
		n.Chunks = make([]Digest, r.count(len(Digest{})))
		for i := range n.Chunks {
			n.Chunks[i] = r.digest()
		}
	}
	if flags&flagStatistics != 0 {
		n.Statistics = &Statistics{
			Min: r.float(), Max: r.float(), Mean: r.float(),
			NaNs: r.length(), Zeros: r.length(),
		}
	}
	for range r.count(smallestNode) {
		if r.failed {
			break
		}
		n.Children = append(n.Children, r.node(depth+1))
	}
	if !n.isSound() {
		r.take(math.MaxUint64)
	}
	return n
}

// isSound reports whether the parts of a decoded node agree, so that whoever
// reads it need not check.
func (n *Node) isSound() bool {
	switch n.Form {
	case Scalar:
		return n.Number != reflect.Invalid && len(n.Data) == n.width()
	case Instant:
		return len(n.Data) == 16
	case Text, Numbers:
		width := uint64(n.width())
		if width == 0 || n.Form == Text && width != 1 || uint64(n.Len) > math.MaxInt/width {
			return false
		}
		size := uint64(n.Len) * width
		leaves := (size + chunkSize - 1) / chunkSize
		return (n.Data == nil || uint64(len(n.Data)) == size) &&
			(n.Chunks == nil || uint64(len(n.Chunks)) == leaves) &&
			(n.Data != nil || n.Chunks != nil || leaves <= 1) && len(n.Children) == 0
	case Pointer, Interface:
		return n.Data == nil && n.Chunks == nil && len(n.Children) <= n.Len && n.Len <= 1
	case Struct, Sequence, Map:
		return n.Data == nil && n.Chunks == nil && len(n.Children) <= n.Len
	default:
		return n.Data == nil && n.Chunks == nil && len(n.Children) == 0
	}
}
