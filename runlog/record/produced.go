package record

import "time"

// ResultValue is one value among what a call returned.
type ResultValue struct {
	Path   string `json:"path"`   // "" for all of it, "result1" for the second result, "result1.W" for a part of that
	Digest string `json:"digest"` // hexadecimal, as of an argument
}

// Produced is a call that returned a certain value.
type Produced struct {
	Call    CallID  `json:"call"`
	Origin  CallID  `json:"origin,omitzero"` // of a hit: the call that computed it
	Path    string  `json:"path"`            // of the value within what the call returned
	Outcome Outcome `json:"outcome"`
}

// Ignored says what had become of the recorded misses of a function if one of
// its arguments did not count.
type Ignored struct {
	Misses   int64         `json:"misses"`    // that were looked at
	WouldHit int64         `json:"would_hit"` // of these
	Saved    time.Duration `json:"saved_ns"`  // what these took

	// Of the misses that would have hit: how many returned what the call
	// returned whose result they would have got.
	SameResult    int64 `json:"same_result"`
	OtherResult   int64 `json:"other_result"`
	UnknownResult int64 `json:"unknown_result"`

	Bounded bool `json:"bounded"` // there are older ones that were not looked at
}
