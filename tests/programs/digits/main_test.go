package main

import (
	"bytes"
	"image/png"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"labbook/cmd/labbook/demo"
	"labbook/runlog"
	"labbook/runlog/record"

	"github.com/google/go-cmp/cmp"
)

// asProgram makes the test binary the program that it tests.
const asProgram = "DIGITS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// quick makes the analysis short: with these settings its grids have
// 1 × 3 and 3 × 3 tasks.
var quick = []string{"folds=3", "k=3", "epochs=1"}

// digits runs the program with the lab-book in dir.
func digits(t *testing.T, dir string, env []string, settings ...string) (stdout, stderr string, err error) {
	t.Helper()
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), asProgram+"=1", "LABBOOK_DIR="+dir, "LABBOOK_JOBS=",
		runlog.SetVariable+"="+strings.Join(slices.Concat(quick, settings), " "))
	program.Env = append(program.Env, env...)
	var out, complaints bytes.Buffer
	program.Stdout, program.Stderr = &out, &complaints
	err = program.Run()
	return out.String(), complaints.String(), err
}

// mustDigits is digits for runs that have to succeed.
func mustDigits(t *testing.T, dir string, env []string, settings ...string) (stdout string) {
	t.Helper()
	stdout, stderr, err := digits(t, dir, env, settings...)
	if err != nil {
		t.Fatalf("run digits: %v\n%s", err, stderr)
	}
	return stdout
}

func TestTwoRunsTeachWhatTheyShould(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	debug := []string{"JOBLIB_DEBUG=1"}
	first := mustDigits(t, dir, debug, demo.First()...)
	second := mustDigits(t, dir, debug, demo.Second()...)

	book, err := runlog.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}()
	runs, err := book.Runs(t.Context(), record.RunQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2 {
		t.Fatalf("the lab-book has %d runs, want 2", len(runs))
	}
	slices.Reverse(runs)
	type outcomes map[string]map[record.Outcome]int
	var got [2]outcomes
	for i, run := range runs {
		if run.Status != record.StatusOK || !run.Debug {
			t.Errorf("run %d is %s, debug %t; want an ok one in debug mode", i+1, run.Status, run.Debug)
		}
		calls, err := book.Calls(t.Context(), record.CallQuery{Filter: record.Filter{Run: run.ID}})
		if err != nil {
			t.Fatal(err)
		}
		got[i] = outcomes{}
		for _, call := range calls {
			function := call.Function[strings.LastIndex(call.Function, ".")+1:]
			if got[i][function] == nil {
				got[i][function] = map[record.Outcome]int{}
			}
			got[i][function][call.Outcome]++
		}
	}
	want := [2]outcomes{
		{
			"strokes":         {record.Miss: 1},
			"classifyNearest": {record.Miss: 3},
			"trainSoftmax":    {record.Miss: 9},
		},
		{
			"strokes":         {record.Hit: 1},
			"classifyNearest": {record.Hit: 2, record.Miss: 1}, // the last fold is disturbed
			"trainSoftmax":    {record.Hit: 9, record.Miss: 3}, // one c is new
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes of the calls in both runs (-want +got):\n%s", diff)
	}

	// What the second run tried again comes out as before: the disturbed number
	// is noise, and results that were loaded are those that were computed.
	for line := range strings.Lines(first) {
		if !strings.HasPrefix(line, "best:") && !strings.Contains(second, line) {
			t.Errorf("the second run printed\n%s\nwant the first one's line %q in it", second, line)
		}
	}

	detail, err := book.Run(t.Context(), runs[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	var accuracy float64
	for _, metric := range detail.Metrics {
		if metric.Name == "accuracy" {
			accuracy = metric.Value
		}
	}
	if accuracy < 0.97 {
		t.Errorf("the metric accuracy is %g, want 0.97 or more", accuracy)
	}
	if len(detail.Notes) != 1 || !strings.Contains(detail.Notes[0].Text, "fold 3 was moved by 1 ulp") {
		t.Errorf("notes are %v, want one on the disturbed number", detail.Notes)
	}
	if len(detail.Artifacts) != 1 {
		t.Fatalf("there are %d artifacts, want the confusion matrix", len(detail.Artifacts))
	}
	file, err := os.ReadFile(detail.Artifacts[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(file)); err != nil {
		t.Errorf("decode %s: %v", detail.Artifacts[0].Name, err)
	}
}

func TestRunsAgreeToTheByte(t *testing.T) {
	t.Parallel()
	want := mustDigits(t, t.TempDir(), nil)
	for _, row := range []struct {
		reason        string
		env, settings []string
	}{
		{"never cached, on one core", []string{"LABBOOK_CACHE=off", "GOMAXPROCS=1"}, nil},
		{"the first settings are the defaults", nil, demo.First()},
	} {
		if diff := cmp.Diff(want, mustDigits(t, t.TempDir(), row.env, row.settings...)); diff != "" {
			t.Errorf("%s (-first +this):\n%s", row.reason, diff)
		}
	}
}

func TestWrongSettingsAreAUsageError(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ setting, want string }{
		{"k=0", "check parameter k: want 1 neighbour or more, not 0"},
		{"k=5000", "want k from 1 to the 1198 training rows, not 5000"},
		{"folds=1", "want 2 folds or more, not 1"},
		{"depth=3", `there is no parameter "depth"`},
	} {
		stdout, stderr, err := digits(t, t.TempDir(), nil, row.setting)
		if err == nil || !strings.Contains(stderr, row.want) {
			t.Errorf("with %s: %v, stdout %q, stderr %q; want it to fail with %q", row.setting, err, stdout, stderr, row.want)
		}
	}
}
