package tui

import (
	"strconv"
	"strings"

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

// runList returns "run 3, 4", "" for none.
func runList(ids []int64) string {
	if len(ids) == 0 {
		return ""
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.FormatInt(id, 10)
	}
	return "run " + strings.Join(list, ", ")
}

// functionName returns the short name of a function, safe to show.
func functionName(name string) string { return safetext.Line(display.Function(name)) }

// runStatus returns what a run came to, and how that is known: "failed (exit
// status 2)".
func runStatus(r *record.Run) string {
	text := safetext.Line(string(r.Status))
	if end := display.End(r); end != "" && r.Status != record.StatusOK {
		text += " (" + safetext.Line(end) + ")"
	}
	return text
}

// runName returns the name of the program, "?" for one without.
func runName(name string) string {
	if name == "" {
		return "?"
	}
	return safetext.Line(name)
}
