package store

import (
	"time"

	"labbook/cache/store/index"
)

// Limits of a store. What is zero is not limited.
type Limits struct {
	MaxBytes   int64         // of all files of entries together
	MaxEntries int64         //
	MaxAge     time.Duration // since an entry was last put or used
}

// slack is which part of a limit automatic eviction makes free besides, so that
// the next entries need none.
const slack = 16

// exceeded reports whether there is more than the limits allow.
func (l Limits) exceeded(entries, size int64) bool {
	return l.MaxEntries > 0 && entries > l.MaxEntries || l.MaxBytes > 0 && size > l.MaxBytes
}

// eased returns limits with slack.
func (l Limits) eased() Limits {
	l.MaxEntries -= l.MaxEntries / slack
	l.MaxBytes -= l.MaxBytes / slack
	return l
}

// victims returns the records of entries that must go, those that were used
// longest ago first. If the limits are exceeded, as many go as it takes to
// get to target. Spared ones never go, and count.
func (l Limits) victims(state *index.State, target Limits, now int64, spared func(*index.Record) bool) []int {
	entries, size := state.Totals()
	full := l.exceeded(entries, size)
	if !full && l.MaxAge <= 0 {
		return nil
	}
	var victims []int
	for _, i := range state.Oldest() {
		r := &state.Records[i]
		// A clock that was set back makes ages negative, not entries old.
		expired := l.MaxAge > 0 && now-r.Used > int64(l.MaxAge)
		if !expired && (!full || !target.exceeded(entries, size)) {
			break // the others were used later
		}
		if spared(r) {
			continue
		}
		victims = append(victims, i)
		entries--
		size -= r.Size
	}
	return victims
}
