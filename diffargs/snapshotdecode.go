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
	if len(data) <= len(snapshotMagic) || string(data[:len(snapshotMagic)]) != snapshotMagic {
		return errNoSnapshot
	}
	if version := data[len(snapshotMagic)]; version != snapshotVersion {
		return &SnapshotVersionError{Version: version}
	}
	// Rows and text refer to this copy rather than to copies of their own.
	r := snapshotReader{rest: append([]byte(nil), data[len(snapshotMagic)+1:]...)}
	for range r.count(1 + len(Digest{})) {
		r.types = append(r.types, snapshotTypeKey{string(r.text()), r.digest()})
	}
	root := r.node(0)
	if r.failed || len(r.rest) > 0 {
		return errDamaged
	}
	s.Root = root
	return nil
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
