package record

import "time"

// BatchStatus says how a batch stands.
type BatchStatus string

// The states of a batch.
const (
	BatchRunning   BatchStatus = "running"
	BatchOK        BatchStatus = "ok"
	BatchFailed    BatchStatus = "failed"
	BatchCancelled BatchStatus = "cancelled"
)

// Batch is one parallel run of tasks. Batches of a run are numbered from 1.
type Batch struct {
	Run     int64       `json:"run"`
	Batch   int64       `json:"batch"`
	Parent  CallID      `json:"parent,omitzero"` // the cached call that it ran in
	Label   string      `json:"label"`
	Backend string      `json:"backend"`
	Jobs    int         `json:"jobs"`
	Tasks   int64       `json:"tasks"` // -1 while the length of its input is unknown
	Done    int64       `json:"done"`
	Failed  int64       `json:"failed"`
	Started time.Time   `json:"started"`
	Ended   time.Time   `json:"ended,omitzero"`
	Status  BatchStatus `json:"status"`
	Error   string      `json:"error,omitempty"`
}

// Task is one task of a batch. Index counts from 0 in input order.
type Task struct {
	Index   int64       `json:"index"`
	Worker  int         `json:"worker"`
	Attempt int         `json:"attempt"`
	Queued  time.Time   `json:"queued"`
	Started time.Time   `json:"started"`
	Ended   time.Time   `json:"ended,omitzero"`
	Status  BatchStatus `json:"status"`
	Error   string      `json:"error,omitempty"`
}
