package display

import (
	"strconv"
	"time"
)

// Ago returns how long before now a moment was, at most 10 cells wide: "just
// now", "12 s ago", "5 m ago", "3 h ago", "6 d ago", and from 30 days on the
// date. It is "" for the zero time. A moment to come, which a clock that was
// set can bring about, is "just now" up to a minute and a date beyond.
func Ago(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	for _, unit := range []struct {
		name string
		size time.Duration
		next time.Duration
	}{{"s", time.Second, time.Minute}, {"m", time.Minute, time.Hour}, {"h", time.Hour, 24 * time.Hour}, {"d", 24 * time.Hour, 30 * 24 * time.Hour}} {
		switch {
		case d < -time.Minute:
			return t.In(now.Location()).Format(time.DateOnly)
		case d < 2*time.Second:
			return "just now"
		case d < unit.next:
			return strconv.FormatInt(int64(d/unit.size), 10) + " " + unit.name + " ago"
		}
	}
	return t.In(now.Location()).Format(time.DateOnly)
}

// Moment returns a time to the second in the location of now, without the date
// if it is today's: "15:04:05", "2026-11-21 15:04:05". It is "" for the zero
// time.
func Moment(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(now.Location())
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
