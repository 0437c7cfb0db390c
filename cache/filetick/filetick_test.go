package filetick

import (
	"testing"
	"time"
)

func TestSettled(t *testing.T) {
	t.Parallel()
	second := time.Unix(1_700_000_000, 0)
	fraction := second.Add(7 * time.Millisecond)
	for _, test := range []struct {
		reason  string
		changed int64
		at      time.Time
		want    bool
	}{
		{"in the same tick", fraction.UnixNano(), fraction, false},
		{"in a tick that may be the same", fraction.UnixNano(), fraction.Add(fineTick), false},
		{"later", fraction.UnixNano(), fraction.Add(fineTick + 1), true},
		{"where only seconds are told, later is not late enough", second.UnixNano(), second.Add(fineTick + 1), false},
		{"seconds later", second.UnixNano(), second.Add(coarseTick + 1), true},
		{"a clock that was set back", fraction.UnixNano(), fraction.Add(-time.Hour), false},
		{"nobody knows", 0, second, false},
	} {
		if got := Settled(test.changed, test.at); got != test.want {
			t.Errorf("%s: %t", test.reason, got)
		}
	}
}
