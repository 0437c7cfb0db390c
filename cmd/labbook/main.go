// Labbook browses the lab-book that programs write with package labbook/runlog,
// explains why cached calls were computed again, and starts runs again.
package main

import (
	"context"
	"os"

	"labbook/cmd/labbook/demo"
	"labbook/cmd/labbook/noquery"
	"labbook/runlog"
)

func init() { noquery.Restore() }

func main() {
	if len(os.Args) == 2 && os.Args[1] == analysisArgument {
		runlog.Main(demo.Analyse)
	}
	runlog.Off()
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
