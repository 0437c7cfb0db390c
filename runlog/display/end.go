package display

import (
	"strconv"

	"labbook/runlog/record"
)

// End says how a run ended and how that is known, "" for one that goes on: "exit
// status 3" and "killed by signal 9 (killed)" are what the system says, "said it
// failed" what the program said before it went.
func End(r *record.Run) string {
	switch {
	case r.Status == record.StatusRunning:
		return ""
	case r.ExitSeen && r.Signal != "":
		return "killed by " + signal(r)
	case r.ExitSeen:
		return "exit status " + strconv.Itoa(r.ExitCode)
	}
	switch r.Status {
	case record.StatusOK:
		return "said all went well"
	case record.StatusFailed:
		return "said it failed" + status(r)
	case record.StatusPanicked:
		return "said it panicked"
	case record.StatusInterrupted, record.StatusKilled:
		if r.Signal == "" {
			return "said it was interrupted"
		}
		return "said it was stopped by " + signal(r)
	case record.StatusDied:
		return "vanished; nobody saw how"
	case record.StatusEnded:
		return "gone; nobody saw how, and it does not say"
	default: // of a newer version
		return ""
	}
}

func status(r *record.Run) string {
	if r.ExitCode == 0 {
		return ""
	}
	return ", exit status " + strconv.Itoa(r.ExitCode)
}

// signals are the numbers that are the same on all systems.
var signals = map[string]int{
	"hangup": 1, "interrupt": 2, "quit": 3, "illegal instruction": 4, "trace/breakpoint trap": 5, "aborted": 6, "abort trap": 6,
	"floating point exception": 8, "killed": 9, "segmentation fault": 11, "broken pipe": 13, "alarm clock": 14, "terminated": 15,
}

// signal names a signal with its number, if that is known.
func signal(r *record.Run) string {
	number := signals[r.Signal]
	if number == 0 && r.ExitCode > 128 && r.ExitCode < 128+65 { // as a shell counts
		number = r.ExitCode - 128
	}
	if number == 0 {
		return "a signal (" + r.Signal + ")"
	}
	return "signal " + strconv.Itoa(number) + " (" + r.Signal + ")"
}
