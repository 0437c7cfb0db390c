//go:build race

package spool

// raceEnabled says that the race detector is on; it makes sync.Pool forget.
const raceEnabled = true
