package main

import (
	"context"
	"fmt"

	"labbook/runlog"
	"labbook/runlog/record"
)

// parseRun reads a run's number.
func parseRun(text string) (int64, error) {
	var id int64
	if _, err := fmt.Sscanf(text, "%d", &id); err != nil || id < 1 || fmt.Sprint(id) != text {
		return 0, usageError("run %q: a run is a number such as 12; labbook runs lists them", text)
	}
	return id, nil
}

// parseOptionalRun reads the run that a command's only argument names; without
// one it is 0, for the latest.
func parseOptionalRun(args []string) (int64, error) {
	if len(args) == 0 {
		return 0, nil
	}
	return parseRun(args[0])
}

// findRun reads a run, the latest for 0.
func findRun(ctx context.Context, book *runlog.Reader, id int64) (record.RunDetail, error) {
	if id == 0 {
		runs, err := book.Runs(ctx, record.RunQuery{Limit: 1})
		if err != nil {
			return record.RunDetail{}, err
		}
		if len(runs) == 0 {
			return record.RunDetail{}, fmt.Errorf("the lab-book in %s is empty: %w", book.Dir(), runlog.ErrNoRun)
		}
		id = runs[0].ID
	}
	return book.Run(ctx, id)
}
