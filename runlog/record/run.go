package record

import "time"

// Status says how a run stands.
type Status string

// The states of a run.
const (
	StatusRunning     Status = "running"
	StatusOK          Status = "ok"          // ended by itself, without an error
	StatusFailed      Status = "failed"      // returned an error or exited non-zero
	StatusPanicked    Status = "panicked"    // ended in a panic
	StatusInterrupted Status = "interrupted" // stopped by SIGINT, SIGTERM or SIGHUP
	StatusKilled      Status = "killed"      // ended by another signal: kill -9, out of memory
	StatusDied        Status = "died"        // vanished, and nobody saw how: power loss, a kill where nobody can watch
	StatusEnded       Status = "ended"       // a program without runlog.Main: gone, its exit status unknown
)

// Ended reports whether the run is over.
func (s Status) Ended() bool { return s != StatusRunning }

// Run is one execution of a program.
type Run struct {
	ID      int64    `json:"id"`
	UUID    string   `json:"uuid"`
	RerunOf int64    `json:"rerun_of,omitempty"` // run that this one repeats; 0 for none
	Within  int64    `json:"within,omitempty"`   // run that started this one; 0 for none
	Pinned  bool     `json:"pinned,omitempty"`   // prune leaves it
	Name    string   `json:"name"`               // short name of the program
	Argv    []string `json:"argv"`
	Cwd     string   `json:"cwd"`
	Env     []string `json:"env,omitempty"` // KEY=VALUE, secrets masked; only filled by a single-run read

	Exe           string `json:"exe"` // path of the executable
	BuildID       string `json:"build_id,omitempty"`
	Package       string `json:"package,omitempty"`    // import path of the main package
	ModuleDir     string `json:"module_dir,omitempty"` // where its source lay when it was built, if known
	Module        string `json:"module,omitempty"`
	ModuleVersion string `json:"module_version,omitempty"`
	GoVersion     string `json:"go_version"`

	VCSRevision string `json:"vcs_revision,omitempty"`
	VCSDirty    bool   `json:"vcs_dirty,omitempty"`
	VCSDiff     string `json:"vcs_diff,omitempty"` // only filled by a single-run read

	Host   string `json:"host"`
	OSArch string `json:"os_arch"`
	CPUs   int    `json:"cpus"`
	User   string `json:"user"`
	PID    int    `json:"pid"`
	Debug  bool   `json:"debug"` // JOBLIB_DEBUG=1

	MaxProcs    int      `json:"max_procs,omitempty"` // GOMAXPROCS when the run began, if it was not CPUs
	CPUModel    string   `json:"cpu_model,omitempty"`
	Memory      int64    `json:"memory_bytes,omitempty"`       // of the machine
	CPULimit    float64  `json:"cpu_limit,omitempty"`          // cores that a control group grants; 0 for no limit
	MemoryLimit int64    `json:"memory_limit_bytes,omitempty"` // that a control group sets; 0 for no limit
	Modules     []string `json:"modules,omitempty"`            // path@version of what the program is built from; only filled by a single-run read

	// Outside marks a run that "labbook run" recorded, Itself one that the
	// program recorded: what it said of itself is here then.
	Outside bool `json:"outside,omitempty"`
	Itself  bool `json:"itself"`

	// Implicit marks a run that nobody declared: the program used cache or
	// parallel without runlog.Main, so nothing is known of how it ended.
	Implicit bool `json:"implicit,omitempty"`

	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended,omitzero"`
	Heartbeat time.Time `json:"heartbeat"`

	Status   Status        `json:"status"`
	ExitCode int           `json:"exit_code"`
	Signal   string        `json:"signal,omitempty"`
	ExitSeen bool          `json:"exit_seen,omitempty"` // both are what the system says, not what the program said it was about to do
	Error    string        `json:"error,omitempty"`
	UserTime time.Duration `json:"user_ns"`
	SysTime  time.Duration `json:"sys_ns"`
	MaxRSS   int64         `json:"max_rss_bytes,omitempty"` // the most memory that it had; 0 if that is not known

	Counts Counts `json:"counts"`
}

// Duration is how long the run took, or has taken up to now.
func (r *Run) Duration(now time.Time) time.Duration {
	switch {
	case !r.Ended.IsZero():
		return r.Ended.Sub(r.Started)
	case r.Status == StatusRunning:
		return now.Sub(r.Started)
	default:
		return r.Heartbeat.Sub(r.Started)
	}
}

// Counts sums up the calls of a run.
type Counts struct {
	Calls    int64         `json:"calls"`
	Hits     int64         `json:"hits"`
	Misses   int64         `json:"misses"`
	Errors   int64         `json:"errors"`
	Bypasses int64         `json:"bypasses"`
	Running  int64         `json:"running"`
	Saved    time.Duration `json:"saved_ns"` // time that hits did not spend
	Spent    time.Duration `json:"spent_ns"` // time that misses spent
	Tasks    int64         `json:"tasks"`
}

// RunDetail is all that a run carries besides its calls, batches and output.
type RunDetail struct {
	Run
	Params    []Param    `json:"params"`
	Metrics   []Metric   `json:"metrics"`
	Artifacts []Artifact `json:"artifacts"`
	Tags      []string   `json:"tags"`
	Notes     []Note     `json:"notes"`
	Inputs    []Input    `json:"inputs"`
	Samples   []Sample   `json:"samples"`
	Reruns    []int64    `json:"reruns,omitempty"`   // runs that repeat this one
	Children  []int64    `json:"children,omitempty"` // runs that this one started
}

// Param is one parameter of a run, printed as the program would read it back.
type Param struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"` // "flag", "LABBOOK_SET" or "default"
	Help   string `json:"help,omitempty"`
}

// Metric is one measured value of a run. Step orders the values of one name;
// the first has step 0.
type Metric struct {
	Name  string    `json:"name"`
	Step  int64     `json:"step"`
	Value float64   `json:"value"`
	At    time.Time `json:"at"`
}

// Artifact is a file that a run put aside.
type Artifact struct {
	Name      string    `json:"name"`
	Path      string    `json:"path"` // absolute
	MediaType string    `json:"media_type"`
	Bytes     int64     `json:"bytes"`
	At        time.Time `json:"at"`
}

// MaxSamples is how many samples of a run are kept. Before there are more, every
// second one goes.
const MaxSamples = 100

// Sample is what the process of a run has used by a moment.
type Sample struct {
	At      time.Time     `json:"at"`
	CPU     time.Duration `json:"cpu_ns"`        // user and system time since the start
	RSS     int64         `json:"rss_bytes"`     // at that moment
	Read    int64         `json:"read_bytes"`    // from disks, since the start
	Written int64         `json:"written_bytes"` // to disks, since the start
}

// Input is a file that a run was given.
type Input struct {
	Path     string    `json:"path"` // absolute
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"`
	Digest   string    `json:"digest,omitempty"` // of the content, hexadecimal; "" if it was not read
}

// Note is a line of prose in a run.
type Note struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Stream is one of a program's two outputs.
type Stream string

// The output streams. Both is what came when they went to one place, a terminal
// say: in the order in which it was written, but of which of the two is unknown.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
	Both   Stream = "both"
)

// Output is one chunk of what a run printed, raw: it can hold terminal escapes
// and must be made harmless before it reaches a screen.
type Output struct {
	Seq    int64     `json:"seq"` // order within the run, from 1
	Stream Stream    `json:"stream"`
	Offset int64     `json:"offset"` // in its stream; where it jumps, output was left out
	At     time.Time `json:"at"`
	Bytes  []byte    `json:"bytes"`
}

// End is where the chunk ends in its stream.
func (o *Output) End() int64 { return o.Offset + int64(len(o.Bytes)) }

// OutputBlock is a stretch of what a run printed, from one chunk to another, both
// by their Seq.
type OutputBlock struct{ Run, First, Last int64 }

// OutputPart is a part of what a run printed on a stream.
type OutputPart struct {
	Stream Stream `json:"stream"`
	Offset int64  `json:"offset"` // in its stream
	Bytes  int64  `json:"bytes"`
}

// End is where the part ends in its stream.
func (p *OutputPart) End() int64 { return p.Offset + p.Bytes }
