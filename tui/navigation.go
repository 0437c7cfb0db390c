package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/record"
)

// Pages send these messages to go somewhere; the shell knows which page shows
// what they name.
type (
	openRun     struct{ id int64 }
	openCall    struct{ id record.CallID }
	openWhyMiss struct{ id record.CallID }
	openBatch   struct{ batch record.Batch }

	// askRerun asks the user whether to start a run again.
	askRerun struct{ run int64 }
)

// tick comes at each poll, for what shows the time that has passed.
type tick struct{}

func tickNow(time.Time) tea.Msg { return tick{} }

// send returns the command that does nothing but bring msg.
func send(msg tea.Msg) tea.Cmd {
	return func() tea.Msg { return msg }
}
