package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed joblib.py
var joblibScript string

// A measurement is what joblib.py prints of a row.
type measurement struct {
	Row     string  `json:"row"`
	Seconds float64 `json:"seconds"` // median
	Bytes   int64   `json:"bytes"`   // of the file, of rows that care
}

// A python is an interpreter that has joblib.
type python struct {
	path   string
	joblib string // its version
}

// findPython returns a python3 that can import joblib, or nil: then there is
// nothing to compare with, and that is all.
func (l *lab) findPython(ctx context.Context) *python {
	candidates := []string{"python3", "/usr/bin/python3"}
	switch l.python {
	case "":
	case "none":
		return nil
	default:
		candidates = []string{l.python}
	}
	for _, candidate := range candidates {
		cmd := exec.CommandContext(ctx, candidate, "-c", "import joblib, numpy; print(joblib.__version__)")
		cmd.Dir, cmd.Env = l.dir, pythonEnvironment() // not beside joblib.py, which would be imported
		if version, err := cmd.Output(); err == nil {
			return &python{candidate, strings.TrimSpace(string(version))}
		}
	}
	l.progress("no python3 with joblib and numpy is found, so that joblib is not measured")
	return nil
}

// measureJoblib has joblib do the job that the result is of.
func (l *lab) measureJoblib(ctx context.Context, py *python, r *result) error {
	if py == nil || r.joblib == "" {
		return nil
	}
	dir, err := l.fresh()
	if err != nil {
		return err
	}
	// joblib reads the source of the functions that it caches: a script on
	// standard input has none.
	script := filepath.Join(dir, "joblib_rows.py")
	if err := os.WriteFile(script, []byte(joblibScript), 0o600); err != nil {
		return err
	}
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, py.path, script, work,
		strconv.Itoa(l.rounds), strconv.Itoa(l.dump), strconv.Itoa(l.entries), r.joblib)
	cmd.Dir, cmd.Env = dir, pythonEnvironment()
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("measure joblib with %s: %w", py.path, err)
	}
	if err := r.takeIn(out); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// takeIn puts what joblib.py printed beside ours.
func (r *result) takeIn(out []byte) error {
	var m measurement
	if err := json.Unmarshal(out, &m); err != nil {
		return fmt.Errorf("read what joblib.py printed, %q: %w", out, err)
	}
	if m.Row != r.joblib || m.Seconds <= 0 {
		return fmt.Errorf("read what joblib.py printed, %q: it is no time of %s", out, r.joblib)
	}
	r.Joblib, r.JoblibSize = time.Duration(m.Seconds*float64(time.Second)), m.Bytes
	r.judge()
	return nil
}

// pythonEnvironment leaves out what steers numpy's linear algebra: some of its
// builds fail to start for values that others take.
func pythonEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "OPENBLAS_") || strings.HasPrefix(entry, "JOBLIB_")
	})
}
