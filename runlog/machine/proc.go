package machine

import (
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// describe reads the files of a Linux system whose root is given.
func describe(root fs.FS) Description {
	d := Description{CPUModel: cpuModel(root), Memory: memory(root)}
	d.CPULimit, d.MemoryLimit = limits(root)
	return d
}

// readStart returns the beginning of a file, "" if there is none. Files of the
// kernel have no size, and some grow with the machine.
func readStart(root fs.FS, name string, size int64) string {
	file, err := root.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, size))
	if err != nil {
		return ""
	}
	return string(text)
}

// memory reads how many bytes the machine has.
func memory(root fs.FS) int64 {
	// "MemTotal:        8052424 kB" is the first line.
	for line := range strings.Lines(readStart(root, "proc/meminfo", 1024)) {
		if size, found := strings.CutPrefix(line, "MemTotal:"); found {
			return kilobytes(size)
		}
	}
	return 0
}

// kilobytes reads "8052424 kB" as bytes.
func kilobytes(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")), 10, 53)
	if err != nil || n < 0 {
		return 0
	}
	return n * 1024
}
