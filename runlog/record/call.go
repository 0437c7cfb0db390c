package record

import "time"

// Outcome says what a call of a cached function came to.
type Outcome string

// The outcomes of a call.
const (
	Hit     Outcome = "hit"     // the stored result was returned
	Miss    Outcome = "miss"    // the function ran
	Error   Outcome = "error"   // the function ran and returned an error, which is never stored
	Bypass  Outcome = "bypass"  // caching was off: the function ran, nothing was looked up
	Running Outcome = "running" // not over yet, or cut short by the end of the program
)

// ReasonKind says why a call was computed rather than loaded.
type ReasonKind string

// The reasons of a miss.
const (
	FirstCall         ReasonKind = "first-call"
	ArgumentChanged   ReasonKind = "argument-changed"
	CodeChanged       ReasonKind = "code-changed"
	DependencyChanged ReasonKind = "dependency-changed"
	OptionChanged     ReasonKind = "option-changed"
	ToolchainChanged  ReasonKind = "toolchain-changed"
	Evicted           ReasonKind = "evicted"
	Expired           ReasonKind = "expired"
	Invalidated       ReasonKind = "invalidated"
	Corrupt           ReasonKind = "corrupt"
	StoreFailed       ReasonKind = "store-failed"
	Bypassed          ReasonKind = "bypassed"
	Raced             ReasonKind = "raced"
	KeyFormatChanged  ReasonKind = "key-format-changed"
	Verified          ReasonKind = "verified" // a hit was computed again, to compare the results
)

// PartKind groups the parts of a key.
type PartKind string

// The kinds of part, in the order in which they stand in a key.
const (
	PartCode       PartKind = "code"       // the function and what it reaches in its own module
	PartModule     PartKind = "module"     // other modules that it reaches, by version
	PartToolchain  PartKind = "toolchain"  // the Go version
	PartDependency PartKind = "dependency" // what the program declared: a file, a variable
	PartOption     PartKind = "option"     // an option of the cached function that shapes its key
	PartArgument   PartKind = "argument"   // one argument of the call
)

// Part is one ingredient of a key. Name is what a person calls it ("x",
// "arg2", "signature"); Position orders the parts of one key.
type Part struct {
	Position int      `json:"position"`
	Kind     PartKind `json:"kind"`
	Name     string   `json:"name"`
	Digest   string   `json:"digest"`  // hexadecimal
	Preview  string   `json:"preview"` // short, for people
}

// Call is one invocation of a cached function.
type Call struct {
	ID       CallID  `json:"call"`
	Parent   CallID  `json:"parent,omitzero"` // the cached call that made this one
	Batch    int64   `json:"batch,omitempty"` // batch of the run, from 1; 0 for none
	Task     int64   `json:"task"`            // index in the batch, from 0; -1 for none
	Function string  `json:"function"`        // with its package path
	Key      string  `json:"key"`             // hexadecimal; "" for a bypass
	Outcome  Outcome `json:"outcome"`

	// Reason and Detail are what was certain when the call was made (an entry
	// that was corrupt, say). They are empty for a miss that simply found no
	// entry: why is then for whymiss to find out.
	Reason ReasonKind `json:"reason,omitempty"`
	Detail string     `json:"detail,omitempty"`

	Origin       CallID        `json:"origin,omitzero"` // of a hit: the call that computed the result, if this lab-book has it
	Started      time.Time     `json:"started"`
	Duration     time.Duration `json:"duration_ns"`
	Saved        time.Duration `json:"saved_ns"` // of a hit: what computing took, less what loading took
	ResultDigest string        `json:"result_digest,omitempty"`
	ResultBytes  int64         `json:"result_bytes"`
	Error        string        `json:"error,omitempty"`
	StoreError   string        `json:"store_error,omitempty"` // why a computed result could not be kept
}

// Function is a cached function at one state of its code.
type Function struct {
	Name       string `json:"name"`
	CodeDigest string `json:"code_digest"` // hexadecimal
	CodeKind   string `json:"code_kind"`   // how the code was identified: "source", "build" or "version"
	File       string `json:"file"`
	Line       int    `json:"line"`
}

// Cache is where a run keeps the results of a function.
type Cache struct {
	Folder string `json:"folder"`           // absolute; "" if it is not known, or caching is off
	IsNew  bool   `json:"is_new,omitempty"` // it held nothing of the function when the run first called that
	Limits string `json:"limits,omitempty"` // such as "MaxBytes 10 GiB", for people; "" for none
}

// Recomputed says what became of the results of a function: how often one was
// computed again that had been stored.
type Recomputed struct {
	Keys  int64         `json:"keys"`    // that were looked at, the newest
	Again int64         `json:"again"`   // computations of them but for the first of each
	Spent time.Duration `json:"took_ns"` // by these
	Bytes int64         `json:"bytes"`   // of the newest results on record, of all functions: what it takes to keep them
}

// CallDetail is a call with what its key was made of.
type CallDetail struct {
	Call
	Code  Function `json:"code"`
	Parts []Part   `json:"parts"`
}

// Source is the text of one function as it stood behind a code digest.
type Source struct {
	Name string `json:"name"` // with its package path
	Text string `json:"text"`

	// Via names the function that reached it first, "" for the cached function
	// itself; File and Line are where it stood when it was first recorded. They are
	// empty and 0 of what an older version recorded.
	Via  string `json:"via,omitempty"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}
