//go:build unix

package rerun

import (
	"os/exec"
	"testing"
)

func TestExitStatusIsThatOfAShell(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		script, signal string
		code           int
	}{
		{"exit 0", "", 0},
		{"exit 3", "", 3},
		{"kill -KILL $$", "killed", 137},
		{"kill -TERM $$", "terminated", 143},
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", test.script)
		_ = cmd.Run() // the state says it all
		code, signal := exitStatus(cmd.ProcessState)
		if code != test.code || signal != test.signal {
			t.Errorf("%s: %d, %q; want %d, %q", test.script, code, signal, test.code, test.signal)
		}
	}
}
