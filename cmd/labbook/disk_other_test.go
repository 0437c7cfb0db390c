//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

// canMount says that scripts with a disk of their own run on Linux only.
func canMount() bool { return false }

func diskCommand(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("disk: not on this system")
}
