package main

import (
	"encoding/json"
	"math"
	"time"

	"labbook/runlog/record"
)

// A runReport is what show --json prints of a run: the run, its metrics as JSON
// can have them, and its batches.
type runReport struct {
	*record.RunDetail
	Metrics []metricReport `json:"metrics"`
	Batches []record.Batch `json:"batches"`
}

// A metricReport is a record.Metric whose value may be no finite number.
type metricReport struct {
	Name  string    `json:"name"`
	Step  int64     `json:"step"`
	Value jsonFloat `json:"value"`
	At    time.Time `json:"at"`
}

func newRunReport(run *record.RunDetail, batches []record.Batch) runReport {
	report := runReport{RunDetail: run, Metrics: make([]metricReport, len(run.Metrics)), Batches: batches}
	for i, m := range run.Metrics {
		report.Metrics[i] = metricReport{Name: m.Name, Step: m.Step, Value: jsonFloat(m.Value), At: m.At}
	}
	return report
}

// A jsonFloat is a number, or one of the strings "NaN", "Infinity" and
// "-Infinity", for which JSON has no numbers.
type jsonFloat float64

// MarshalJSON implements json.Marshaler.
func (f jsonFloat) MarshalJSON() ([]byte, error) {
	switch x := float64(f); {
	case math.IsNaN(x):
		return []byte(`"NaN"`), nil
	case math.IsInf(x, 0):
		if x < 0 {
			return []byte(`"-Infinity"`), nil
		}
		return []byte(`"Infinity"`), nil
	default:
		return json.Marshal(x)
	}
}
