package tui

import (
	"strconv"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// countOf returns a number of rows, with a plus if there are more to read.
func countOf(n int, hasMore bool) string {
	text := display.Count(int64(n))
	if hasMore {
		text += "+"
	}
	return text
}

// counted returns "1 run", "2 runs", "200+ runs".
func counted(count, noun string) string {
	if count == "1" {
		return "1 " + noun
	}
	return count + " " + noun + "s"
}

func runTitle(id int64) string { return "run " + strconv.FormatInt(id, 10) }

// functionName returns the short name of a function, safe to show.
func functionName(name string) string { return safetext.Line(display.Function(name)) }

// runStatus returns what a run came to in a few words: "failed (exit 2)".
func runStatus(r *record.Run) string {
	switch {
	case r.Signal != "":
		return string(r.Status) + " (" + safetext.Line(r.Signal) + ")"
	case r.ExitCode != 0:
		return string(r.Status) + " (exit " + strconv.Itoa(r.ExitCode) + ")"
	}
	return safetext.Line(string(r.Status))
}

// runName returns the name of the program, "?" for one without.
func runName(name string) string {
	if name == "" {
		return "?"
	}
	return safetext.Line(name)
}
