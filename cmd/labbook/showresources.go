package main

import (
	"fmt"
	"strings"

	"labbook/runlog/display"
	"labbook/runlog/record"
)

// courseCells is how wide a sparkline is.
const courseCells = 40

// resourceRows prints what a run had and what it used of it.
func resourceRows(r *record.RunDetail, row func(name, value string)) {
	machine := []string{r.Host, r.OSArch, fmt.Sprintf("%d CPUs", r.CPUs)}
	if r.GoVersion != "" { // else it is no Go program
		machine = append(machine, r.GoVersion)
	}
	if r.User != "" {
		machine = append(machine, "as "+r.User)
	}
	row("machine", strings.Join(machine, ", "))
	if r.Outside && !r.Itself {
		row("recorded", "from outside, by labbook run")
	}
	row("processor", r.CPUModel)
	if r.Memory > 0 {
		row("memory", display.Bytes(r.Memory))
	}
	row("limits", display.Limits(&r.Run))
	var used []string // what is known of it
	if r.UserTime+r.SysTime > 0 {
		used = append(used, display.Duration(r.UserTime)+" user", display.Duration(r.SysTime)+" system")
	}
	if r.MaxRSS > 0 {
		used = append(used, display.Bytes(r.MaxRSS)+" at most")
	}
	row("used", strings.Join(used, ", "))
	if n := len(r.Samples); n > 0 && r.Samples[n-1].Read+r.Samples[n-1].Written > 0 {
		row("disk", fmt.Sprintf("%s read, %s written", display.Bytes(r.Samples[n-1].Read), display.Bytes(r.Samples[n-1].Written)))
	}
	row("memory use", display.MemoryCourse(r.Samples, courseCells))
	row("CPU use", display.CPUCourse(r.Samples, courseCells))
}
