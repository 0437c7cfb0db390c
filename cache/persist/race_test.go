//go:build race

package persist_test

// raceEnabled says that the race detector is on.
const raceEnabled = true
