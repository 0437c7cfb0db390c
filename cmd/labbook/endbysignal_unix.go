//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// endBySignal ends this process by a signal, so that whoever waits for it sees
// what they would have seen of the program. For signals at which Go does something
// else it returns the exit code that shells have for them.
func endBySignal(s os.Signal) (code int) {
	number, ok := s.(syscall.Signal)
	if !ok {
		return exitFailed
	}
	switch number {
	case syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL:
		signal.Reset(number)
		if syscall.Kill(os.Getpid(), number) == nil {
			<-time.After(time.Second) // it is on its way, unless it is ignored here
		}
	}
	return 128 + int(number)
}
