// Study does what one run of one situation does.
package main

import (
	"labbook/runlog"
	"labbook/tests/misses"
)

func main() { runlog.Main(misses.Study) }
