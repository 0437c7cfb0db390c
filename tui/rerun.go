package tui

import (
	"context"
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/record"
)

// rerunPatience is how long the explorer looks out for the run that a rerun
// should have brought about. Building and starting a program takes a while.
const rerunPatience = 2 * time.Minute

// A rerun starts a run again and then shows the run that comes of it.
type rerun struct {
	kit     *kit
	started load[startedRun]
	found   load[int64]
	awaited startedRun // zero if none is
	giveUp  time.Time
}

// startedRun is a run that was started again when newest was the newest one.
type startedRun struct{ run, newest int64 }

// start starts a run again.
func (r *rerun) start(run int64) tea.Cmd {
	book := r.kit.book
	return r.started.start(r.kit, func(ctx context.Context) (startedRun, error) {
		runs, err := book.Runs(ctx, record.RunQuery{Limit: 1})
		if err != nil {
			return startedRun{}, err
		}
		started := startedRun{run: run}
		if len(runs) > 0 {
			started.newest = runs[0].ID
		}
		return started, book.Rerun(ctx, run)
	})
}

// look asks whether the new run has come, if one is awaited.
func (r *rerun) look() tea.Cmd {
	if r.awaited.run == 0 || r.found.busy {
		return nil
	}
	book, awaited := r.kit.book, r.awaited
	return r.found.start(r.kit, func(ctx context.Context) (int64, error) {
		runs, err := book.Runs(ctx, record.RunQuery{Limit: pageSize})
		if err != nil {
			return 0, err
		}
		for i := range runs {
			if runs[i].ID > awaited.newest && runs[i].RerunOf == awaited.run {
				return runs[i].ID, nil
			}
		}
		return 0, nil
	})
}

// update follows the rerun: it returns what to say about it, "" for nothing new.
func (r *rerun) update(msg tea.Msg) (cmd tea.Cmd, say notice) {
	if _, ok := r.started.take(r.kit, msg); ok {
		if r.started.err != nil {
			return nil, notice{text: "rerun: " + r.started.err.Error(), isBad: true}
		}
		r.awaited = r.started.value
		r.giveUp = r.kit.now.Add(rerunPatience)
		return r.look(), notice{text: fmt.Sprintf("run %d was started again, waiting for it to show up", r.awaited.run)}
	}
	if _, ok := r.found.take(r.kit, msg); !ok {
		return nil, notice{}
	}
	run := r.awaited.run
	switch id := r.found.value; {
	case r.found.err == nil && id != 0:
		r.awaited = startedRun{}
		return send(openRun{id}), notice{text: fmt.Sprintf("run %d is run %d started again", id, run)}
	case r.kit.now.After(r.giveUp):
		r.awaited = startedRun{}
		return nil, notice{isBad: true, text: fmt.Sprintf(
			"run %d was started again, but no new run has shown up; start its program by hand to see why", run)}
	}
	return nil, notice{}
}
