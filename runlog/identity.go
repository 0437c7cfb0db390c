package runlog

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"labbook/cache/codeid"
	"labbook/runlog/record"
	"labbook/runlog/secrets"
)

// An identifier gathers what tells a run from others, but for its machine.
type identifier func(id uuid.UUID, started time.Time, masker *secrets.Masker) record.Run

// identify gathers what tells this execution of the program from others. What
// cannot be found out stays empty: a run is worth recording without it.
func identify(id uuid.UUID, started time.Time, masker *secrets.Masker) record.Run {
	r := record.Run{
		UUID: id.String(), Argv: masker.Arguments(os.Args), Env: masker.Environment(os.Environ()), Started: started,
		GoVersion: runtime.Version(), OSArch: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
		PID: os.Getpid(), Debug: debugMode(), Status: record.StatusRunning,
	}
	if n := runtime.GOMAXPROCS(0); n != r.CPUs {
		r.MaxProcs = n
	}
	r.Cwd, _ = os.Getwd()
	r.Host, _ = os.Hostname()
	r.Exe, _ = os.Executable()
	r.BuildID, _ = codeid.BuildID()
	if u, err := user.Current(); err == nil {
		r.User = u.Username
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		r.Package, r.Module, r.ModuleVersion = info.Path, info.Main.Path, info.Main.Version
		r.Modules = modules(info)
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				r.VCSRevision = setting.Value
			case "vcs.modified":
				r.VCSDirty = setting.Value == "true"
			}
		}
	}
	r.ModuleDir = codeid.ModuleDir()
	if r.Name = os.Getenv("LABBOOK_NAME"); r.Name == "" {
		r.Name = programName(&r)
	}
	return r
}

// programName is the last element of the main package's path: an executable
// made by "go run" has no name of its own.
func programName(r *record.Run) string {
	if r.Package != "" && r.Package != "command-line-arguments" {
		return strings.TrimSuffix(r.Package[strings.LastIndexByte(r.Package, '/')+1:], ".test")
	}
	return strings.TrimSuffix(filepath.Base(r.Exe), ".exe")
}

// debugMode reports whether JOBLIB_DEBUG asks for snapshots and a summary.
func debugMode() bool {
	value := os.Getenv("JOBLIB_DEBUG")
	return value != "" && value != "0" && value != "false"
}
