package runlog_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"labbook/runlog"
	"labbook/runlog/record"
)

// One line instruments a program. This one takes -c=2 and records what it
// computes with it.
func ExampleMain() {
	main := func() {
		runlog.Main(func(ctx context.Context, run *runlog.Run) error {
			p := struct {
				C float64 `default:"1.0" help:"regularisation"`
			}{}
			if err := run.Params(&p); err != nil {
				return err
			}
			for epoch := range 10 {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				run.Metric("loss", p.C/float64(epoch+1))
			}
			return run.Artifact("report.txt", []byte("done\n"))
		})
	}
	fmt.Printf("%T", main) // call it from the program's own main function
	// Output: func()
}

// A program whose main function is its own starts a run and ends it. The run is
// in the lab-book once End has returned.
func ExampleStart() {
	dir, remove := temporaryLabbook()
	defer remove()

	analyse := func() (err error) {
		run := runlog.Start()
		defer func() { run.End(err) }()
		run.Tag("final")
		run.Metric("accuracy", 0.75)
		return nil
	}
	if err := analyse(); err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	book, err := runlog.Open(ctx, dir)
	if err != nil {
		log.Fatal(err)
	}
	defer book.Close()
	runs, err := book.Runs(ctx, record.RunQuery{Filter: record.Filter{Tags: []string{"final"}}})
	if err != nil {
		log.Fatal(err)
	}
	run, err := book.Run(ctx, runs[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Status, run.Metrics[0].Name, run.Metrics[0].Value)
	// Output: ok accuracy 0.75
}

// temporaryLabbook makes the environment name a lab-book of its own, and leaves
// stdout to the example.
func temporaryLabbook() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "labbook")
	if err != nil {
		panic(err)
	}
	variables := map[string]string{"LABBOOK_DIR": dir, "LABBOOK_CAPTURE": "off"}
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	return dir, func() {
		for name := range variables {
			_ = os.Unsetenv(name) // the name is a good one
		}
		_ = os.RemoveAll(dir) // whatever is left is in a temporary folder
	}
}
