package main

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/record"
)

func TestMetricLines(t *testing.T) {
	t.Parallel()
	metrics := []record.Metric{
		{Name: "accuracy", Value: 0.9},
		{Name: "loss", Step: 0, Value: 3},
		{Name: "loss", Step: 1, Value: 0.5},
		{Name: "loss", Step: 2, Value: 1},
		{Name: "pi", Value: 3.14159265},
	}
	want := []string{"accuracy = 0.9", "loss = 1  (the last of 3, 0.5 to 3)", "pi = 3.14159"}
	if diff := cmp.Diff(want, metricLines(metrics)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a run can have besides what the scripts' programs have.
func TestPrintRun(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)
	run := record.RunDetail{
		Run: record.Run{
			ID: 7, Name: "fit", Status: record.StatusKilled, Signal: "killed", ExitSeen: true, Argv: []string{"fit"}, Cwd: "/w",
			Started: at, Ended: at.Add(4 * time.Second), Within: 3, Host: "h", OSArch: "linux/arm64", CPUs: 8, GoVersion: "go1.26", User: "u",
			CPUModel: "ARM Neoverse-N1", Memory: 16 << 30, CPULimit: 1.5, MemoryLimit: 2 << 30, MaxProcs: 2, Modules: []string{"a@v1", "b@v2"},
			UserTime: 3 * time.Second, SysTime: time.Second, MaxRSS: 900 << 20,
		},
		Children: []int64{8, 9},
		Inputs: []record.Input{
			{Path: "/w/a.csv", Bytes: 2048, Digest: "0123456789abcdef0123"},
			{Path: "/w/b.csv", Bytes: 1},
		},
		Samples: []record.Sample{
			{At: at, RSS: 100 << 20},
			{At: at.Add(2 * time.Second), RSS: 800 << 20, CPU: 3 * time.Second, Read: 1 << 20},
			{At: at.Add(4 * time.Second), RSS: 400 << 20, CPU: 4 * time.Second, Read: 2 << 20, Written: 3 << 10},
		},
	}
	var stdout bytes.Buffer
	a := app{stdout: &stdout, now: func() time.Time { return at }}
	if err := a.printRun(&run, nil, strconvRun); err != nil {
		t.Fatal(err)
	}
	want := `run          7  † killed  fit
end          killed by signal 9 (killed)
command      fit
in           /w
started      2026-11-21 15:04:05, took 4.0 s
started by   3
has started  8 9
modules      2; --json lists them
machine      h, linux/arm64, 8 CPUs, go1.26, as u
processor    ARM Neoverse-N1
memory       16 GiB
limits       1.5 CPUs, 2.0 GiB of memory, GOMAXPROCS 2
used         3.0 s user, 1.0 s system, 900 MiB at most
disk         2.0 MiB read, 3.0 KiB written
memory use   ██  100 MiB … 800 MiB
CPU use      █▃  1.0 cores, 1.5 at most
calls        0 hits, 0 misses, 0 errors; saved 0 ns, spent 0 ns
input        /w/a.csv  2.0 KiB  0123456789ab
input        /w/b.csv  1 B
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(stdout.String(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A run can have more of something than anybody reads.
func TestPrintRunOfMuch(t *testing.T) {
	t.Parallel()
	run := record.RunDetail{Run: record.Run{ID: 7, Argv: []string{"fit", strings.Repeat("é", 5000)}}}
	for i := range 3*mostRows + 1234 {
		run.Metrics = append(run.Metrics, record.Metric{Name: strconv.Itoa(i), Value: 1})
	}
	var stdout bytes.Buffer
	a := app{stdout: &stdout, now: func() time.Time { return time.Time{} }}
	if err := a.printRun(&run, nil, strconvRun); err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(stdout.String(), "\nmetric "); rows != mostRows+1 || !strings.Contains(stdout.String(), "and 1 434 more; --json lists all\n") {
		t.Errorf("%d rows of metrics:\n%.5000s", rows, stdout.String())
	}
	if stdout.Len() > 10_000 || !strings.Contains(stdout.String(), "é … --json has all\n") {
		t.Errorf("%d bytes:\n%.5000s", stdout.Len(), stdout.String())
	}
}

// strconvRun names a run that the lab-book has.
func strconvRun(run int64) string { return strconv.FormatInt(run, 10) }

// What is not known of a run is not printed as nothing.
func TestPrintRunOfUnknownUsage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)
	run := record.RunDetail{Run: record.Run{ID: 7, Status: record.StatusDied, Outside: true, Started: at, Ended: at, Heartbeat: at}}
	for known, want := range map[string]string{
		"":       "",
		"memory": "used      2.0 MiB at most",
		"time":   "used      1.0 s user, 0 ns system",
	} {
		r := run
		switch known {
		case "memory":
			r.MaxRSS = 2 << 20
		case "time":
			r.UserTime = time.Second
		}
		var stdout bytes.Buffer
		a := app{stdout: &stdout, now: func() time.Time { return at }}
		if err := a.printRun(&r, nil, strconvRun); err != nil {
			t.Fatal(err)
		}
		if got := regexp.MustCompile("(?m)^(used|.*took).*$").FindString(stdout.String()); got != want {
			t.Errorf("with the %s known it says %q, want %q", known, got, want)
		}
	}
}
