package display

import (
	"testing"

	"labbook/runlog/record"
)

func TestEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		run  record.Run
		want string
	}{
		{record.Run{Status: record.StatusRunning}, ""},
		{record.Run{Status: record.StatusOK}, "said all went well"},
		{record.Run{Status: record.StatusOK, ExitSeen: true}, "exit status 0"},
		{record.Run{Status: record.StatusFailed, ExitCode: 3, ExitSeen: true}, "exit status 3"},
		{record.Run{Status: record.StatusFailed, ExitCode: 1}, "said it failed, exit status 1"},
		{record.Run{Status: record.StatusFailed}, "said it failed"},
		{record.Run{Status: record.StatusPanicked, ExitCode: 2}, "said it panicked"},
		{record.Run{Status: record.StatusPanicked, ExitCode: 2, ExitSeen: true}, "exit status 2"},
		{record.Run{Status: record.StatusInterrupted, Signal: "interrupt", ExitCode: 130}, "said it was stopped by signal 2 (interrupt)"},
		{record.Run{Status: record.StatusInterrupted, Signal: "terminated", ExitSeen: true}, "killed by signal 15 (terminated)"},
		{record.Run{Status: record.StatusInterrupted}, "said it was interrupted"},
		{record.Run{Status: record.StatusKilled, Signal: "killed", ExitSeen: true}, "killed by signal 9 (killed)"},
		{record.Run{Status: record.StatusKilled, Signal: "bus error", ExitCode: 135, ExitSeen: true}, "killed by signal 7 (bus error)"},
		{record.Run{Status: record.StatusKilled, Signal: "bus error", ExitSeen: true}, "killed by a signal (bus error)"},
		{record.Run{Status: record.StatusDied}, "vanished; nobody saw how"},
		{record.Run{Status: record.StatusEnded, Implicit: true}, "gone; nobody saw how, and it does not say"},
		{record.Run{Status: "unheard-of"}, ""},
	} {
		if got := End(&test.run); got != test.want {
			t.Errorf("%s, code %d, signal %q, seen %t: %q, want %q", test.run.Status, test.run.ExitCode, test.run.Signal, test.run.ExitSeen, got, test.want)
		}
	}
}
