package conformance

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"labbook/cache"
)

// mappedFile returns the file whose memory is at an address.
func mappedFile(t *testing.T, at uintptr) string {
	t.Helper()
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var from, to uintptr
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x", &from, &to); err != nil {
			t.Fatalf("read %q: %v", lines.Text(), err)
		}
		if _, path, found := strings.Cut(lines.Text(), "/"); found && from <= at && at < to {
			return "/" + path
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return ""
}

func TestFirstAndLaterResultsAreMapped(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what is mapped where")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const length = 100_000
	mapped := cache.Wrap(memoryIn(t, dir, cache.Options{}), ramp, cache.MMap())
	for _, when := range []string{"computed", "loaded", "loaded again"} {
		xs := mapped(t.Name(), length)
		if path := mappedFile(t, address(xs)); !strings.HasPrefix(path, dir) {
			t.Errorf("what was %s is at %x, in %q; want it in an entry", when, address(xs), path)
		}
		if len(xs) != length || xs[0] != 0 || xs[length-1] != length-1 {
			t.Errorf("what was %s is wrong: %d numbers, from %v to %v", when, len(xs), xs[0], xs[len(xs)-1])
		}
		// What a program writes is its own.
		xs[0] = 7
	}
	mustRun(t, 1, "it was mapped, not computed again")
	plain := cache.Wrap(memoryIn(t, dir, cache.Options{}), ramp)
	xs := plain(t.Name(), length)
	if path := mappedFile(t, address(xs)); path != "" || xs[0] != 0 {
		t.Errorf("without MMap it begins with %v, in %q; want memory of its own", xs[0], path)
	}
	mustRun(t, 0, "to map is no part of a key")
}
