package whymiss

import (
	"time"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// Explanation says why one call was computed. Its JSON form is what
// `labbook why-miss --json` prints.
type Explanation struct {
	Call        record.CallID  `json:"call"`
	Function    string         `json:"function"`
	Outcome     record.Outcome `json:"outcome"`
	Reason      Reason         `json:"reason"`
	Nearest     *Nearest       `json:"nearest"` // null when no earlier call is comparable
	Differences []Difference   `json:"differences"`
	Remedy      string         `json:"remedy"` // what to do so that the next such call hits; "" if nothing
	LostSeconds float64        `json:"lost_seconds"`
}

// Reason is the cause in one word and in one sentence.
type Reason struct {
	Kind    record.ReasonKind `json:"kind"`
	Summary string            `json:"summary"`
}

// Nearest is the earlier call that the missed one is compared with.
type Nearest struct {
	Call record.CallID `json:"call"`
	Run  int64         `json:"run"`
	When time.Time     `json:"when"`
}

// Difference is one place where the missed call and the nearest one differ.
type Difference struct {
	Part   string        `json:"part"` // name of the part: an argument, "code", ...
	Path   string        `json:"path"` // from the part's name down: "params.Layers[3].Width"
	Kind   diffargs.Kind `json:"kind"`
	Before string        `json:"before"` // in the nearest call
	After  string        `json:"after"`  // in the missed call
	Detail string        `json:"detail"`
}
