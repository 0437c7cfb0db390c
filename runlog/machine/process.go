package machine

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of times in /proc, which is the same on all Linux
// systems that Go runs on.
const clockTick = time.Second / 100

// tree adds up a process and its descendants, from a file system of processes.
// What ends meanwhile is left out: its parent has its time once it has waited
// for it.
func tree(proc fs.FS, pid int) (Usage, error) {
	total, err := process(proc, pid)
	if err != nil {
		return Usage{}, err
	}
	// A process that takes the number of one that has just been seen would close
	// a circle.
	seen := map[int]bool{pid: true}
	for waiting := children(proc, pid); len(waiting) > 0; {
		child := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if seen[child] {
			continue
		}
		seen[child] = true
		u, err := process(proc, child)
		if err != nil {
			continue
		}
		total.UserTime += u.UserTime
		total.SysTime += u.SysTime
		total.RSS += u.RSS
		total.PeakRSS += u.PeakRSS
		total.Read += u.Read
		total.Written += u.Written
		waiting = append(waiting, children(proc, child)...)
	}
	return total, nil
}

// process tells what one process has used.
func process(proc fs.FS, pid int) (Usage, error) {
	folder := strconv.Itoa(pid)
	var u Usage
	if err := readTimes(proc, folder, &u); err != nil {
		return u, err
	}
	u.RSS, u.PeakRSS = memoryOf(readStart(proc, folder+"/status", statusSize))
	u.Read, u.Written = diskOf(readStart(proc, folder+"/io", ioSize))
	return u, nil
}

// readTimes reads the times of a process and of the children that it has waited
// for from its stat file. The name of the program stands in brackets there and
// may hold anything, brackets too.
func readTimes(proc fs.FS, folder string, u *Usage) error {
	text := readStart(proc, folder+"/stat", 4096)
	// After the name: state, ppid, … as fields 3, 4, …; times are 14 to 17.
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return fmt.Errorf("look at process %s: %w", folder, fs.ErrNotExist)
	}
	var ticks [4]time.Duration
	for i := range ticks {
		n, err := strconv.ParseInt(fields[11+i], 10, 53)
		if err != nil {
			return fmt.Errorf("look at process %s: %w", folder, err)
		}
		ticks[i] = time.Duration(n) * clockTick
	}
	u.UserTime, u.SysTime = ticks[0]+ticks[2], ticks[1]+ticks[3]
	return nil
}

// How much of the files of a process is read.
const (
	statusSize = 4096
	ioSize     = 512
)

// memoryOf reads how much memory a process has, and had at most, from its status.
// The kernel's getrusage will not do for that: it counts what the program that
// started this one had at the time, too.
func memoryOf(status string) (now, peak int64) {
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "VmHWM":
			peak = kilobytes(value)
		case "VmRSS":
			return kilobytes(value), peak
		}
	}
	return 0, peak
}

// diskOf reads how many bytes a process has had fetched from disks and sent to
// them. That of other users' processes is not for everybody to know.
func diskOf(io string) (read, written int64) {
	for line := range strings.Lines(io) {
		name, value, _ := strings.Cut(line, ":")
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "read_bytes":
			read = n
		case "write_bytes":
			written = n
		}
	}
	return read, written
}

// children lists the processes that a process has started and not yet waited
// for. Each of its threads has a list of its own.
func children(proc fs.FS, pid int) []int {
	folder := strconv.Itoa(pid) + "/task"
	threads, err := fs.ReadDir(proc, folder)
	if err != nil {
		return nil
	}
	var list []int
	for _, thread := range threads {
		for number := range strings.FieldsSeq(readStart(proc, folder+"/"+thread.Name()+"/children", 1<<16)) {
			if child, err := strconv.Atoi(number); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}
