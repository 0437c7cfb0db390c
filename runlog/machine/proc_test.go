package machine

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fixture is a file system that testdata holds.
func fixture(t testing.TB, name string) fs.FS {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	root := fstest.MapFS{}
	_, files, _ := strings.Cut("\n"+string(data), "\n-- ")
	for file := range strings.SplitSeq(files, "\n-- ") {
		path, text, found := strings.Cut(file, " --\n")
		if !found {
			t.Fatalf("no file name in %q", file)
		}
		root[path] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	return root
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	machines := fixture(t, "machines.txtar")
	for name, want := range map[string]Description{
		"plain":     {CPUModel: "AMD EPYC 9B14 96-Core Processor", Memory: 8052424 << 10},
		"slices":    {CPUModel: "ARM Neoverse-N1", Memory: 16000000 << 10, CPULimit: 1.5, MemoryLimit: 2 << 30},
		"container": {CPUModel: "ARM Cortex-A55 and ARM Cortex-A76", CPULimit: 0.5, MemoryLimit: 512 << 20},
		"outside":   {CPUModel: "BCM2835", MemoryLimit: 1 << 30},
		"docker1":   {CPUModel: "POWER9 (raw), altivec supported", CPULimit: 2.5, MemoryLimit: 3 << 30},
		"hybrid":    {CPUModel: "sifive,u74-mc", MemoryLimit: 8 << 30},
		"broken":    {CPUModel: "Arm implementer  part 0xd0c"},
		"free1":     {},
		"none":      {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, err := fs.Sub(machines, name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, describe(root)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTree(t *testing.T) {
	t.Parallel()
	processes := fixture(t, "processes.txtar")
	const tick = 10 * time.Millisecond
	for pid, want := range map[int]Usage{
		10: {UserTime: 118 * tick, SysTime: 80 * tick, RSS: 1045 << 10, PeakRSS: 2073 << 10, Read: 4097, Written: 514},
		30: {UserTime: 10 * tick, SysTime: 25 * tick, RSS: 17 << 10, PeakRSS: 17 << 10, Read: 1, Written: 2},
		50: {UserTime: 1000 * tick, SysTime: 1000 * tick},
	} {
		got, err := tree(processes, pid)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("process %d: %v (-want +got):\n%s", pid, err, diff)
		}
	}
	for _, pid := range []int{60, 70, 80, -1} {
		if got, err := tree(processes, pid); err == nil {
			t.Errorf("process %d, of which nothing can be told, has used %+v", pid, got)
		}
	}
}
