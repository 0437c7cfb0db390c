package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// A report is what -json prints.
type report struct {
	Go      string   `json:"go"`
	System  string   `json:"system"`
	Cores   int      `json:"cores"`
	Joblib  string   `json:"joblib,omitempty"` // its version; "" if it was not measured
	Rounds  int      `json:"rounds"`
	DumpMB  int      `json:"dump_mb"`
	Entries int      `json:"entries"`
	Rows    []result `json:"rows"`
}

func writeJSON(w io.Writer, set settings, py *python, results []result) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report{
		Joblib: py.version(),
		Go:     runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.GOMAXPROCS(0),
		Rounds: set.rounds, DumpMB: set.dump, Entries: set.entries, Rows: results,
	})
}

func writeTable(w io.Writer, set settings, py *python, results []result) error {
	fmt.Fprintf(w, "%s, %s/%s on %d cores; joblib %s; medians of %d rounds\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), orDash(py.version()), set.rounds)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	header := []string{"work", "joblib", "limit", "ours", "budget", "ours/limit", "joblib/ours", "budget met", "the limit is"}
	fmt.Fprintln(table, strings.Join(header, "\t"))
	for i := range results {
		fmt.Fprintln(table, strings.Join(results[i].cells(), "\t"))
	}
	return table.Flush()
}

func (py *python) version() string {
	if py == nil {
		return ""
	}
	return py.joblib
}

func (r *result) cells() []string {
	verdict := string(r.Met)
	if r.Size > 0 {
		verdict += fmt.Sprintf(" (%.1f MB", float64(r.Size)/1e6)
		if r.JoblibSize > 0 {
			verdict += fmt.Sprintf(", joblib %.1f", float64(r.JoblibSize)/1e6)
		}
		verdict += ")"
	}
	return []string{
		r.Name, short(r.Joblib), short(r.Limit), short(r.Ours), short(r.Budget),
		times(r.OursLimit), times(r.JoblibOurs), verdict, orDash(r.LimitIs),
	}
}

// short prints a duration with three digits.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return digits(float64(d)/1e3) + " µs"
	case d < time.Second:
		return digits(float64(d)/1e6) + " ms"
	default:
		return digits(d.Seconds()) + " s"
	}
}

func times(ratio float64) string {
	if ratio == 0 {
		return "–"
	}
	return "× " + digits(ratio)
}

func digits(x float64) string {
	switch {
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.0f", x)
	}
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
