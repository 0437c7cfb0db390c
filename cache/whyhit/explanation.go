package whyhit

import (
	"time"

	"labbook/runlog/record"
)

// Explanation says where the result of a hit came from. Its JSON form is what
// `labbook why-hit --json` prints.
type Explanation struct {
	Call         record.CallID `json:"call"`
	Function     string        `json:"function"`
	When         time.Time     `json:"when"`
	LoadSeconds  float64       `json:"load_seconds"`
	SavedSeconds float64       `json:"saved_seconds"` // what computing had taken, less that
	Detail       string        `json:"detail"`        // what there was to say of it at the time
	Origin       *Origin       `json:"origin"`        // null if that is not known
	Key          Key           `json:"key"`
	State        State         `json:"state"`
	Changes      []Change      `json:"changes"` // what the key does not cover, most likely to matter first
	Masked       []string      `json:"masked"`  // variables that are secrets in both runs: whether they changed is not known
	Verify       string        `json:"verify"`  // the command that computes the result again
}

// State says how much is known of what has changed since the result was computed.
type State string

// The states.
const (
	SameRun   State = "same-run"  // it was computed in the run of the hit
	Unchanged State = "unchanged" // nothing that is recorded has changed, or nothing that is likely to matter
	Changed   State = "changed"   // things have changed that are no part of the key
	Removed   State = "removed"   // the run that computed it was removed from the lab-book
	Unknown   State = "unknown"   // the lab-book does not have what computed it, and cannot tell why
)

// Origin is what computed the result. Of a call that was removed only its number
// is known.
type Origin struct {
	Call           record.CallID `json:"call"`
	Run            int64         `json:"run"`
	When           time.Time     `json:"when,omitzero"`
	ComputeSeconds float64       `json:"compute_seconds"`
	SameResult     bool          `json:"same_result"` // the stored bytes are those that it stored
	Name           string        `json:"name"`
	Argv           []string      `json:"argv"`
	Revision       string        `json:"revision"`
	Dirty          bool          `json:"dirty"`
	DiffRecorded   bool          `json:"diff_recorded"` // what was not committed is in the lab-book
	User           string        `json:"user"`
	Host           string        `json:"host"`
	OSArch         string        `json:"os_arch"`
	CPU            string        `json:"cpu"`
	GoVersion      string        `json:"go_version"`
}

func (o *Origin) describe(call *record.CallDetail, run *record.RunDetail) {
	o.When, o.ComputeSeconds = call.Started, call.Duration.Seconds()
	o.Name, o.Argv = run.Name, run.Argv
	o.Revision, o.Dirty, o.DiffRecorded = run.VCSRevision, run.VCSDirty, run.VCSDiff != ""
	o.User, o.Host, o.OSArch, o.CPU, o.GoVersion = run.User, run.Host, run.OSArch, run.CPUModel, run.GoVersion
}

// Key is what the key of the call covers.
type Key struct {
	Code         string   `json:"code"` // how it is identified: "source", "build", or "version" if a person says so
	Version      string   `json:"version"`
	Modules      []string `json:"modules"` // path@version
	Toolchain    string   `json:"toolchain"`
	Dependencies []string `json:"dependencies"`
	Arguments    []string `json:"arguments"`
	// Ignored is how many arguments are left out of the key; -1 if that is not
	// known. Fields that are left out by their tags are not counted.
	Ignored int `json:"ignored"`
}

// Change is one thing that is not as it was when the result was computed.
type Change struct {
	What    What    `json:"what"`
	Name    string  `json:"name"`
	Before  string  `json:"before"` // "" if there was none
	After   string  `json:"after"`
	Matters Matters `json:"matters"`
	Covered bool    `json:"covered"` // the key covers what of it reaches the function
}

// What says what has changed.
type What string

// What can change.
const (
	CodeOf      What = "code"        // of the function, under a version given by hand
	Input       What = "input"       // a file that the program was given
	Environment What = "environment" // a variable
	Module      What = "module"
	Toolchain   What = "toolchain"
	Machine     What = "machine" // name says what of it
	Parameter   What = "parameter"
	Argument    What = "argument" // those of the program
	Folder      What = "folder"   // the working directory
	Commit      What = "commit"
	Program     What = "program"
	User        What = "user"
	Recording   What = "recording" // by the program or from outside
)

// Matters says how likely a change is to change a result.
type Matters string

// How likely it is.
const (
	Likely   Matters = "likely"
	Possible Matters = "possible"
	Unlikely Matters = "unlikely"
)
