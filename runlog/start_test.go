package runlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

func init() {
	roles["everything"] = func() {
		run := Start()
		p := struct {
			C float64 `default:"1" help:"regularisation"`
		}{}
		err := run.Params(&p)
		fmt.Fprint(os.Stdout, "out ", p.C)
		fmt.Fprint(os.Stderr, "err")
		run.Metric("accuracy", 0.5)
		run.Metric("loss", 3)
		run.Metric("accuracy", 0.75)
		run.Tag("final")
		run.Tag("") // is none
		run.Note("looks\ngood")
		err = errors.Join(err, run.Artifact("tables/scores.txt", []byte("1 2 3")))
		run.End(err)
	}
	roles["nested"] = func() {
		outer := Start()
		outer.Metric("loss", 1)
		inner := Start()
		inner.Metric("loss", 2)
		inner.End(errors.New("of the inner run"))
		outer.Metric("loss", 3)
		outer.End(nil)
		outer.End(errors.New("too late"))
		outer.Tag("after the end")
		if err := outer.Artifact("late.txt", nil); err != nil || outer.Recorder().Recording() {
			panic("it still records")
		}
		say("seen by nobody")
	}
	roles["one after the other"] = func() {
		for _, tag := range []string{"first", "second"} {
			run := Start()
			run.Tag(tag)
			run.End(nil)
		}
	}
	roles["implicit"] = func() {
		Active().Emit(&event.Tag{Tag: "implicit"})
		<-Active().vcsDone
	}
	roles["implicit, not saying where"] = func() { say(Active().Recording()) }
	roles["declared late"] = func() {
		Active().Emit(&event.Tag{Tag: "early"})
		<-Active().vcsDone
		if err := os.Chdir(os.TempDir()); err != nil {
			panic(err)
		}
		run := Start()
		run.Tag("late")
		run.End(nil)
	}
	roles["off"] = func() {
		Off()
		useAll()
		Off()
	}
	roles["all"] = useAll
	roles["ends"] = func() {
		run := Start()
		defer func() {
			_ = recover() // what becomes of the panic is not what is tested
		}()
		switch os.Args[1] {
		case "error":
			run.End(errors.New("it broke"))
		case "signal":
			run.End(fmt.Errorf("stop: %w", &SignalError{Signal: os.Interrupt}))
		case "panic":
			defer run.End(nil)
			panic("oh no")
		case "recovered":
			func() {
				defer func() { _ = recover() }() // the run goes on
				panic("oh no")
			}()
			run.End(nil)
		}
	}
}

// useAll does all that can be recorded, and says what it was told.
func useAll() {
	Active().Emit(&event.Tag{Tag: "x"})
	for range 2 {
		run := Start()
		run.Metric("accuracy", 0.5)
		run.Note("note")
		if err := run.Artifact("a.txt", nil); err != nil {
			panic(err)
		}
		run.Recorder().AtEnd(nil)
		say(run.Recorder().Recording(), run.Recorder().Debug(), run.Recorder().UUID())
		run.End(nil)
	}
	Active().Emit(&event.Tag{Tag: "x"})
}

func TestStartRecords(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "book")
	begun := time.Now()
	p, stdout := execute(t, dir, "everything", []string{"-c", "2.5", "rest"}, "LABBOOK_NAME=digits", "MY_TOKEN=hunter2", "JOBLIB_DEBUG=1")
	if p.exit != 0 || stdout != "out 2.5" || p.stderr.String() != "err" {
		t.Errorf("exit status %d, stdout %q, stderr %q", p.exit, stdout, &p.stderr)
	}
	got := onlyRun(t, dir)
	if got.Started.Before(begun) || got.Ended.Before(got.Started) || got.Ended.After(time.Now()) {
		t.Errorf("it ran from %v to %v", got.Started, got.Ended)
	}
	cwd, err := filepath.EvalSymlinks(p.cmd.Dir)
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "artifacts", got.UUID, "tables", "scores.txt")
	want := record.RunDetail{
		Run: record.Run{
			ID: 1, UUID: got.UUID, Name: "digits", Argv: p.cmd.Args, Cwd: cwd, Exe: p.cmd.Path, GoVersion: runtime.Version(),
			Host: host, OSArch: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), PID: p.cmd.Process.Pid, Debug: true,
			Module: "labbook", Package: "labbook/runlog.test", Itself: true, Status: record.StatusOK,
		},
		Params: []record.Param{{Name: "C", Value: "2.5", Source: "flag", Help: "regularisation"}},
		Metrics: []record.Metric{
			{Name: "accuracy", Step: 0, Value: 0.5}, {Name: "accuracy", Step: 1, Value: 0.75}, {Name: "loss", Step: 0, Value: 3},
		},
		Artifacts: []record.Artifact{{Name: "tables/scores.txt", Path: path, MediaType: "text/plain; charset=utf-8", Bytes: 5}},
		Tags:      []string{"final"},
		Notes:     []record.Note{{Text: "looks\ngood"}},
	}
	// What depends on the machine is looked at below, or not for this test to say.
	ignored := cmpopts.IgnoreFields(record.Run{}, "Env", "Started", "Ended", "Heartbeat", "User", "BuildID", "ModuleDir", "ModuleVersion",
		"UserTime", "SysTime", "MaxRSS", "VCSRevision", "VCSDirty", "VCSDiff", "MaxProcs", "CPUModel", "Memory", "CPULimit", "MemoryLimit", "Modules")
	if diff := cmp.Diff(want, got, ignored, cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(time.Time{}, []record.Sample{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, entry := range []string{"MY_TOKEN=" + Masked, roleVariable + "=everything"} {
		if !slices.Contains(got.Env, entry) {
			t.Errorf("the environment lacks %q", entry)
		}
	}
	if runtime.GOOS != "windows" && (got.UserTime+got.SysTime <= 0 || got.MaxRSS < 1<<20) {
		t.Errorf("it used %v and %v of time and %d bytes", got.UserTime, got.SysTime, got.MaxRSS)
	}
	if runtime.GOOS == "linux" && got.Memory < 1<<20 {
		t.Errorf("the machine has %d bytes", got.Memory)
	}
	checkSamples(t, &got)
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "1 2 3" {
		t.Errorf("the artifact holds %q, %v", content, err)
	}
	if left := spools(t, dir); len(left) != 0 {
		t.Errorf("spools are left: %q", left)
	}
}

// checkSamples checks the series of what a run used: from its beginning to its
// end, and never less.
func checkSamples(t *testing.T, run *record.RunDetail) {
	t.Helper()
	n := len(run.Samples)
	if n < 2 {
		t.Fatalf("there are %d samples", n)
	}
	for i := 1; i < n; i++ {
		if before, s := run.Samples[i-1], run.Samples[i]; s.CPU < before.CPU || s.Read < before.Read || s.Written < before.Written {
			t.Errorf("sample %d is %+v, after %+v", i, s, before)
		}
	}
	first, last := run.Samples[0], run.Samples[n-1]
	if first.At.Before(run.Started) || last.At.After(run.Ended) || run.Ended.Sub(last.At) > time.Second {
		t.Errorf("the samples reach from %v to %v, the run from %v to %v", first.At, last.At, run.Started, run.Ended)
	}
	if runtime.GOOS == "linux" && (last.RSS < 1<<20 || last.CPU <= 0 || run.MaxRSS < last.RSS) {
		t.Errorf("the last sample is %+v; at most it held %d", last, run.MaxRSS)
	}
}

func TestStartInsideARun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, stdout := execute(t, dir, "nested", nil)
	if p.exit != 0 || stdout != "seen by nobody\n" || p.stderr.Len() > 0 {
		t.Fatalf("exit status %d, stdout %q\n%s", p.exit, stdout, &p.stderr)
	}
	run := onlyRun(t, dir)
	if diff := cmp.Diff(end{Status: record.StatusOK}, endOf(&run)); diff != "" {
		t.Errorf("only the first End of the outer run counts (-want +got):\n%s", diff)
	}
	var values []float64
	for i, m := range run.Metrics {
		if m.Step != int64(i) {
			t.Errorf("metric %d has step %d", i, m.Step)
		}
		values = append(values, m.Value)
	}
	if diff := cmp.Diff([]float64{1, 2, 3}, values); diff != "" {
		t.Errorf("values of one name go on in the inner run (-want +got):\n%s", diff)
	}
	if len(run.Tags) != 0 || len(run.Artifacts) != 0 || printed(t, dir, run.ID, record.Stdout) != "" {
		t.Errorf("recorded after the end: %q, %v", run.Tags, run.Artifacts)
	}
	if _, err := os.Stat(filepath.Join(dir, artifactFolder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was kept after the end: %v", err)
	}
}

func TestRunsOfOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if p, _ := execute(t, dir, "one after the other", nil); p.exit != 0 || p.stderr.Len() > 0 {
		t.Fatalf("exit status %d\n%s", p.exit, &p.stderr)
	}
	r := open(t, dir)
	for id, tag := range map[int64]string{1: "first", 2: "second"} {
		run, err := r.Run(t.Context(), id)
		if err != nil || run.Status != record.StatusOK || !slices.Equal(run.Tags, []string{tag}) {
			t.Errorf("run %d: %s, tags %q, %v", id, run.Status, run.Tags, err)
		}
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		how  string
		want end
	}{
		{"error", end{Status: record.StatusFailed, Code: 1, Error: "it broke"}},
		{"signal", end{Status: record.StatusInterrupted, Code: 130, Signal: "interrupt", Error: "stop: stopped by signal: interrupt"}},
		{"panic", end{Status: record.StatusPanicked, Code: 2, Error: "panic; its trace is at the end of the output"}},
		{"recovered", end{Status: record.StatusOK}},
		{"never", unsaid(end{Status: record.StatusOK})},
	} {
		t.Run(test.how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if p, _ := execute(t, dir, "ends", []string{test.how}); p.exit != 0 {
				t.Fatalf("exit status %d\n%s", p.exit, &p.stderr)
			}
			run := onlyRun(t, dir)
			if diff := cmp.Diff(test.want, endOf(&run)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestImplicitRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	execute(t, dir, "implicit", nil)
	run := onlyRun(t, dir)
	if run.Status != record.StatusEnded || !run.Implicit || !slices.Equal(run.Tags, []string{"implicit"}) {
		t.Errorf("it is %s, implicit %v, tags %q; want an implicit run that is over", run.Status, run.Implicit, run.Tags)
	}
	if left := spools(t, dir); len(left) != 0 {
		t.Errorf("spools are left: %q", left)
	}
}

// Start declares the run that calls before it have opened, and takes nothing
// away from it.
func TestImplicitRunIsDeclared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	execute(t, dir, "everything", nil)
	original := onlyRun(t, dir)

	p := start(t, dir, "declared late", nil, RerunVariable+"="+original.UUID)
	p.wait()
	run, err := open(t, dir).Run(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if run.Implicit || run.Status != record.StatusOK || !slices.Equal(run.Tags, []string{"early", "late"}) {
		t.Errorf("it is %s, implicit %v, tags %q; want a declared run with both tags", run.Status, run.Implicit, run.Tags)
	}
	if run.RerunOf != original.ID {
		t.Errorf("it repeats run %d, want %d", run.RerunOf, original.ID)
	}
	if cwd, err := filepath.EvalSymlinks(p.cmd.Dir); err != nil || run.Cwd != cwd {
		t.Errorf("it ran in %s, want where it was started: %s (%v)", run.Cwd, cwd, err)
	}
	for _, entry := range run.Env {
		if strings.HasPrefix(entry, RerunVariable) {
			t.Errorf("%s would make the next rerun of it one of its original", entry)
		}
	}
}

// The state of the source that git tells is not replaced by what the executable
// knows, in whichever order they come.
func TestDeclaredRunKeepsItsRevision(t *testing.T) {
	t.Parallel()
	repository := newRepository(t)
	dir := t.TempDir()
	p := start(t, dir, "declared late", nil, "GIT_DIR="+filepath.Join(repository.dir, ".git"), "GIT_WORK_TREE="+repository.dir)
	p.wait()
	if run := onlyRun(t, dir); run.VCSRevision != repository.head {
		t.Errorf("the revision is %q, want %q", run.VCSRevision, repository.head)
	}
}

func TestNothingIsRecorded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		role   string
		env    []string
	}{
		{"switched off outside", "all", []string{"LABBOOK=off"}},
		{"switched off inside", "off", nil},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "book")
			p, stdout := execute(t, dir, test.role, nil, append(test.env, "JOBLIB_DEBUG=1")...)
			if p.exit != 0 || stdout != strings.Repeat("false false \n", 2) || p.stderr.Len() > 0 {
				t.Errorf("exit status %d, stdout %q, stderr %q", p.exit, stdout, &p.stderr)
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a lab-book was made: %v", err)
			}
			if _, err := os.Stat(filepath.Join(p.cmd.Dir, folderName)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a lab-book was made in the working directory: %v", err)
			}
		})
	}
}

// A test binary is not a program that somebody wants recorded, unless it says
// where.
func TestTestBinariesRecordNothing(t *testing.T) {
	t.Parallel()
	p := start(t, "", "implicit, not saying where", nil)
	if p.wait() != "false\n" || p.exit != 0 {
		t.Errorf("exit status %d\n%s", p.exit, &p.stderr)
	}
	if entries, err := os.ReadDir(p.cmd.Dir); err != nil || len(entries) > 0 {
		t.Errorf("it left %v, %v", entries, err)
	}
}

// A lab-book that cannot be used costs one line on stderr.
func TestUnusableFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, stdout := execute(t, filepath.Join(file, "book"), "all", nil)
	if p.exit != 0 || stdout != "false false \nfalse false \n" {
		t.Errorf("exit status %d, stdout %q", p.exit, stdout)
	}
	stderr := p.stderr.String()
	for _, piece := range []string{"labbook: make lab-book: ", filepath.Base(file), "; the program goes on without being recorded (LABBOOK=off silences this)\n"} {
		if !strings.Contains(stderr, piece) {
			t.Errorf("stderr does not say %q:\n%s", piece, stderr)
		}
	}
	if lines := strings.Count(stderr, "\n"); lines != 1 {
		t.Errorf("it says so %d times:\n%s", lines, stderr)
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "mine" {
		t.Errorf("the file in the way holds %q, %v", content, err)
	}
}
