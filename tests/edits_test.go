package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"

	"github.com/google/go-cmp/cmp"
)

// TestEdits changes a program between its runs and wants each run explained
// truthfully.
func TestEdits(t *testing.T) {
	t.Parallel()
	e := copyEdited(t)
	r := e.goRun(t)

	r.mustMiss(t, setup{}, "the first run", record.FirstCall, "first call")
	r.mustHit(t, setup{}, "nothing changed")

	e.edit(t, "model/model.go", "return total + weight*rate()", "// An explanation.\n\n\treturn total +\n\t\tweight*rate() // and another")
	e.edit(t, "main.go", "// fit is the cached function.", "// fit has been described anew,\n// on two lines.")
	r.mustHit(t, setup{}, "comments and line breaks changed")

	e.edit(t, "main.go", `"result %v"`, `"the result is %v"`)
	if end := r.run(t, setup{}); !strings.HasPrefix(end.Stdout, "the result is ") {
		t.Fatalf("the edited program printed %q: the edit was not built", end.Stdout)
	}
	if got := r.ask(t); got.Call.Outcome != record.Hit {
		t.Fatalf("a function changed that fit does not call: a %s (%s)", got.Call.Outcome, got.Explanation.Reason.Summary)
	}

	e.edit(t, "model/model.go", "learningRate = 0.25", "learningRate = 0.125")
	got := r.mustMiss(t, setup{}, "a constant changed three calls down", record.CodeChanged, "its code changed: model.learningRate")
	want := []whymiss.Difference{{
		Part: "code", Path: "code: model.learningRate", Kind: diffargs.Value,
		Before: "const learningRate = 0.25", After: "const learningRate = 0.125",
		Detail: "@@ -22 +25 @@\n-const learningRate = 0.25\n+const learningRate = 0.125",
		Chain:  []string{"edited.fit", "model.Train", "model.step", "model.rate", "model.learningRate"}, Where: "model.go:25",
	}}
	if diff := cmp.Diff(want, got.Explanation.Differences); diff != "" {
		t.Errorf("a constant changed (-want +got):\n%s", diff)
	}
	if nearest := got.Explanation.Nearest; nearest == nil || nearest.Run != 1 {
		t.Errorf("a constant changed: compared with %+v, want the call of run 1", nearest)
	}
	r.mustHit(t, setup{}, "the changed constant, again")

	// The go command has kept the executable of before the edit: that is
	// older than its source now.
	e.edit(t, "model/model.go", "learningRate = 0.125", "learningRate = 0.25")
	r.mustHit(t, setup{}, "the edit undone")

	// A function and an argument at once: neither hides the other.
	e.edit(t, "model/model.go", "\treturn 2 * learningRate\n", "\tconst twice = 2\n\treturn twice * learningRate\n")
	got = r.mustMiss(t, setup{args: []string{"-vary", "int"}}, "a function and an argument changed", record.CodeChanged,
		"model.rate", "count changed from 3 to 4")
	want = []whymiss.Difference{
		{
			Part: "code", Path: "code: model.rate", Kind: diffargs.Value,
			Before: "return 2 * learningRate", After: "const twice = 2",
			Detail: "@@ -18,3 +21,4 @@\n func rate() float64 {\n-\treturn 2 * learningRate\n+\tconst twice = 2\n+\treturn twice * learningRate\n }",
			Chain:  []string{"edited.fit", "model.Train", "model.step", "model.rate"}, Where: "model.go:21",
		},
		{Part: "count", Path: "count", Kind: diffargs.Value, Before: "3", After: "4", Detail: "1 more"},
	}
	if diff := cmp.Diff(want, got.Explanation.Differences); diff != "" {
		t.Errorf("a function and an argument changed (-want +got):\n%s", diff)
	}
}

// TestWithoutEdits runs one executable with whatever else can change.
func TestWithoutEdits(t *testing.T) {
	t.Parallel()
	e := copyEdited(t)
	e.build(t)
	for name, c := range argumentCases {
		t.Run("arguments/"+name, func(t *testing.T) {
			t.Parallel()
			c.check(t, e.program(t), name)
		})
	}
	for name, check := range map[string]func(*testing.T, trial){
		"ignore":     checkIgnore,
		"version":    checkVersion,
		"evicted":    checkEvicted,
		"corrupt":    checkCorrupt,
		"no-folder":  checkNoFolder,
		"read-only":  checkReadOnly,
		"unstorable": checkUnstorable,
		"error":      checkError,
		"bypass":     checkBypass,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, e.program(t))
		})
	}
}

// An argumentCase is a run that differs in the input from the run before it.
type argumentCase struct {
	summary string // "" for a hit
	want    []whymiss.Difference
	remedy  bool
}

func one(part, path string, kind diffargs.Kind, before, after, detail string) []whymiss.Difference {
	return []whymiss.Difference{{Part: part, Path: path, Kind: kind, Before: before, After: after, Detail: detail}}
}

// argumentCases are by the name of the variation.
var argumentCases = map[string]argumentCase{
	"int":          {"count changed from 3 to 4", one("count", "count", diffargs.Value, "3", "4", "1 more"), false},
	"string":       {`name changed from "digits" to "digests"`, one("name", "name", diffargs.Value, `"digits"`, `"digests"`, "dig[-i-]{+es+}ts"), false},
	"struct-field": {"settings.Rate changed from 0.5 to 0.75", one("settings", "settings.Rate", diffargs.Value, "0.5", "0.75", "relative difference 0.33"), false},
	"nested-field": {"settings.Layers[1].Width changed from 16 to 32", one("settings", "settings.Layers[1].Width", diffargs.Value, "16", "32", ""), false},
	"element":      {"weights[1] changed from 0.2 to 0.9", one("weights", "weights[1]", diffargs.Value, "0.2", "0.9", "relative difference 0.78"), false},
	"float-noise": {
		"argument weights is the same but for float noise",
		one("weights", "weights[0]", diffargs.FloatNoise, "0.1", "0.10000000000000002", "1 ulp"), true,
	},
	"negative-zero": {
		"argument weights differs only in the sign of zero",
		one("weights", "weights[3]", diffargs.NegativeZero, "0", "-0", ""), true,
	},
	"nan": {"weights", one("weights", "weights[2]", diffargs.NaN, "0.3", "NaN", ""), false},
	"order": {
		"argument weights holds the same elements in another order",
		one("weights", "weights", diffargs.Order, "0.1", "0.2", "the same 4 elements in another order: [0] and [1] changed places"), true,
	},
	"longer": {
		"argument weights holds another number of elements",
		one("weights", "weights", diffargs.Length, "4 elements", "5 elements", "1 element added at the end"), false,
	},
	// The argument is neither empty nor nil, something inside of it is.
	"nil-slice": {
		"settings.Layers[1].Tags is empty in one call and nil in the other",
		one("settings", "settings.Layers[1].Tags", diffargs.NilVsEmpty, "empty", "nil", ""), true,
	},
	"time-zone": {
		"argument when is the same instant in another time zone",
		one("when", "when", diffargs.TimeZone, "2024-05-06T12:00:00Z", "2024-05-06T14:00:00+02:00", "the same instant, 0s and 2h0m0s from UTC"), true,
	},
	"instant": {
		"when changed from 2024-05-06T12:00:00Z to 2024-05-06T12:00:01Z",
		one("when", "when", diffargs.Value, "2024-05-06T12:00:00Z", "2024-05-06T12:00:01Z", "1s later"), false,
	},
	"element-type": {
		"argument data holds the same numbers in another element type",
		one("data", "data", diffargs.DType, "[]float64", "[]float32", "the numbers are equal"), true,
	},
	"two-arguments": {
		`count changed from 3 to 5; name changed from "digits" to "letters"`,
		append(one("count", "count", diffargs.Value, "3", "5", ""), one("name", "name", diffargs.Value, `"digits"`, `"letters"`, "first at byte 0 of 6 and 7")...), false,
	},
	"spare-capacity":  {},
	"monotonic-clock": {},
}

func (c argumentCase) check(t *testing.T, r trial, variation string) {
	t.Helper()
	r.run(t, setup{})
	varied := setup{args: []string{"-vary", variation}}
	if c.summary == "" {
		r.mustHit(t, varied, "a difference that does not count")
		return
	}
	got := r.mustMiss(t, varied, "another argument", record.ArgumentChanged, c.summary)
	if diff := cmp.Diff(c.want, got.Explanation.Differences); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if nearest := got.Explanation.Nearest; nearest == nil || nearest.Run != 1 {
		t.Errorf("compared with %+v, want the call of run 1", nearest)
	}
	if hasRemedy := got.Explanation.Remedy != ""; hasRemedy != c.remedy {
		t.Errorf("the remedy is %q; want one: %t", got.Explanation.Remedy, c.remedy)
	}
	r.mustHit(t, varied, "the same again")
	r.mustHit(t, setup{}, "as it was at first")
}

func checkIgnore(t *testing.T, r trial) {
	t.Helper()
	r.run(t, setup{})
	ignoring := setup{args: []string{"-ignore", "count"}}
	got := r.mustMiss(t, ignoring, "Ignore added", record.OptionChanged, "count")
	if ds := got.Explanation.Differences; len(ds) != 1 || ds[0].Path != "count" || ds[0].Kind != diffargs.Removed {
		t.Errorf("Ignore added: the differences are %+v", ds)
	}
	r.mustHit(t, setup{args: []string{"-ignore", "count", "-vary", "int"}}, "what is ignored changed")
	r.mustHit(t, setup{}, "Ignore removed: the old result")
	// Had it been left there, this call would have been a hit.
	got = r.mustMiss(t, setup{args: []string{"-vary", "int"}}, "Ignore removed, and what it ignored changed", record.OptionChanged, "count")
	if ds := got.Explanation.Differences; len(ds) != 1 || ds[0].Path != "count" || ds[0].Kind != diffargs.Added {
		t.Errorf("Ignore removed: the differences are %+v", ds)
	}
}

func checkVersion(t *testing.T, r trial) {
	t.Helper()
	r.mustMiss(t, setup{args: []string{"-version", "1"}}, "the first run", record.FirstCall)
	got := r.mustMiss(t, setup{args: []string{"-version", "2"}}, "another version", record.OptionChanged, "version")
	if diff := cmp.Diff(one("version", "version", diffargs.Value, "1", "2", ""), got.Explanation.Differences); diff != "" {
		t.Errorf("another version (-want +got):\n%s", diff)
	}
	r.mustHit(t, setup{args: []string{"-version", "1"}}, "the old version")
	r.mustMiss(t, setup{}, "no version", record.CodeChanged, "its code is identified by its source, and was by a version given by hand")
}

// entryOf returns the only entry in the cache of a trial.
func (r trial) entryOf(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(r.dir, "cache", "*fit", "??", "*"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("the entries are %q, %v; want one", paths, err)
	}
	return paths[0]
}

func checkEvicted(t *testing.T, r trial) {
	t.Helper()
	r.run(t, setup{})
	if err := os.Remove(r.entryOf(t)); err != nil {
		t.Fatal(err)
	}
	got := r.mustMiss(t, setup{}, "the entry deleted", record.Evicted, "call 1.1 computed and stored the same")
	if got.Explanation.Remedy == "" {
		t.Error("there is no remedy")
	}
	r.mustHit(t, setup{}, "stored again")
}

func checkCorrupt(t *testing.T, r trial) {
	t.Helper()
	r.run(t, setup{})
	path := r.entryOf(t)
	whole := read(t, path)
	for _, damage := range []struct{ why, text string }{
		{"the entry cut short", whole[:len(whole)-1]},
		{"the entry emptied", ""},
		{"one bit of the result turned", whole[:len(whole)-1] + string(whole[len(whole)-1]^1)},
	} {
		write(t, path, damage.text)
		r.mustMiss(t, setup{}, damage.why, record.Corrupt, "damaged", path)
		r.mustHit(t, setup{}, damage.why+", and replaced")
	}
	if got := read(t, path); got == "" {
		t.Error("the entry was not replaced")
	}
}

// checkNoFolder puts a file where the folder of the cache should be.
func checkNoFolder(t *testing.T, r trial) {
	t.Helper()
	write(t, filepath.Join(r.dir, "cache"), "in the way\n")
	want := r.run(t, setup{env: []string{"LABBOOK_CACHE=off"}}).Stdout
	for range 2 {
		end := r.run(t, setup{})
		if end.Stdout != want {
			t.Errorf("it printed %q, want %q", end.Stdout, want)
		}
		if n := strings.Count(end.Stderr, "labbook: "); n != 1 {
			t.Errorf("it complains %d times, want once:\n%s", n, end.Stderr)
		}
	}
	got := r.ask(t)
	got.mustSay(t, "a file in the place of the cache", record.StoreFailed, filepath.Join(r.dir, "cache"))
	if got.Call.Outcome != record.Miss || got.Call.StoreError == "" {
		t.Errorf("the call was recorded as %+v, want a miss that could not be stored", got.Call)
	}
}

// checkReadOnly makes the cache read-only: what it has can still be loaded.
func checkReadOnly(t *testing.T, r trial) {
	t.Helper()
	r.run(t, setup{})
	lock := func(mode os.FileMode) {
		err := filepath.WalkDir(filepath.Join(r.dir, "cache"), func(path string, entry os.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return err
			}
			return os.Chmod(path, mode)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	lock(0o500)
	t.Cleanup(func() { lock(0o700) })
	if probe, err := os.CreateTemp(filepath.Join(r.dir, "cache"), "probe"); err == nil {
		if err := probe.Close(); err != nil {
			t.Error(err)
		}
		t.Skip("this user can write into a read-only folder")
	}
	r.mustHit(t, setup{}, "a read-only cache that has the result")
	varied := setup{args: []string{"-vary", "int"}}
	r.mustMiss(t, varied, "a read-only cache that has not", record.ArgumentChanged, "count")
	got := r.mustMiss(t, varied, "a read-only cache, again", record.StoreFailed, "permission denied")
	if !strings.Contains(got.Call.StoreError, "permission denied") {
		t.Errorf("the store's error is %q", got.Call.StoreError)
	}
}

func checkUnstorable(t *testing.T, r trial) {
	t.Helper()
	unstorable := setup{args: []string{"-unstorable"}}
	end := r.run(t, unstorable)
	if n := strings.Count(end.Stderr, "labbook: "); n != 1 || !strings.Contains(end.Stderr, "chan int") {
		t.Errorf("it should complain once of the chan int:\n%s", end.Stderr)
	}
	r.mustMiss(t, unstorable, "a result that cannot be stored", record.StoreFailed, "call 1.1", "could not store its result", "chan int")
}

func checkError(t *testing.T, r trial) {
	t.Helper()
	failing := setup{env: []string{"EDITED_FAIL=1"}, exit: "exit status 1"}
	got := r.runAndAsk(t, failing)
	got.mustSay(t, "the first run fails", record.FirstCall)
	if got.Call.Outcome != record.Error || got.Call.Error != "failing as asked" {
		t.Errorf("the failing call was recorded as %+v", got.Call)
	}
	const why = "the same call returned an error before"
	got = r.runAndAsk(t, failing)
	got.mustSay(t, "it fails again", record.StoreFailed, why, "failing as asked")
	got = r.mustMiss(t, setup{}, "it succeeds", record.StoreFailed, why, "failing as asked")
	if got.Explanation.Nearest == nil || got.Explanation.Nearest.Call != (record.CallID{Run: 2, Call: 1}) {
		t.Errorf("compared with %+v, want call 2.1", got.Explanation.Nearest)
	}
	r.mustHit(t, failing.succeeding(), "an error that would come no more")
}

// succeeding is the same run when the stored result spares it the error.
func (s setup) succeeding() setup {
	s.exit = ""
	return s
}

func checkBypass(t *testing.T, r trial) {
	t.Helper()
	r.run(t, setup{})
	off := setup{env: []string{"LABBOOK_CACHE=off"}}
	got := r.runAndAsk(t, off)
	got.mustSay(t, "caching off", record.Bypassed, "caching was off")
	if got.Call.Outcome != record.Bypass || got.Call.Key != "" {
		t.Errorf("the call was recorded as %+v, want a bypass without a key", got.Call)
	}
	if !strings.Contains(got.Explanation.Remedy, "LABBOOK_CACHE") {
		t.Errorf("the remedy is %q, want one that names LABBOOK_CACHE", got.Explanation.Remedy)
	}
	r.mustHit(t, setup{}, "caching on again")
}

// TestSourceNewerThanTheExecutable runs an executable after its source was
// written anew: first when nobody knows what it was built from, then when the
// cache remembers.
func TestSourceNewerThanTheExecutable(t *testing.T) {
	t.Parallel()
	e := copyEdited(t)
	e.build(t)
	r := e.program(t)
	e.edit(t, "model/model.go", "learningRate = 0.25", "learningRate = 0.5")
	r.mustMiss(t, setup{}, "the first run", record.FirstCall)
	r.mustHit(t, setup{}, "the same executable")
	e.build(t)
	r.mustMiss(t, setup{}, "built from the source that is there", record.CodeChanged,
		"its code is identified by its source, and was by the executable's build")
	r.mustHit(t, setup{}, "the same executable")
	e.edit(t, "model/model.go", "learningRate = 0.5", "learningRate = 0.75")
	r.mustHit(t, setup{}, "an executable that was identified by its source, after an edit that it does not have")
}
