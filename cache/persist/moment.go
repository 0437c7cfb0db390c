package persist

import (
	"reflect"
	"time"
	"unsafe"
)

var typeTime = reflect.TypeFor[time.Time]()

// timeName is the name of time.Time where its parts follow instead of a text.
const timeName = "time.Time"

func planTime(p *plan) {
	p.least, p.nodes = 1, noNode
	p.encode = func(e *encoder, at unsafe.Pointer) error {
		e.time(*(*time.Time)(at))
		return nil
	}
	p.decode = func(d *decoder, at unsafe.Pointer) error {
		t, err := d.time()
		*(*time.Time)(at) = t
		return err
	}
}

func (e *encoder) time(t time.Time) {
	_, offset := t.Zone()
	if year := t.Year(); year >= 0 && year <= 9999 && offset%60 == 0 && offset > -24*3600 && offset < 24*3600 {
		e.head(majorTag, tagTime)
		layout := time.RFC3339Nano
		if t.Location() != time.UTC {
			// London in winter is not UTC, though it shows the same time.
			layout = "2006-01-02T15:04:05.999999999-07:00"
		}
		var text [len(time.RFC3339Nano)]byte
		b := t.AppendFormat(text[:0], layout)
		e.head(majorText, uint64(len(b)))
		e.buf = append(e.buf, b...)
		return
	}
	e.head(majorTag, tagObject)
	e.head(majorArray, 4)
	e.text(timeName)
	e.int(t.Unix())
	e.int(int64(t.Nanosecond()))
	e.int(int64(offset))
}

func (d *decoder) time() (time.Time, error) {
	start := d.pos
	switch {
	case d.tag(tagTime):
		h, err := d.head()
		if err != nil {
			return time.Time{}, err
		}
		if h.major != majorText {
			return time.Time{}, d.mismatch(start, "a time")
		}
		b, err := d.bytes(h)
		if err != nil {
			return time.Time{}, err
		}
		t, err := time.Parse(time.RFC3339Nano, string(b))
		if err != nil {
			return time.Time{}, &MismatchError{Want: "a time", Found: brief(b)}
		}
		if _, offset := t.Zone(); offset == 0 && b[len(b)-1] != 'Z' {
			return inZone(t, 0), nil
		}
		return t, nil
	case d.tag(tagObject):
		return d.timeParts(start)
	default:
		return time.Time{}, d.mismatch(start, "a time")
	}
}

// timeParts takes the array of a time that no text can say.
func (d *decoder) timeParts(start int) (time.Time, error) {
	h, err := d.head()
	if err != nil {
		return time.Time{}, err
	}
	if h.major != majorArray || h.indefinite || h.n != 4 {
		return time.Time{}, d.mismatch(start, "a time")
	}
	h, err = d.head()
	if err != nil {
		return time.Time{}, err
	}
	name, err := d.bytes(h)
	if err != nil {
		return time.Time{}, err
	}
	if h.major != majorText || string(name) != timeName {
		return time.Time{}, d.mismatch(start, "a time")
	}
	var seconds int64
	var nanoseconds, offset int32
	if err := planOfInt64.decode(d, unsafe.Pointer(&seconds)); err != nil {
		return time.Time{}, err
	}
	for _, part := range []*int32{&nanoseconds, &offset} {
		if err := planOfInt32.decode(d, unsafe.Pointer(part)); err != nil {
			return time.Time{}, err
		}
	}
	if nanoseconds < 0 || nanoseconds > 999_999_999 {
		return time.Time{}, &MismatchError{Want: "nanoseconds of a time", Found: "a number out of range"}
	}
	return inZone(time.Unix(seconds, int64(nanoseconds)), int(offset)), nil
}

var planOfInt64, planOfInt32 = func() (a, b plan) {
	a.typ, b.typ = reflect.TypeFor[int64](), reflect.TypeFor[int32]()
	planInt(&a)
	planInt(&b)
	return a, b
}()

// inZone shows t with the offset: in the local zone if that fits.
func inZone(t time.Time, offset int) time.Time {
	if _, local := t.Local().Zone(); local == offset {
		return t.Local()
	}
	return t.In(time.FixedZone("", offset))
}
