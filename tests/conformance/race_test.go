//go:build race

package conformance

// raceEnabled says that the race detector is on.
const raceEnabled = true
