package record

import "time"

// Filter narrows runs or calls; the zero Filter lets everything through.
// Package filter parses it from what a person types. Fields that do not apply
// to what is listed (a run has no outcome) narrow through the calls of a run.
type Filter struct {
	Function    []string // each must occur in the function's name
	Outcomes    []Outcome
	Reasons     []ReasonKind
	Statuses    []Status
	Names       []string // each must occur in the run's name
	Tags        []string
	Run         int64 // 0 for any
	Pinned      *bool // nil for both
	MinDuration time.Duration
	MaxDuration time.Duration // 0 for none
	Since       time.Time
	Until       time.Time
	Words       []string // each must occur somewhere in what is listed
}

// RunQuery asks for a page of runs, newest first.
type RunQuery struct {
	Filter Filter
	Before int64 // only runs with a smaller id; 0 starts at the newest
	Limit  int   // at most that many; 0 means 100
}

// Order says how calls are listed.
type Order string

// The orders of calls.
const (
	ByID       Order = ""         // newest first
	ByDuration Order = "duration" // longest first
)

// CallQuery asks for a page of calls. The next page starts After the last call
// of this one; in order of duration AfterDuration is its duration.
type CallQuery struct {
	Filter        Filter
	Order         Order
	After         CallID
	AfterDuration time.Duration
	Limit         int // at most that many; 0 means 100
}
