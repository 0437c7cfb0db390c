package diffargs

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"
)

// A moment is what a snapshot holds of a time.Time.
type moment struct {
	instant time.Time // in UTC
	offset  int       // of its zone from UTC, in seconds
}

// momentOf reads the encoding of a time.
func momentOf(data []byte) moment {
	seconds := int64(binary.LittleEndian.Uint64(data))
	nanoseconds := int64(binary.LittleEndian.Uint32(data[8:]))
	return moment{time.Unix(seconds, nanoseconds).UTC(), int(int32(binary.LittleEndian.Uint32(data[12:])))}
}

// wall returns the time that a clock in its zone shows, as if in UTC.
func (m moment) wall() time.Time { return m.instant.Add(time.Duration(m.offset) * time.Second) }

func (m moment) offsetText() string { return (time.Duration(m.offset) * time.Second).String() }

// instants compares times.
func (d *differ) instants(path string, a, b *Node) {
	if bytes.Equal(a.Data, b.Data) {
		return
	}
	x, y := momentOf(a.Data), momentOf(b.Data)
	difference := Difference{Path: path, Kind: Value, Before: a.Preview, After: b.Preview}
	if x.instant.Equal(y.instant) {
		difference.Kind = TimeZone
		difference.Detail = fmt.Sprintf("the same instant, %s and %s from UTC", x.offsetText(), y.offsetText())
	} else {
		difference.Detail = timesDetail(x, y)
	}
	d.addOf(difference, a, b)
}

// timesDetail says by how much two instants differ, and what that looks like.
func timesDetail(x, y moment) string {
	apart := apartText(y.instant.Sub(x.instant))
	switch {
	case x.wall().Equal(y.wall()) && magnitudeOf(int64(x.offset-y.offset)) == 3600:
		return apart + ": the same wall clock with the zone an hour off, as by daylight saving"
	case x.wall().Equal(y.wall()):
		return fmt.Sprintf("%s: the same wall clock, %s and %s from UTC", apart, x.offsetText(), y.offsetText())
	case magnitudeOf(int64(y.instant.Sub(x.instant))) == uint64(time.Hour):
		return apart + ": one whole hour, as by daylight saving"
	case cutTo(x, y) != "":
		return apart + ": the later one is cut to " + cutTo(x, y)
	case cutTo(y, x) != "":
		return apart + ": the earlier one is cut to " + cutTo(y, x)
	default:
		return apart
	}
}

// apartText writes a duration in days if it is a whole number of them.
func apartText(apart time.Duration) string {
	const day = 24 * time.Hour
	way := " later"
	if apart < 0 {
		way = " earlier"
	}
	switch {
	case apart == math.MaxInt64 || apart == math.MinInt64:
		return "more than 292 years" + way
	case apart%day == 0:
		return counted(int(apart.Abs()/day), "day", "days") + way
	default:
		return strings.TrimPrefix(apart.String(), "-") + way
	}
}

// cutTo says to which unit y is x cut, on the clock of one zone.
func cutTo(x, y moment) string {
	if x.offset != y.offset {
		return ""
	}
	wall := x.wall()
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Microsecond, "microseconds"}, {time.Millisecond, "milliseconds"}, {time.Second, "seconds"}} {
		if wall.Truncate(unit.of).Equal(y.wall()) {
			return unit.name
		}
	}
	year, month, day := wall.Date()
	if time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Equal(y.wall()) {
		return "the date"
	}
	return ""
}
