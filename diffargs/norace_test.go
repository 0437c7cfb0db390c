//go:build !race

package diffargs

// raceEnabled says that the race detector makes everything slow.
const raceEnabled = false
