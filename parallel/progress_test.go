package parallel

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestProgressLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		level int
		tasks int
		took  time.Duration
		want  []string
	}{
		{"nothing is asked for", 0, 4, time.Second, nil},
		{"less than nothing", -1, 4, time.Second, nil},
		{
			"every task", 11, 3, time.Second,
			[]string{
				"Done 1 out of 3 | elapsed:    1.0s remaining:    2.0s",
				"Done 2 out of 3 | elapsed:    2.0s remaining:    1.0s",
				"Done 3 out of 3 | elapsed:    3.0s finished",
			},
		},
		{
			"every task, however short", 11, 3, 0,
			[]string{
				"Done 1 out of 3 | elapsed:    0.0s remaining:    0.0s",
				"Done 2 out of 3 | elapsed:    0.0s remaining:    0.0s",
				"Done 3 out of 3 | elapsed:    0.0s finished",
			},
		},
		{
			"the least", 1, 1000, 6 * time.Millisecond,
			[]string{
				"Done    1 out of 1000 | elapsed:    0.0s remaining:    6.0s",
				"Done   50 out of 1000 | elapsed:    0.3s remaining:    5.7s",
				"Done  200 out of 1000 | elapsed:    1.2s remaining:    4.8s",
				"Done  450 out of 1000 | elapsed:    2.7s remaining:    3.3s",
				"Done  800 out of 1000 | elapsed:    4.8s remaining:    1.2s",
				"Done 1000 out of 1000 | elapsed:    6.0s finished",
			},
		},
		{
			"minutes", 1, 2, 90 * time.Second,
			[]string{
				"Done 1 out of 2 | elapsed:  1.5min remaining:  1.5min",
				"Done 2 out of 2 | elapsed:  3.0min finished",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				schedule(t, slices.Repeat([]time.Duration{c.took}, c.tasks), Jobs(1), Verbose(c.level), VerboseTo(&out))
				var got []string
				for line := range strings.Lines(out.String()) {
					text, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "[Parallel(n_jobs=1)]: ")
					if !ok {
						t.Errorf("line %q", line)
					}
					got = append(got, text)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("lines (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestEveryTaskHasItsLineHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		schedule(t, make([]time.Duration, 1000), Jobs(1), Verbose(11), VerboseTo(&out))
		if got := strings.Count(out.String(), "\n"); got != 1000 {
			t.Errorf("1000 tasks have %d lines", got)
		}
	})
}

func TestProgressOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		_, err := collect(Stream(t.Context(), slices.Values(upTo(3)), func(_ context.Context, n int) (int, error) {
			pass(time.Second)
			return n, nil
		}, Jobs(1), Verbose(11), VerboseTo(&out)))
		want := "" +
			"[Parallel(n_jobs=1)]: Done   1 tasks      | elapsed:    1.0s\n" +
			"[Parallel(n_jobs=1)]: Done   2 tasks      | elapsed:    2.0s\n" +
			"[Parallel(n_jobs=1)]: Done   3 tasks      | elapsed:    3.0s\n" +
			"[Parallel(n_jobs=1)]: Done 3 out of 3 | elapsed:    3.0s finished\n"
		if diff := cmp.Diff(want, out.String()); err != nil || diff != "" {
			t.Errorf("error %v, lines (-want +got):\n%s", err, diff)
		}
	})
}

func TestHigherLevelsPrintMore(t *testing.T) {
	t.Parallel()
	lines := func(level int) (n int) {
		for done := range int64(1000) {
			if lineIsDue(level, done, done+1) {
				n++
			}
		}
		return n
	}
	for level := 1; level <= 10; level++ {
		if less, more := lines(level), lines(level+1); less > more {
			t.Errorf("level %d prints %d lines, level %d prints %d", level, less, level+1, more)
		}
	}
	if least, most := lines(1), lines(10); least >= most {
		t.Errorf("level 1 prints %d lines, level 10 prints %d", least, most)
	}
	if got := lines(11); got != 1000 {
		t.Errorf("level 11 prints %d lines for 1000 tasks", got)
	}
}

func TestProgressGoesToStdoutAboveFifty(t *testing.T) {
	t.Parallel()
	for level, want := range map[int]*os.File{1: os.Stderr, 50: os.Stderr, 51: os.Stdout, 100: os.Stdout} {
		if got := newProgress(&settings{verbose: level}, 1, time.Now()).out; got != want {
			t.Errorf("at level %d lines do not go to %s", level, want.Name())
		}
	}
}

func TestFailedBatchDoesNotFinish(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	_, err := Map(t.Context(), upTo(3), func(_ context.Context, n int) (int, error) {
		return 0, errBoom
	}, Jobs(1), Verbose(1), VerboseTo(&out))
	if !errors.Is(err, errBoom) || strings.Contains(out.String(), "finished") {
		t.Errorf("Map: %v; printed: %s", err, out.String())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestBrokenWriterDoesNotFailTheBatch(t *testing.T) {
	t.Parallel()
	got, err := Map(t.Context(), upTo(10), square, Jobs(2), Verbose(60), VerboseTo(brokenWriter{}))
	if diff := cmp.Diff(squares(10), got); err != nil || diff != "" {
		t.Errorf("error %v, results (-want +got):\n%s", err, diff)
	}
}
