package misses

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"labbook/cache"
	"labbook/runlog/record"
)

// stored are situations in which the key is the same, and no stored result
// serves.
var stored = []situation{
	{
		name:  "stored/an entry deleted",
		story: "somebody has deleted a file of the cache",
		runs:  afterwards(eachEntry(os.Remove)),
		want:  only(record.Evicted),
	},
	{
		name:  "stored/the folder deleted",
		story: "somebody has cleaned up, the cache too",
		seen:  "Nextflow: the work directory was deleted; joblib users with a temporary folder",
		runs:  afterwards(func(p place) error { return os.RemoveAll(p.cache) }),
		want:  only(record.Evicted),
	},
	{
		name:  "stored/too much for the cache",
		story: "a larger result took the room of an older one",
		seen:  "ccache: max_size; joblib: reduce_size",
		runs: pair(func() {
			small := cache.New("", cache.Options{MaxBytes: 64 << 10})
			fill := cache.Wrap(small, filled)
			fill(40 << 10)
			fill(50 << 10)
			_, err := small.Collect(context.Background())
			must(err)
		}, func() {
			cache.Wrap(cache.New("", cache.Options{MaxBytes: 64 << 10}), filled)(40 << 10)
		}),
		want: only(record.Evicted),
	},
	{
		name:  "stored/in another folder",
		story: "the cache is in the folder of another user now",
		seen:  "DVC #4861: another folder; joblib: a relative cachedir",
		runs: pair(
			func() { sum(readings(9)) },
			func() { cache.Wrap(cache.New("elsewhere", cache.Options{}), Sum, cache.Names("x"))(readings(9)) }),
		want: only(record.OptionChanged),
	},
	{
		name:  "stored/computed to compare",
		story: "labbook verify has computed a stored result again",
		runs: []run{
			{does: func() { sum(readings(9)) }},
			{does: func() { sum(readings(9)) }, env: []string{"LABBOOK_VERIFY=100%"}},
		},
		want: only(record.Verified),
	},
	{
		name:  "stored/damaged",
		story: "the disk has returned something else than was written",
		seen:  "joblib and Gradle: a corrupt entry",
		runs: afterwards(eachEntry(func(path string) error {
			return changeByte(path, -1, func(b byte) byte { return b ^ 1 })
		})),
		want: only(record.Corrupt),
	},
	{
		name:  "stored/of a newer labbook",
		story: "a colleague with a newer labbook shares the cache",
		seen:  "Gradle, ccache and joblib: another version of the cache",
		runs: afterwards(eachEntry(func(path string) error {
			const version = len("LBENTRY")
			return changeByte(path, version, func(b byte) byte { return b + 1 })
		})),
		want: only(record.KeyFormatChanged),
	},
	{
		name:  "stored/expired",
		story: "the result of a query counts for so long only",
		seen:  "joblib: expires_after; Prefect: cache_expiration",
		runs:  pair(expiring, expiring),
		want:  only(record.Expired),
	},
	{
		name:  "stored/refused",
		story: "a callback says that the result does not serve",
		seen:  "joblib: cache_validation_callback",
		runs:  pair(refusing, refusing),
		want:  only(record.Invalidated),
	},
	{
		name:  "stored/by force",
		story: "the call was asked to compute in any case",
		seen:  "DVC: repro -f; Snakemake: --force",
		runs: pair(
			func() { sum(readings(9)) },
			func() { cache.NewFunction(lab, Sum, cache.Names("x")).Recompute(readings(9)) }),
		want: only(record.Invalidated),
	},
	{
		name:  "stored/what cannot be stored",
		story: "the result holds a channel, so that each run computes it",
		seen:  "Gradle: the same key, and still a miss each time; joblib: results that do not pickle",
		runs:  pair(unstorable, unstorable),
		want:  only(record.StoreFailed),
	},
	{
		name:  "stored/no folder to store in",
		story: "a file is where the folder of the cache should be",
		seen:  "joblib: a read-only cachedir on the cluster",
		runs: []run{
			{does: func() { sum(readings(9)) }, byHand: func(p place) error { return os.WriteFile(p.cache, nil, 0o600) }},
			{does: func() { sum(readings(9)) }},
		},
		want: only(record.StoreFailed),
	},
	{
		name:  "stored/an error",
		story: "the download failed, and is tried again",
		seen:  "Nextflow: only tasks that succeed are resumed",
		runs:  pair(downloading(errOutOfReach), downloading(errOutOfReach)),
		want:  only(record.StoreFailed),
	},
	{
		name:  "stored/a panic",
		story: "the function panicked, and was called again",
		runs: []run{
			{does: panicking, ends: "exit status 2"},
			{does: panicking, ends: "exit status 2"},
		},
		want: only(record.StoreFailed),
	},
	{
		name:  "stored/killed",
		story: "the system has killed the program for want of memory, and it is run again",
		seen:  "Nextflow #1448: killed, and done again",
		runs: []run{
			{does: dying, ends: "signal: killed"},
			{does: dying, ends: "signal: killed"},
		},
		want: only(record.StoreFailed),
	},
	{
		name:  "stored/caching off",
		story: "LABBOOK_CACHE=off was left in the environment",
		seen:  "ccache: CCACHE_DISABLE; Gradle: --no-build-cache",
		runs: []run{
			{does: func() { sum(readings(9)) }},
			{does: func() { sum(readings(9)) }, env: []string{"LABBOOK_CACHE=off"}},
		},
		want: only(record.Bypassed),
	},
	{
		name:  "stored/at the same time",
		story: "the cache was cleared while a job computed, and another one began the same",
		seen:  "joblib #1030 and Snakemake #3234: several jobs compute the same",
		runs: []run{
			{does: waiting, held: true},
			{does: waiting, byHand: func(p place) error { return os.RemoveAll(p.cache) }},
		},
		want: only(record.Raced),
	},
	{
		name:  "stored/still there",
		story: "nothing has happened",
		runs:  pair(func() { sum(readings(9)) }, func() { sum(readings(9)) }),
		want:  hit(),
	},
}

// afterwards is the same call twice, with something done by hand in between.
func afterwards(byHand func(p place) error) []run {
	does := func() { sum(readings(9)) }
	return []run{{does: does}, {does: does, byHand: byHand}}
}

// eachEntry does something to the file of each stored result.
func eachEntry(do func(path string) error) func(p place) error {
	return func(p place) error {
		entries, err := filepath.Glob(filepath.Join(p.cache, "*", "??", "*"))
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return fmt.Errorf("there is no entry in %s", p.cache)
		}
		for _, path := range entries {
			if err := do(path); err != nil {
				return err
			}
		}
		return nil
	}
}

// changeByte changes one byte of a file; a negative place is from the end.
func changeByte(path string, at int, change func(byte) byte) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if at < 0 {
		at += len(content)
	}
	content[at] = change(content[at])
	return os.WriteFile(path, content, 0o600)
}

func filled(bytes int) []byte { return make([]byte, bytes) }

func expiring() {
	cache.Wrap(lab, Sum, cache.Names("x"), cache.ExpiresAfter(time.Nanosecond))(readings(9))
}

func refusing() {
	cache.Wrap(lab, Sum, cache.Names("x"), cache.ValidIf(func(cache.Entry) bool { return false }))(readings(9))
}

func unstorable() { cache.Wrap(lab, channelled, cache.Names("n"))(3) }

func channelled(int) any { return make(chan int) }

func downloading(problem error) func() {
	return func() {
		if _, err := cache.Wrap(lab, downloaded, cache.Names("url"))("example.com"); err == nil {
			panic(fmt.Sprintf("want %v", problem))
		}
	}
}

func downloaded(string) (string, error) { return "", errOutOfReach }

func panicking() { cache.Wrap(lab, outOfRange, cache.Names("x"))(readings(3)) }

func outOfRange(x []float64) float64 { return x[cap(x)] }

func dying() { cache.Wrap(lab, died, cache.Names("n"))(3) }

func died(n int) int {
	die()
	return n
}

func waiting() {
	_, err := wait(3)
	must(err)
}
