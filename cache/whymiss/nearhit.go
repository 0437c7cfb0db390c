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
		switch e.Differences[i].Kind {
		case diffargs.FloatNoise, diffargs.NegativeZero, diffargs.TimeZone, diffargs.NilVsEmpty, diffargs.DType, diffargs.Order,
			diffargs.Float32, diffargs.Case, diffargs.Whitespace:
		default:
			return false
		}
	}
	return len(e.Differences) > 0
}
