package main

import (
	"fmt"

	"labbook/runlog/display"
	"labbook/runlog/record"
)

// courseCells is how wide a sparkline is.
const courseCells = 40

// resourceRows prints what a run had and what it used of it.
func resourceRows(r *record.RunDetail, row func(name, value string)) {
	row("machine", fmt.Sprintf("%s, %s, %d CPUs, %s, as %s", r.Host, r.OSArch, r.CPUs, r.GoVersion, r.User))
	row("processor", r.CPUModel)
	if r.Memory > 0 {
		row("memory", display.Bytes(r.Memory))
	}
	row("limits", display.Limits(&r.Run))
	row("used", fmt.Sprintf("%s user, %s system, %s at most", display.Duration(r.UserTime), display.Duration(r.SysTime), display.Bytes(r.MaxRSS)))
	if n := len(r.Samples); n > 0 && r.Samples[n-1].Read+r.Samples[n-1].Written > 0 {
		row("disk", fmt.Sprintf("%s read, %s written", display.Bytes(r.Samples[n-1].Read), display.Bytes(r.Samples[n-1].Written)))
	}
	row("memory use", display.MemoryCourse(r.Samples, courseCells))
	row("CPU use", display.CPUCourse(r.Samples, courseCells))
}
