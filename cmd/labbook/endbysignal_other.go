//go:build !unix

package main

import "os"

// endBySignal returns the exit code for a program that a signal ended.
func endBySignal(os.Signal) (code int) { return exitFailed }
