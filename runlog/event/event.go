// Package event defines what a program records while it runs, and the bytes of
// each event in a spool.
//
// An event names calls, batches and functions by numbers that count within its
// run, so that writing one needs no look-up; the lab-book resolves them when it
// takes the event in. Applying the events of a spool in order is the whole of
// recording.
//
// # Format
//
// An event is one kind byte followed by the fields of its type in the order of
// its fields method:
//
//	int, bool, time, duration   zig-zag varint; times in nanoseconds since 1970 UTC, 0 for none
//	float                 8 bytes, IEEE 754, little endian
//	string, bytes         uvarint length, then the bytes
//	list                  uvarint count, then the elements
//	json                  as bytes: rows that are written once a run
//
// A decoder ignores bytes after the last field that it knows, so that a later
// version may append fields; those that an earlier version did not append are zero.
// A kind that it does not know is an *UnknownError.
package event

import (
	"time"

	"labbook/runlog/record"
)

// Event is one of the types of this package, by pointer.
type Event interface {
	kind() kind
	fields(c *coder)
}

type kind byte

// Numbers are part of the format: never reuse one.
const (
	kindRunStart kind = iota + 1
	kindRunParams
	kindRunEnd
	kindHeartbeat
	kindFunction
	kindSource
	kindKey
	kindSnapshot
	kindCallStart
	kindCallEnd
	kindBatchStart
	kindBatchEnd
	kindTasks
	kindOutput
	kindMetric
	kindArtifact
	kindTag
	kindNote
	kindVCS
	kindWithin
	kindExit
	kindSample
	kindInput
	kindOutputScope
	kindResult
)

// RunStart opens a run. It is the first event of a program's spool. ID and the
// fields of the end are zero; RerunOf is set from RerunOfUUID.
type RunStart struct {
	Run         record.Run
	RerunOfUUID string
}

// RunParams replaces the parameters of the run.
type RunParams struct{ Params []record.Param }

// RunEnd closes a run.
type RunEnd struct {
	Ended    time.Time
	Status   record.Status
	ExitCode int
	Signal   string
	Error    string
	Usage    Usage
}

// Heartbeat says that the program was alive.
type Heartbeat struct {
	At    time.Time
	Usage Usage
}

// Usage is what a process has used of its machine.
type Usage struct {
	UserTime time.Duration
	SysTime  time.Duration
	MaxRSS   int64 // bytes
}

// Function declares a cached function; calls name it by Number.
type Function struct {
	Number int64
	record.Function
	Cache record.Cache
}

// Source stores the text of one function behind a code digest.
type Source struct {
	CodeDigest string // hexadecimal
	record.Source
}

// Key declares what a key is made of. It comes before the first call with that
// key in this program.
type Key struct {
	Key      []byte
	Function int64
	Parts    []record.Part
	Call     int64 // that call; 0 if it is not known, as in older spools
}

// Snapshot stores the snapshot of a value by the digest of the value.
type Snapshot struct {
	Digest string // hexadecimal, as in record.Part
	Blob   []byte
}

// CallStart says that a cached function begins to compute.
type CallStart struct {
	Call     int64
	Scope    Scope
	Function int64
	Key      []byte // empty for a bypass
	Reason   record.ReasonKind
	Detail   string
	Started  time.Time
}

// CallEnd says what a call came to. It stands alone: a hit has no CallStart.
type CallEnd struct {
	Call         int64
	Scope        Scope
	Function     int64
	Key          []byte
	Outcome      record.Outcome
	Reason       record.ReasonKind
	Detail       string
	OriginRun    string // of a hit: UUID of the run that computed the result
	OriginCall   int64
	Started      time.Time
	Duration     time.Duration
	Saved        time.Duration
	ResultDigest []byte
	ResultBytes  int64
	Error        string
	StoreError   string
}

// Result says which values a call has returned that has computed them. It comes
// after the CallEnd.
type Result struct {
	Call   int64
	Values []record.ResultValue
}

// Scope places a call or a batch in its run.
type Scope struct {
	Call  int64 // the cached call around it; 0 for none
	Batch int64 // the batch around it; 0 for none
	Task  int64 // the task of that batch; -1 for none
}

// BatchStart opens a batch.
type BatchStart struct {
	Batch   int64
	Scope   Scope
	Label   string
	Backend string
	Jobs    int
	Tasks   int64 // -1 if unknown
	Started time.Time
}

// BatchEnd closes a batch. Tasks is how many it turned out to have.
type BatchEnd struct {
	Batch  int64
	Tasks  int64
	Done   int64
	Failed int64
	Ended  time.Time
	Status record.BatchStatus
	Error  string
}

// Tasks reports tasks of a batch that began or ended. A later report of the
// same index and attempt replaces the earlier one.
type Tasks struct {
	Batch int64
	Tasks []record.Task
}

// Output is a chunk of what the program printed. Offset counts the bytes of
// its stream from the start of the run.
type Output struct {
	Stream record.Stream
	Offset int64
	At     time.Time
	Bytes  []byte
}

// Metric is one measured value.
type Metric struct{ record.Metric }

// Artifact is a file put aside for the run.
type Artifact struct{ record.Artifact }

// Tag marks the run.
type Tag struct{ Tag string }

// Note adds a line of prose to the run.
type Note struct{ record.Note }

// VCS says at which state of its source the program ran. It comes after
// RunStart, since asking for it takes time.
type VCS struct {
	Revision string
	Dirty    bool
	Diff     string
}

// Within says which run started this one.
type Within struct{ UUID string }

// Exit says how the process of the run ended, as somebody who watched it was told
// by the system.
type Exit struct {
	At       time.Time
	ExitCode int
	Signal   string // that ended it, such as "killed"; "" for none
	Panicked bool   // it printed a trace at its end
	Usage    Usage  // zero if the watcher does not know
}

// Sample is what the process has used by a moment.
type Sample struct{ record.Sample }

// Input is a file that the run was given.
type Input struct{ record.Input }

// OutputScope says where a part of a stream was printed. Offset counts as that
// of Output does.
type OutputScope struct {
	Stream record.Stream
	Offset int64
	Bytes  int64
	Scope  Scope
}

func (*RunStart) kind() kind    { return kindRunStart }
func (*RunParams) kind() kind   { return kindRunParams }
func (*RunEnd) kind() kind      { return kindRunEnd }
func (*Heartbeat) kind() kind   { return kindHeartbeat }
func (*Function) kind() kind    { return kindFunction }
func (*Source) kind() kind      { return kindSource }
func (*Key) kind() kind         { return kindKey }
func (*Snapshot) kind() kind    { return kindSnapshot }
func (*CallStart) kind() kind   { return kindCallStart }
func (*CallEnd) kind() kind     { return kindCallEnd }
func (*BatchStart) kind() kind  { return kindBatchStart }
func (*BatchEnd) kind() kind    { return kindBatchEnd }
func (*Tasks) kind() kind       { return kindTasks }
func (*Output) kind() kind      { return kindOutput }
func (*Metric) kind() kind      { return kindMetric }
func (*Artifact) kind() kind    { return kindArtifact }
func (*Tag) kind() kind         { return kindTag }
func (*Note) kind() kind        { return kindNote }
func (*VCS) kind() kind         { return kindVCS }
func (*Within) kind() kind      { return kindWithin }
func (*Exit) kind() kind        { return kindExit }
func (*Sample) kind() kind      { return kindSample }
func (*Input) kind() kind       { return kindInput }
func (*OutputScope) kind() kind { return kindOutputScope }
func (*Result) kind() kind      { return kindResult }

// newEvent returns an empty event of the kind, nil for an unknown one.
func newEvent(k kind) Event {
	switch k {
	case kindRunStart:
		return &RunStart{}
	case kindRunParams:
		return &RunParams{}
	case kindRunEnd:
		return &RunEnd{}
	case kindHeartbeat:
		return &Heartbeat{}
	case kindFunction:
		return &Function{}
	case kindSource:
		return &Source{}
	case kindKey:
		return &Key{}
	case kindSnapshot:
		return &Snapshot{}
	case kindCallStart:
		return &CallStart{}
	case kindCallEnd:
		return &CallEnd{}
	case kindBatchStart:
		return &BatchStart{}
	case kindBatchEnd:
		return &BatchEnd{}
	case kindTasks:
		return &Tasks{}
	case kindOutput:
		return &Output{}
	case kindMetric:
		return &Metric{}
	case kindArtifact:
		return &Artifact{}
	case kindTag:
		return &Tag{}
	case kindNote:
		return &Note{}
	case kindVCS:
		return &VCS{}
	case kindWithin:
		return &Within{}
	case kindExit:
		return &Exit{}
	case kindSample:
		return &Sample{}
	case kindInput:
		return &Input{}
	case kindOutputScope:
		return &OutputScope{}
	case kindResult:
		return &Result{}
	}
	return nil
}
