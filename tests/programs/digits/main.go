// Digits is an ordinary instrumented program: one line makes every run of its
// analysis part of the lab-book.
package main

import (
	"labbook/cmd/labbook/demo"
	"labbook/runlog"
)

func main() { runlog.Main(demo.Analyse) }
