//go:build !unix && !windows

package machine

// Self tells what this process has used so far, which is not known here.
func Self() Usage { return Usage{} }
