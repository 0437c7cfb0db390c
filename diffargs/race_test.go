//go:build race

package diffargs

const raceEnabled = true
