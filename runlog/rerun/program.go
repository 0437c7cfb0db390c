package rerun

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"

	"labbook/cache/codeid"
	"labbook/runlog/record"
)

// A program is what a rerun executes.
type program struct {
	index int // in the order of the runs
	run   *record.RunDetail
	set   []string // parameters that differ from the recorded ones
	path  string
	argv  []string
}

// prepare finds all that the runs need, or makes it. Call cleanUp, which is
// never nil, when the programs have ended.
func prepare(ctx context.Context, runs []record.RunDetail, options *Options) (programs []program, cleanUp func(), err error) {
	builds := builder{made: map[source]string{}}
	for i := range runs {
		run, set, err := fillIn(&runs[i], options.Set)
		if err == nil {
			err = checkSettings(run, set)
		}
		if err != nil {
			return nil, builds.cleanUp, err
		}
		if !isFolder(run.Cwd) {
			return nil, builds.cleanUp, &GoneError{
				run.ID, "its working directory " + run.Cwd + " is gone", "make it again, or run the program by hand elsewhere",
			}
		}
		p := program{index: i, run: run, set: set, argv: run.Argv}
		if p.path, err = findProgram(ctx, run, &builds, options); err == nil && run.Outside && !run.Itself {
			err = p.recordFromOutside(options)
		}
		if err != nil {
			return nil, builds.cleanUp, err
		}
		programs = append(programs, p)
		reportLostSecrets(run, options)
	}
	return programs, builds.cleanUp, nil
}

// findProgram returns the executable of a run, building it if it is gone.
func findProgram(ctx context.Context, run *record.RunDetail, builds *builder, options *Options) (string, error) {
	if info, err := os.Stat(run.Exe); err == nil && info.Mode().IsRegular() {
		if id, err := codeid.BuildIDOf(run.Exe); err == nil && run.BuildID != "" && id != run.BuildID {
			options.progress("the program has been built anew since run %d", run.ID)
		}
		return run.Exe, nil
	}
	gone := &GoneError{Run: run.ID, What: "the program " + run.Exe + " no longer exists"}
	switch {
	case run.ModuleDir == "" || run.Package == "" || run.Package == "command-line-arguments":
		gone.Advice = "build it there again, then rerun; where its source lies is not known"
		return "", gone
	case !isFolder(run.ModuleDir):
		gone.Advice = "and neither does its source in " + run.ModuleDir + "; bring one of them back, then rerun"
		return "", gone
	}
	path, err := builds.build(ctx, run, options)
	var failure *buildError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		gone.Advice = "install Go to have it built again from " + run.ModuleDir + ", or build it by hand"
		return "", gone
	case errors.As(err, &failure):
		gone.What += ", and building it failed: " + failure.output
		gone.Advice = "mend the source in " + run.ModuleDir + ", then rerun"
		return "", gone
	case err != nil:
		return "", fmt.Errorf("rerun run %d: %w", run.ID, err)
	}
	return path, nil
}

// recordFromOutside has a program recorded that does not do so itself.
func (p *program) recordFromOutside(options *Options) error {
	labbook := options.Labbook
	if labbook == "" {
		var err error
		if labbook, err = findLabbook(); err != nil {
			return &GoneError{p.run.ID, "the program does not record itself, and labbook, which would, was not found", "put labbook into a folder of $PATH"}
		}
	}
	argv := []string{labbook, "run", "--name", p.run.Name}
	for _, tag := range p.run.Tags {
		argv = append(argv, "--tag", tag)
	}
	p.argv = append(append(argv, "--", p.path), p.run.Argv[min(1, len(p.run.Argv)):]...)
	p.path = labbook
	return nil
}

// findLabbook returns the labbook command: this program if it is that.
func findLabbook() (string, error) {
	if info, ok := debug.ReadBuildInfo(); ok && info.Path == "labbook/cmd/labbook" {
		return os.Executable()
	}
	return exec.LookPath("labbook")
}

// A source is what an executable is built from.
type source struct{ moduleDir, pkg string }

// A builder builds programs, each once.
type builder struct {
	dir  string // of its own, made when it is first needed
	made map[source]string
}

// cleanUp deletes what was built.
func (b *builder) cleanUp() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir) // the system clears what is left
	}
}

// A buildError is what the go command had to say.
type buildError struct{ output string }

func (e *buildError) Error() string { return e.output }

func (b *builder) build(ctx context.Context, run *record.RunDetail, options *Options) (string, error) {
	from := source{run.ModuleDir, run.Package}
	if path, known := b.made[from]; known {
		return path, nil
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", err
	}
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "labbook-rerun-"); err != nil {
			return "", err
		}
	}
	// Each in a folder of its own: programs of several modules can be namesakes.
	dir := filepath.Join(b.dir, fmt.Sprint(len(b.made)))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, filepath.Base(run.Exe))
	options.progress("building %s in %s", run.Package, run.ModuleDir)
	build := exec.CommandContext(ctx, goTool, "build", "-o", path, run.Package)
	build.Dir = run.ModuleDir
	if output, err := build.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", &buildError{strings.TrimSpace(string(output) + "\n" + err.Error())}
	}
	b.made[from] = path
	return path, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
