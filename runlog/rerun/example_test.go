package rerun_test

import (
	"context"
	"fmt"
	"os"

	"labbook/runlog"
	"labbook/runlog/record"
	"labbook/runlog/rerun"
)

// Runs a recorded run again with another parameter.
func ExampleRuns() { //nolint:testableexamples // it needs a lab-book with a run in it
	again := func(ctx context.Context, id int64) error {
		book, err := runlog.Open(ctx, "")
		if err != nil {
			return err
		}
		defer book.Close()
		run, err := book.Run(ctx, id)
		if err != nil {
			return err
		}
		results, err := rerun.Runs(ctx, []record.RunDetail{run}, rerun.Options{
			Dir: book.Dir(), Set: []string{"C=2"}, Stdout: os.Stdout, Stderr: os.Stderr,
		})
		if err != nil {
			return err
		}
		fmt.Println("it ended with status", results[0].ExitCode)
		return nil
	}
	if err := again(context.Background(), 12); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
