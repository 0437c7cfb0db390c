//go:build unix

package runlog

// hasModes says that the mode of a file tells who may read it.
const hasModes = true
