package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"labbook/cmd/labbook/demo"
	"labbook/runlog"
)

// TestMain makes commands of the test binary: labbook itself, the digits
// analysis as a program of its own, and prog, which does what its arguments say.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"labbook": main,
		"digits":  func() { runlog.Main(demo.Analyse) },
		"prog":    func() { runlog.Main(prog) },
	})
}

func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("the scripts start hundreds of programs, which takes minutes under the race detector")
	}
	t.Parallel()
	goEnv := goEnvironment(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, goEnv...)
			path, err := exec.LookPath("prog") // to make copies of
			env.Setenv("PROG", path)
			return err
		},
		Condition: condition,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code": codeCommand,
			"json": jsonCommand,
			"keys": keysCommand,
			"poke": pokeCommand,
			"disk": diskCommand,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// goEnvironment is what lets a script, which has no home, build programs.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	env := []string{
		"REPOSITORY=" + repository, "GOFLAGS=-buildvcs=false", "GOPROXY=off",
		"GORACE=atexit_sleep_ms=0", // the race detector would hold up the end of every program
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			continue // without a go command the scripts that need one skip themselves
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return env
}

// condition adds to the conditions of scripts: [root] is a user whom no
// permission stops, [disk] a system that lets the user mount a small disk, and
// [race] is the race detector.
func condition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Getuid() == 0, nil
	case "race":
		return underRace, nil
	case "disk":
		return canMount(), nil
	}
	return false, errors.New("no such condition")
}

// codeCommand is "code N PROGRAM ARGS…": the program must exit with status N,
// which is 128 and the number of the signal if one ended it.
func codeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	code := 0
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && code < 0 {
			code = 128 + int(status.Signal())
		}
	default:
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit status %d, want %d", code, want)
	}
}

// pokeCommand is "poke FILE OFFSET BYTE…": it overwrites bytes of a file.
func pokeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: poke FILE OFFSET BYTE…")
	}
	offset, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	data := make([]byte, 0, len(args)-2)
	for _, text := range args[2:] {
		b, err := strconv.ParseUint(text, 0, 8)
		ts.Check(err)
		data = append(data, byte(b))
	}
	file, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	_, err = file.WriteAt(data, offset)
	ts.Check(errors.Join(err, file.Close()))
}
