package runlog

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"labbook/cache/codeid"
	"labbook/runlog/capture"
	"labbook/runlog/event"
	"labbook/runlog/machine"
	"labbook/runlog/record"
	"labbook/runlog/secrets"
)

// Command is any program, to be recorded from outside: what it prints, its exit
// status or signal, what it uses, the state of the source around it, and the
// files that it is given. It runs with the standard streams of this process, on a
// terminal of its own where they are one. If it is instrumented, or uses package
// cache, it records itself in the same run.
//
// It cannot tell that it is recorded but by the variable LABBOOK_WITHIN in its
// environment, by which a program knows the run that it is in.
type Command struct {
	Args []string // the program, looked for as a shell does, and its arguments
	Name string   // of the run; that of the program if ""
	Tags []string
	Dir  string // the lab-book's folder; that of the run that this process is in if "", else as Dir says
}

// CommandResult is what a Command came to.
type CommandResult struct {
	UUID     string    // of the run; "" if it could not be recorded
	ExitCode int       // 0 if a signal ended it
	Signal   os.Signal // that ended it; nil for none
}

// Run runs the program and waits for it. An error means that it could not be
// started; exec.ErrNotFound or fs.ErrPermission tell why. If the lab-book cannot
// be used that is said on stderr, once, and the program runs all the same.
// LABBOOK=off has it run without being recorded.
//
// Signals that this process gets meanwhile are passed on, but for those of the
// terminal, which the program gets itself. When ctx ends the program is sent
// SIGTERM.
func (c *Command) Run(ctx context.Context) (CommandResult, error) {
	path, err := exec.LookPath(c.Args[0])
	if err != nil {
		return CommandResult{}, err
	}
	o := outside{command: c, path: path}
	o.recorder = newRecorder(os.Stderr)
	if os.Getenv("LABBOOK") != "off" {
		if err := o.open(); err != nil {
			o.recorder.fail(err)
		}
	}
	return o.run(ctx)
}

// outside is a Command that runs.
type outside struct {
	command  *Command
	path     string
	recorder *Recorder
	session  *capture.Session

	pid     atomic.Int64
	peak    atomic.Int64 // of the memory of the program and its children, as far as it was seen
	started time.Time    // the program
	own     int64        // the most memory that this process had before that
}

func (o *outside) open() error {
	dir := o.command.Dir
	var err error
	if dir == "" {
		dir, err = dirWithin()
	} else {
		dir, err = filepath.Abs(dir) // what the program starts may be elsewhere
	}
	if err != nil {
		return err
	}
	o.recorder.usageOf = o.usage
	return o.recorder.create(dir, o.identify, false)
}

// identify says what there is to say of the program.
func (o *outside) identify(id uuid.UUID, started time.Time, masker *secrets.Masker) record.Run {
	r := identify(id, started, masker)
	r.Outside = true
	r.Argv = masker.Arguments(o.command.Args) // the process is this one, which passes signals on
	r.Package, r.Module, r.ModuleVersion, r.ModuleDir, r.Modules, r.GoVersion = "", "", "", "", nil, ""
	r.VCSRevision, r.VCSDirty = "", false
	r.Exe, r.BuildID = o.path, ""
	if absolute, err := filepath.Abs(o.path); err == nil {
		r.Exe = absolute
	}
	if info, err := buildinfo.ReadFile(o.path); err == nil {
		r.Package, r.Module, r.ModuleVersion, r.GoVersion = info.Path, info.Main.Path, info.Main.Version, info.GoVersion
		r.Modules = modules(info)
		r.BuildID, _ = codeid.BuildIDOf(o.path)
	}
	switch {
	case o.command.Name != "":
		r.Name = o.command.Name
	case os.Getenv("LABBOOK_NAME") == "":
		r.Name = strings.TrimSuffix(filepath.Base(o.command.Args[0]), ".exe")
	}
	return r
}

func (o *outside) run(ctx context.Context) (CommandResult, error) {
	result := CommandResult{UUID: o.recorder.UUID()}
	cmd := exec.Command(o.path, o.command.Args[1:]...) //nolint:noctx // it is sent a signal that it can heed, see below
	cmd.Args[0] = o.command.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = os.Environ()
	if o.recorder.Recording() {
		o.prepare(cmd)
	}
	inputs := &inputReader{emit: o.recorder.Emit, digest: contentOf}
	if o.recorder.Recording() {
		inputs.files = givenFiles(o.command.Args[1:])
	}
	signals := relaySignals()
	defer signals.stop()
	inputs.start()
	if err := cmd.Start(); err != nil {
		inputs.finish()
		o.finish(&event.RunEnd{Ended: time.Now(), Status: record.StatusFailed, Error: err.Error(), ExitCode: 126})
		return CommandResult{}, err
	}
	o.started, o.own = time.Now(), machine.Self().PeakRSS
	o.pid.Store(int64(cmd.Process.Pid))
	o.recorder.sample(o.started)
	if err := o.session.Started(); err != nil {
		o.recorder.warn(err)
	}
	ended, relayed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(relayed)
		signals.to(cmd.Process, ctx.Done(), ended)
	}()
	defer func() { <-relayed }()
	err := cmd.Wait()
	close(ended)
	if _, isExit := errors.AsType[*exec.ExitError](err); err != nil && !isExit {
		o.recorder.warn(fmt.Errorf("wait for %s: %w", o.path, err))
	}
	result.ExitCode, result.Signal = exitOf(cmd.ProcessState)
	inputs.finish()
	last := o.exit(cmd.ProcessState, &result)
	if err := o.session.Stop(false); err != nil {
		o.recorder.warn(err)
	}
	last.Panicked = last.ExitCode == panicCode && o.session.SawTrace()
	o.finish(last)
	return result, nil
}

// prepare has the program's output captured and lets it know its run.
func (o *outside) prepare(cmd *exec.Cmd) {
	r := o.recorder
	for _, tag := range o.command.Tags {
		r.Emit(&event.Tag{Tag: tag})
	}
	inner := outerRun{id: r.id, pid: os.Getpid(), dir: r.dir, told: os.Getenv("LABBOOK_DIR"), name: o.command.Name}
	if len(o.command.Args) > 2 && strings.TrimSuffix(filepath.Base(o.path), ".exe") == "go" && o.command.Args[1] == "run" {
		inner.pid = 0 // between us and the program is the go command
	}
	cmd.Env = append(cmd.Env, WithinVariable+"="+inner.String())
	o.session = r.openCapture(false)
	if stdout, stderr := o.session.Files(); stdout != nil {
		cmd.Stdout, cmd.Stderr = stdout, stderr
	}
}

// exit says how the program ended.
func (o *outside) exit(state *os.ProcessState, result *CommandResult) *event.Exit {
	e := &event.Exit{At: time.Now(), ExitCode: result.ExitCode}
	if result.Signal != nil {
		e.Signal = result.Signal.String()
	}
	e.Usage = event.Usage{UserTime: state.UserTime(), SysTime: state.SystemTime()}
	if e.At.Sub(o.started) >= peakTime {
		e.Usage.MaxRSS = o.peak.Load()
	}
	// What the system says counts from the time before the program proper, when
	// it was a copy of this process: what is not more than that says nothing.
	if most := maxRSS(state); most > o.own {
		e.Usage.MaxRSS = max(e.Usage.MaxRSS, most)
	}
	return e
}

// peakTime is how long a program has to run for what was seen of its memory to
// tell how much it had at most: it is looked at as it starts, and then every 0.1 s.
const peakTime = 150 * time.Millisecond

// finish ends the run.
func (o *outside) finish(last event.Event) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	o.recorder.finish(ctx, func() event.Event { return last }, o.session.Leave)
}

// usage tells what the program and its children have used; nothing if that is not
// known.
func (o *outside) usage() machine.Usage {
	pid := int(o.pid.Load())
	if pid == 0 {
		return machine.Usage{}
	}
	u, err := machine.Tree(pid)
	if err != nil || u.RSS == 0 {
		return machine.Usage{} // it has just ended, or nobody can tell here
	}
	for {
		peak := o.peak.Load()
		if u.PeakRSS <= peak || o.peak.CompareAndSwap(peak, u.PeakRSS) {
			return u
		}
	}
}
