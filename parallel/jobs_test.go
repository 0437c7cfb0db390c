package parallel

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"labbook/runlog/event"
)

func TestCountJobs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked, cores, want int
		why                string
	}{
		{1, 8, 1, "what was asked for"},
		{8, 8, 8, "what was asked for"},
		{100, 8, 100, "more than there are cores"},
		{-1, 8, 8, "all"},
		{-2, 8, 7, "all but one"},
		{-8, 8, 1, "all but seven"},
		{-9, 8, 1, "at least one"},
		{-2, 1, 1, "at least one"},
		{math.MinInt, 8, 1, "at least one"},
		{math.MaxInt, 8, math.MaxInt, "what was asked for"},
	} {
		got, err := countJobs(c.asked, c.cores)
		if err != nil || got != c.want {
			t.Errorf("Jobs(%d) on %d cores: %d, %v; want %d: %s", c.asked, c.cores, got, err, c.want, c.why)
		}
	}
}

// jobsOf is the number of jobs that a call with opts records.
func jobsOf(t *testing.T, opts ...Option) (int, error) {
	t.Helper()
	book := &notebook{}
	if _, err := Map(t.Context(), upTo(10), square, append(opts, recordTo(book))...); err != nil {
		return 0, err
	}
	return eventsOf[*event.BatchStart](book)[0].Jobs, nil
}

func TestJobsFromTheEnvironment(t *testing.T) { //nolint:paralleltest // the environment is one for all
	cores := runtime.GOMAXPROCS(0)
	for _, c := range []struct {
		value string
		opts  []Option
		want  int
		err   string
		why   string
	}{
		{"", nil, cores, "", "the default is all cores"},
		{"3", nil, 3, "", "the environment says so"},
		{"-1", nil, cores, "", "joblib's meaning holds there, too"},
		{"3", []Option{Jobs(5)}, 5, "", "what the call says goes first"},
		{"nonsense", []Option{Jobs(5)}, 5, "", "it is not looked at"},
		{"nonsense", nil, 0, `LABBOOK_JOBS="nonsense": not a whole number`, "it names the variable"},
		{"0", nil, 0, `LABBOOK_JOBS="0": 0 jobs`, "it names the variable"},
		{"2.5", nil, 0, `LABBOOK_JOBS="2.5"`, "it names the variable"},
		{"99999999999999999999", nil, 0, `LABBOOK_JOBS="99999999999999999999"`, "it names the variable"},
	} {
		t.Setenv(jobsVariable, c.value)
		got, err := jobsOf(t, c.opts...)
		switch {
		case c.err == "" && (err != nil || got != c.want):
			t.Errorf("%s=%q: %d jobs, %v; want %d: %s", jobsVariable, c.value, got, err, c.want, c.why)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s=%q: error %v, want %q: %s", jobsVariable, c.value, err, c.err, c.why)
		}
	}
}

func TestLastOptionHolds(t *testing.T) {
	t.Parallel()
	if got, err := jobsOf(t, Jobs(0), Jobs(4)); err != nil || got != 4 {
		t.Errorf("Jobs(0), Jobs(4): %d jobs, %v; want 4", got, err)
	}
}
