package whymiss

import (
	"labbook/diffargs"
	"labbook/runlog/record"
)

// NearHit reports whether the miss looks like an accident: the arguments are
// those of an earlier call in all that a person would call different.
func (e *Explanation) NearHit() bool {
	switch e.Reason.Kind {
	case record.FirstCall, record.Bypassed, record.Verified, record.CodeChanged, record.DependencyChanged, record.ToolchainChanged, record.OptionChanged:
		return false
	case record.ArgumentChanged:
	default:
		return true // an entry that was there and did not serve
	}
	for i := range e.Differences {
		if !isAccident(e.Differences[i].Kind) {
			return false
		}
	}
	return len(e.Differences) > 0
}

// isAccident reports whether a person would call values equal that differ in this
// way.
func isAccident(kind diffargs.Kind) bool {
	switch kind {
	case diffargs.FloatNoise, diffargs.NegativeZero, diffargs.TimeZone, diffargs.NilVsEmpty, diffargs.DType, diffargs.Order,
		diffargs.Float32, diffargs.Case, diffargs.Whitespace:
		return true
	default:
		return false
	}
}
