package diffargs

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

func (d *differ) scalars(path string, a, b *Node) {
	if a.Number != b.Number {
		// One named type, defined otherwise.
		return
	}
	if bytes.Equal(a.Data, b.Data) {
		return
	}
	c := contrastOf(a.numberAt(0), b.numberAt(0))
	d.add(Difference{Path: path, Kind: c.kind, Before: a.Preview, After: b.Preview, Detail: c.describe()})
}

// instants compares times.
func (d *differ) instants(path string, a, b *Node) {
	if bytes.Equal(a.Data, b.Data) {
		return
	}
	x, xOffset := instantOf(a.Data)
	y, yOffset := instantOf(b.Data)
	difference := Difference{Path: path, Kind: Value, Before: a.Preview, After: b.Preview}
	if x.Equal(y) {
		difference.Kind = TimeZone
		difference.Detail = fmt.Sprintf("the same instant, %s and %s from UTC", xOffset, yOffset)
	} else if apart := y.Sub(x); apart > 0 {
		difference.Detail = apart.String() + " later"
	} else {
		difference.Detail = strings.TrimPrefix(apart.String(), "-") + " earlier"
	}
	d.add(difference)
}

// instantOf reads the encoding of a time: the instant, and its offset as "2h0m0s".
func instantOf(data []byte) (time.Time, string) {
	seconds := int64(binary.LittleEndian.Uint64(data))
	nanoseconds := int64(binary.LittleEndian.Uint32(data[8:]))
	offset := int(int32(binary.LittleEndian.Uint32(data[12:])))
	t := time.Unix(seconds, nanoseconds)
	return t, (time.Duration(offset) * time.Second).String()
}

// texts compares strings.
func (d *differ) texts(path string, a, b *Node) {
	difference := Difference{Path: path, Kind: Value, Before: a.Preview, After: b.Preview}
	switch {
	case a.Data == nil || b.Data == nil:
		difference.Detail = placeInChunks(a, b, "byte", "bytes") + "; the texts were not stored"
	case bytes.Equal(a.Data, b.Data):
		return
	default:
		at := commonPrefix(a, b)
		difference.Detail = fmt.Sprintf("first at byte %d of %d and %d", at, a.Len, b.Len)
		// A preview shows the beginning, which may be the same.
		if max(a.Len, b.Len) > snapshotPreview/2 {
			difference.Before, difference.After = excerpt(a.Data, at), excerpt(b.Data, at)
		}
	}
	d.add(difference)
}

// excerpt quotes text around a place.
func excerpt(text []byte, at int) string {
	const around = 20
	from, to := max(at-around, 0), min(at+around, len(text))
	quoted := strconv.Quote(strings.ToValidUTF8(string(text[from:to]), "\uFFFD"))
	if from > 0 {
		quoted = "…" + quoted
	}
	if to < len(text) {
		quoted += "…"
	}
	return quoted
}
