package display

import (
	"strconv"
	"strings"

	"labbook/runlog/record"
)

// Limits says how much of its machine a run could use, "" if it could use all of
// it: "1.5 CPUs, 2.0 GiB of memory, GOMAXPROCS 2".
func Limits(r *record.Run) string {
	var list []string
	if r.CPULimit > 0 {
		list = append(list, strconv.FormatFloat(r.CPULimit, 'g', 4, 64)+" CPUs")
	}
	if r.MemoryLimit > 0 {
		list = append(list, Bytes(r.MemoryLimit)+" of memory")
	}
	if r.MaxProcs > 0 {
		list = append(list, "GOMAXPROCS "+strconv.Itoa(r.MaxProcs))
	}
	return strings.Join(list, ", ")
}
