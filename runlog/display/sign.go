package display

import "labbook/runlog/record"

// Outcome returns the sign of an outcome, one cell wide.
func Outcome(o record.Outcome) string {
	switch o {
	case record.Hit:
		return "●"
	case record.Miss:
		return "○"
	case record.Error:
		return "✗"
	case record.Bypass:
		return "–"
	case record.Running:
		return "…"
	}
	return "?"
}

// Status returns the sign of a run's status, one cell wide.
func Status(s record.Status) string {
	switch s {
	case record.StatusRunning:
		return "…"
	case record.StatusOK:
		return "✓"
	case record.StatusFailed, record.StatusPanicked:
		return "✗"
	case record.StatusInterrupted:
		return "‖"
	case record.StatusDied, record.StatusKilled:
		return "†"
	case record.StatusEnded:
		return "·"
	}
	return "?"
}

// BatchStatus returns the sign of the status of a batch or a task, one cell
// wide.
func BatchStatus(s record.BatchStatus) string {
	switch s {
	case record.BatchRunning:
		return "…"
	case record.BatchOK:
		return "✓"
	case record.BatchFailed:
		return "✗"
	case record.BatchCancelled:
		return "‖"
	}
	return "?"
}
