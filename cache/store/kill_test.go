package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"labbook/cache/store"
)

const (
	limitEnv = "STORE_TEST_LIMIT"
	startEnv = "STORE_TEST_START"
)

// evictingRole puts entries and says so, until it is killed.
func evictingRole(dir string) int {
	limit, _ := strconv.Atoi(os.Getenv(limitEnv))
	start, _ := strconv.Atoi(os.Getenv(startEnv))
	s := store.Open(dir, store.Limits{MaxEntries: int64(limit)})
	for i := start; ; i++ {
		key := scattered(i)
		if err := s.Put(function, key, store.Meta{}, payloadOf(i%300)); err != nil {
			fmt.Fprintln(os.Stderr, "put:", err)
			return 1
		}
		fmt.Fprintln(os.Stdout, i)
		e, err := s.Get(function, scattered(start+rand.IntN(i-start+1)))
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil || !isPayload(e.Payload):
			fmt.Fprintln(os.Stderr, "get:", err)
			return 1
		}
	}
}

// runUntilKilled starts a program, kills it after it put some entries, and
// returns the numbers of those that it was told are there.
func runUntilKilled(t *testing.T, dir string, limit, start, count int) (put []int) {
	t.Helper()
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), roleEnv+"=evicting", dirEnv+"="+dir, limitEnv+"="+strconv.Itoa(limit), startEnv+"="+strconv.Itoa(start))
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	if err != nil {
		t.Error(err)
		return nil
	}
	if err := program.Start(); err != nil {
		t.Error(err)
		return nil
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Errorf("the program said %q", lines.Text())
		}
		if put = append(put, n); len(put) == count {
			_ = program.Process.Kill() // what it says until it is dead counts too
		}
	}
	if err := program.Wait(); err == nil || program.ProcessState.Exited() {
		t.Errorf("the program was not killed: %v", err)
	}
	return put
}

// Two programs at a time are killed while they put and evict. What they put is
// there as long as there is room, all files are known, and the limit holds.
func TestKilledPrograms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		limit  int
	}{{"room for all", 1 << 30}, {"room for few", 60}} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
			var mutex sync.Mutex
			var all []int
			for round := range 6 {
				var group sync.WaitGroup
				for program := range 2 {
					count := 1 + random.IntN(300)
					group.Go(func() {
						put := runUntilKilled(t, dir, test.limit, 1_000_000*(2*round+program+1), count)
						mutex.Lock()
						defer mutex.Unlock()
						all = append(all, put...)
					})
				}
				group.Wait()
			}
			s := store.Open(dir, store.Limits{MaxEntries: int64(test.limit)})
			uses, err := s.Uses(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			files := list(t, s)
			for _, info := range files {
				if _, ok := uses.LastUsed(function, info.Key); !ok {
					t.Errorf("a file that the index does not know: %s", info.Path)
				}
			}
			c := collect(t, s, store.Limits{MaxEntries: int64(test.limit)})
			files = list(t, s)
			if test.limit > len(all) {
				for _, n := range all {
					if e, err := s.Get(function, scattered(n)); err != nil || !isPayload(e.Payload) {
						t.Errorf("entry %d is lost: %v", n, err)
					}
				}
			} else if len(files) > test.limit || len(files) < test.limit/2 {
				t.Errorf("%d entries are left of %d: %+v", len(files), len(all), c)
			}
			if err := s.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			if u := usage(t, s); u.Entries != int64(len(files)) {
				t.Errorf("%d files and %d entries known", len(files), u.Entries)
			}
			t.Logf("%d puts, %d files in the end", len(all), len(files))
			closeStore(t, s)
		})
	}
}

// The order of use is that of all processes together, and what a dead one said
// in its last moment counts.
func TestUseByAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := runUntilKilled(t, dir, 1<<30, 0, 50)
	s := store.Open(dir, store.Limits{})
	for _, n := range put[:10] {
		s.Use(function, scattered(n)).Touch()
	}
	collect(t, s, store.Limits{MaxEntries: 10})
	for _, n := range put[:10] {
		if !s.Contains(function, scattered(n)) {
			t.Errorf("entry %d is gone, which was used last", n)
		}
	}
	closeStore(t, s)
}
