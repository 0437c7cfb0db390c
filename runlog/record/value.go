package record

import "time"

// ResultValue is the digest of a value that a call returned, or of one within it.
type ResultValue struct {
	Path   string `json:"path"`   // "" for a single result, "result0" for the first of several; ".W" or "[3]" for what is within
	Digest string `json:"digest"` // hexadecimal, of the value as an argument
}

// Produced says that a value is what a call returned.
type Produced struct {
	Call    CallID  `json:"call"`
	Origin  CallID  `json:"origin,omitzero"` // of a hit: the call that computed the value
	Path    string  `json:"path"`            // as in ResultValue
	Outcome Outcome `json:"outcome"`
}

// Candidate is an earlier call that may be near another one. Common is the larger the
// more the sketch of one of its arguments has in common with that of an argument of the
// other, 0 if that is nothing or not known.
type Candidate struct {
	CallDetail
	Common int `json:"common,omitempty"`
}

// Ignored says what would have come of it had an argument of a function not
// counted.
type Ignored struct {
	Misses   int64         `json:"misses"`    // that were looked at
	WouldHit int64         `json:"would_hit"` // of them, those that an earlier one among them would have served
	Saved    time.Duration `json:"saved_ns"`  // what computing those took

	// Of those that would have hit: whether they came to the result that would
	// have been loaded, in all its bytes.
	SameResult    int64 `json:"same_result"`
	OtherResult   int64 `json:"other_result"`
	UnknownResult int64 `json:"unknown_result"`

	Bounded bool `json:"bounded"` // there can be older misses that were not looked at
}
