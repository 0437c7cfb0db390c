// Package display writes durations, sizes, times and states as people read
// them, the same in the explorer and in what the commands print.
//
// Nothing here adds colour; a sign tells states apart without it. Numbers and
// units are parted by a space, and no result is wider than its function says.
package display
