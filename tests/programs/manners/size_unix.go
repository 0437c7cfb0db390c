//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

func notifySize(changed chan os.Signal) { signal.Notify(changed, syscall.SIGWINCH) }
