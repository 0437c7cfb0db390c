package whymiss

import (
	"strings"
	"time"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// Explanation says why one call was computed. Its JSON form is what
// `labbook why-miss CALL --json` prints.
type Explanation struct {
	Call        record.CallID  `json:"call"`
	Function    string         `json:"function"`
	Outcome     record.Outcome `json:"outcome"`
	Reason      Reason         `json:"reason"`      // the gravest cause
	Also        []Reason       `json:"also"`        // the other causes, the gravest first
	Upstream    []Upstream     `json:"upstream"`    // whose results the arguments are that changed
	Nearest     *Nearest       `json:"nearest"`     // null when no earlier call is comparable
	Differences []Difference   `json:"differences"` // from the nearest call
	Remedies    []Remedy       `json:"remedies"`    // what to do so that the next such call hits, the best first
	Remedy      string         `json:"remedy"`      // the first of them in a sentence; "" if nothing
	LostSeconds float64        `json:"lost_seconds"`
}

// Reason is the cause in one word and in one sentence.
type Reason struct {
	Kind    record.ReasonKind `json:"kind"`
	Summary string            `json:"summary"`
}

// Nearest is the earlier call that the missed one is compared with.
type Nearest struct {
	Call  record.CallID `json:"call"`
	Run   int64         `json:"run"`
	When  time.Time     `json:"when"`
	Equal int           `json:"equal_arguments"` // how many arguments are equal
	Of    int           `json:"arguments"`       // of how many
	// Result compares what the two calls returned: "equal", "different", or ""
	// where it is not known.
	Result string `json:"result"`
}

// The values of Nearest.Result.
const (
	ResultEqual     = "equal"
	ResultDifferent = "different"
)

// Difference is one place where the missed call and the nearest one differ.
type Difference struct {
	Part   string        `json:"part"` // name of the part: an argument, "code", ...
	Path   string        `json:"path"` // from the part's name down: "params.Layers[3].Width"
	Kind   diffargs.Kind `json:"kind"`
	Before string        `json:"before"` // in the nearest call
	After  string        `json:"after"`  // in the missed call
	Detail string        `json:"detail"` // what else there is to say, or a unified diff

	// Of code: from the cached function to the one that changed, and where that
	// is, "model.go:12".
	Chain []string `json:"chain,omitempty"`
	Where string   `json:"where,omitempty"`
}

// Upstream is where an argument comes from: a call of the same run returned the
// value that was passed.
type Upstream struct {
	Argument string        `json:"argument"`
	Path     string        `json:"path"` // of the value within what the call returned; "" for all of it
	Call     record.CallID `json:"call"`
	Function string        `json:"function"`
	Before   record.CallID `json:"before,omitzero"` // the call that returned what the nearest call was given
	// Reason says why the two calls returned different values. It is empty
	// unless both are known.
	Reason Reason `json:"reason"`
	// What differs between the two, and what is above. Both are empty where the
	// same two calls stand earlier in the explanation.
	Differences []Difference `json:"differences"`
	Upstream    []Upstream   `json:"upstream"` // whose results that call's arguments are
}

// Remedy is something to do so that such a call hits the next time.
type Remedy struct {
	Advice string `json:"advice"` // in a sentence
	Code   string `json:"code"`   // the Go that does it; "" if it takes none

	// Caveat says how it can change a result, "" if it cannot.
	Caveat string `json:"caveat"`

	// What it would have done over the recorded history of the function: how
	// many of its misses would have been hits, and what these took. Both are
	// zero where that is not known.
	WouldHit     int64   `json:"would_hit"`
	SavedSeconds float64 `json:"saved_seconds"`
	Evidence     string  `json:"evidence"` // that, and what else speaks for it, in words
}

// Summary names all causes in one line.
func (e *Explanation) Summary() string {
	summaries := []string{e.Reason.Summary}
	for _, also := range e.Also {
		summaries = append(summaries, also.Summary)
	}
	return strings.Join(summaries, "; also, ")
}
