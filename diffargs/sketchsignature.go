package diffargs

import (
	"encoding/binary"
	"reflect"
	"unsafe"
)

const (
	maxSignature     = 4 // depth of what a signature covers
	signatureParts   = 8 // of a sequence, from the first on
	signatureText    = 32
	signatureExcerpt = 16
)

// signature returns a hash of what the value at p is about, 0 if it is zero or
// empty. It takes little time however large the value is: it rounds numbers,
// and leaves out much of what is long or deep. So a part whose signature stays
// the same has at most small changes.
func (s *sketcher) signature(pl *plan, p unsafe.Pointer, depth int) uint64 {
	switch {
	case pl.treatment == leftOut:
		return 0
	case pl.treatment != walked:
		return s.opaque(pl, p)
	case isNumber(pl):
		return numberSignature(pl, p)
	case pl.kind == reflect.String:
		return textSignature(*(*string)(p))
	case depth == maxSignature:
		return 1
	}
	switch pl.kind {
	case reflect.Slice:
		header := (*sliceHeader)(p)
		return s.elementsSignature(pl.elem, header.data, header.len, depth)
	case reflect.Array:
		if pl.elem == nil {
			return 0
		}
		return s.elementsSignature(pl.elem, p, pl.typ.Len(), depth)
	case reflect.Struct:
		var h uint64
		for i := range pl.fields {
			f := &pl.fields[i]
			if field := s.signature(f.plan, unsafe.Add(p, f.offset), depth+1); field != 0 {
				h = join(h, field+uint64(i))
			}
		}
		return h
	case reflect.Map:
		return mix(uint64(reflect.NewAt(pl.typ, p).Elem().Len()))
	case reflect.Pointer:
		if at := *(*unsafe.Pointer)(p); at != nil {
			return s.signature(pl.elem, at, depth+1)
		}
	case reflect.Interface:
		if held := reflect.NewAt(pl.typ, p).Elem().Elem(); held.IsValid() {
			if at, err := addressOf(held); err == nil {
				return s.signature(s.e.planOf(held.Type()), at, depth+1)
			}
		}
	}
	return 0
}

func (s *sketcher) elementsSignature(elem *plan, data unsafe.Pointer, n, depth int) uint64 {
	var h uint64
	for i := range min(n, signatureParts) {
		if part := s.signature(elem, unsafe.Add(data, uintptr(i)*elem.size), depth+1); part != 0 {
			h = join(h, part+uint64(i))
		}
	}
	return h
}

func numberSignature(pl *plan, p unsafe.Pointer) uint64 {
	var room [2]float64
	x := appendNumber(room[:0], pl.kind, p)
	h := rounded(x[0], entryBits, 0)
	if len(x) > 1 && (h != 0 || x[1] != 0) {
		h = join(h, rounded(x[1], entryBits, 0))
	}
	if h == 0 {
		return 0
	}
	return mix(h)
}

// appendNumber appends the number at p to x, as two if it is complex.
func appendNumber(x []float64, kind reflect.Kind, p unsafe.Pointer) []float64 {
	switch kind {
	case reflect.Float64:
		return append(x, *(*float64)(p))
	case reflect.Int:
		return append(x, float64(*(*int)(p)))
	case reflect.Complex64:
		c := *(*complex64)(p)
		return append(x, float64(real(c)), float64(imag(c)))
	case reflect.Complex128:
		c := *(*complex128)(p)
		return append(x, real(c), imag(c))
	default:
		return rowFuncsOf[kind].appendTo(x, p, 1, 0)
	}
}

// textSignature covers the whole of short texts, the beginning, the middle and
// the end of long ones.
func textSignature(text string) uint64 {
	if text == "" {
		return 0
	}
	if len(text) <= signatureText {
		return hashBytes(text)
	}
	middle := (len(text) - signatureExcerpt) / 2
	h := hashBytes(text[:signatureExcerpt])
	h = join(h, hashBytes(text[middle:middle+signatureExcerpt]))
	return join(h, hashBytes(text[len(text)-signatureExcerpt:]))
}

// hashBytes returns hashEncoding of the bytes of a text.
func hashBytes(text string) uint64 {
	return hashEncoding(unsafe.Slice(unsafe.StringData(text), len(text)))
}

// opaque returns the signature of a value whose encoding is all that is known.
func (s *sketcher) opaque(pl *plan, p unsafe.Pointer) uint64 {
	e := s.e
	start := len(e.buf)
	defer func() { e.buf = e.buf[:start] }()
	// Only a type's own AppendKey can fail, which then fails the digest too.
	if pl.body(e, p) != nil {
		return 0
	}
	var h uint64
	for rest := e.buf[start:]; len(rest) > 0; {
		var next [8]byte
		rest = rest[copy(next[:], rest):]
		h = join(h, binary.LittleEndian.Uint64(next[:]))
	}
	return h
}
