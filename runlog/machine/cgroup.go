package machine

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// limits returns what the control groups grant that this process is in, cores
// and bytes; 0 for no limit. A group also has the limits of all groups above
// it: the tightest counts.
//
// The folders are looked for where all distributions have them. A container
// without a name space of its own sees the path that its group has outside,
// and its own group as the top: no such folder is there, but its limits are
// found further up.
func limits(root fs.FS) (cores float64, bytes int64) {
	// A line is "0::/user.slice" in version 2, "4:cpu,cpuacct:/user.slice" in
	// version 1; both can be there at once.
	for line := range strings.Lines(readStart(root, "proc/self/cgroup", 1<<16)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, found := strings.Cut(rest, ":")
		if !found {
			continue
		}
		list := strings.Split(controllers, ",")
		switch {
		case controllers == "":
			// Where both versions are, this one has no controllers that limit.
			upwards("sys/fs/cgroup", group, func(folder string) {
				cores = tighter(cores, quota(strings.Fields(readStart(root, folder+"/cpu.max", 64))))
				bytes = tighter(bytes, byteLimit(readStart(root, folder+"/memory.max", 64)))
			})
		case slices.Contains(list, "cpu"):
			upwards("sys/fs/cgroup/"+folderOf(root, controllers, "cpu"), group, func(folder string) {
				cores = tighter(cores, quota(strings.Fields(
					readStart(root, folder+"/cpu.cfs_quota_us", 64)+" "+readStart(root, folder+"/cpu.cfs_period_us", 64))))
			})
		case slices.Contains(list, "memory"):
			upwards("sys/fs/cgroup/"+folderOf(root, controllers, "memory"), group, func(folder string) {
				bytes = tighter(bytes, byteLimit(readStart(root, folder+"/memory.limit_in_bytes", 64)))
			})
		}
	}
	return cores, bytes
}

// folderOf returns where controllers of version 1 are mounted: by all of their
// names most often, else by the one that is looked for.
func folderOf(root fs.FS, controllers, wanted string) string {
	if _, err := fs.Stat(root, "sys/fs/cgroup/"+controllers); err != nil {
		return wanted
	}
	return controllers
}

// upwards calls visit for the folder of a group and for those above it up to the
// mount.
func upwards(mount, group string, visit func(folder string)) {
	// A group outside of what the name space shows has a path that begins with
	// "/..": it is visited as the top.
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		visit(strings.TrimSuffix(mount+group, "/"))
		if group == "/" {
			return
		}
	}
}

// tighter returns the smaller of two limits, of which 0 is none.
func tighter[N int64 | float64](a, b N) N {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// quota reads how much of each period may be used: "150000 100000" are 1.5 cores.
// No limit is "max" in version 2 and -1 in version 1.
func quota(fields []string) float64 {
	if len(fields) != 2 {
		return 0
	}
	share, shareErr := strconv.ParseFloat(fields[0], 64)
	period, periodErr := strconv.ParseFloat(fields[1], 64)
	if shareErr != nil || periodErr != nil || !(share > 0) || !(period > 0) {
		return 0
	}
	return share / period
}

// byteLimit reads a number of bytes. No limit is "max" in version 2, and in
// version 1 the largest number that is a multiple of the page size.
func byteLimit(text string) int64 {
	const noLimit = 1 << 60
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n <= 0 || n >= noLimit {
		return 0
	}
	return n
}
