package whyhit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/whyhit"
	"labbook/runlog/record"
	"labbook/runlog/secrets"
	"labbook/runlog/sqlbook"
)

var epoch = time.Date(2026, 11, 25, 15, 4, 5, 0, time.UTC)

// A history is a lab-book of two runs: call 1.1 computed what call 2.1 loaded.
type history struct {
	runs  map[int64]*record.RunDetail
	calls map[record.CallID]*record.CallDetail
	fail  error
}

func (h *history) Call(_ context.Context, id record.CallID) (record.CallDetail, error) {
	if c := h.calls[id]; c != nil {
		return *c, nil
	}
	return record.CallDetail{}, fmt.Errorf("call %s: %w", id, sqlbook.ErrNoCall)
}

func (h *history) Run(_ context.Context, id int64) (record.RunDetail, error) {
	if h.fail != nil {
		return record.RunDetail{}, h.fail
	}
	if r := h.runs[id]; r != nil {
		return *r, nil
	}
	return record.RunDetail{}, fmt.Errorf("run %d: %w", id, sqlbook.ErrNoRun)
}

var (
	computed = record.CallID{Run: 1, Call: 1}
	loaded   = record.CallID{Run: 2, Call: 1}
)

func newHistory() *history {
	run := func(id int64) *record.RunDetail {
		return &record.RunDetail{Run: record.Run{
			ID: id, Name: "digits", Argv: []string{"digits", "-c", "2"}, Cwd: "/home/ada", Env: []string{"PATH=/bin", "TZ=UTC", "TERM=xterm"},
			GoVersion: "go1.26.1", VCSRevision: "3f9c2ab81d50f1e7", Host: "lab1", OSArch: "linux/amd64", CPUs: 4, CPUModel: "Xeon", Memory: 8 << 30,
			User: "ada", Modules: []string{"a.org/used@v1.0.0", "a.org/other@v1.0.0"}, Itself: true,
		}}
	}
	parts := []record.Part{
		{Kind: record.PartCode, Name: "code", Preview: "source"},
		{Kind: record.PartModule, Name: "a.org/used", Preview: "v1.0.0"},
		{Kind: record.PartToolchain, Name: "go", Preview: "go1.26.1"},
		{Kind: record.PartCode, Name: "signature", Preview: "func(context.Context, []float64, func(int, int) (int, error), struct { A int \"a,\\\"b\" }) float64"},
		{Kind: record.PartDependency, Name: "$SEED", Preview: "1"},
		{Kind: record.PartArgument, Name: "x"},
		{Kind: record.PartArgument, Name: "c"},
	}
	call := func(id record.CallID, outcome record.Outcome) *record.CallDetail {
		return &record.CallDetail{
			Call:  record.Call{ID: id, Function: "lab/model.Train", Outcome: outcome, Started: epoch, Duration: time.Second, ResultDigest: "aa"},
			Code:  record.Function{Name: "lab/model.Train", CodeDigest: "c1", CodeKind: "source"},
			Parts: parts,
		}
	}
	h := &history{
		runs:  map[int64]*record.RunDetail{1: run(1), 2: run(2)},
		calls: map[record.CallID]*record.CallDetail{computed: call(computed, record.Miss), loaded: call(loaded, record.Hit)},
	}
	hit := h.calls[loaded]
	hit.Origin, hit.Duration, hit.Saved = computed, time.Millisecond, 999*time.Millisecond
	return h
}

func explain(t *testing.T, h *history) whyhit.Explanation {
	t.Helper()
	e, err := whyhit.Explain(t.Context(), h, loaded)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func text(t *testing.T, e *whyhit.Explanation) string {
	t.Helper()
	var b strings.Builder
	if err := e.Text(&b, epoch.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNothingHasChanged(t *testing.T) {
	t.Parallel()
	e := explain(t, newHistory())
	want := `2.1  model.Train  loaded in 1.0 ms, which saved 999 ms
  from     1.1, which computed it in 1.0 s, 1 h ago (2026-11-25 15:04:05)
  by       run 1, digits: digits -c 2
  on       lab1 as ada: linux/amd64, Xeon, go1.26.1
  at       3f9c2ab81d50f1e7
  key      covers its code by source, 1 module, go1.26.1, $SEED, arguments x, c; 1 argument is left out by cache.Ignore
  right?   nothing that is recorded has changed since; labbook verify 2.1 computes it again to see
`
	if diff := cmp.Diff(want, text(t, &e)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e.State != whyhit.Unchanged || len(e.Changes) != 0 || e.Changes == nil || e.Masked == nil {
		t.Errorf("state %s, changes %v, masked %v", e.State, e.Changes, e.Masked)
	}
}

func TestWhatHasChanged(t *testing.T) {
	t.Parallel()
	type lines []string
	for _, test := range []struct {
		reason string
		change func(h *history, before, after *record.RunDetail)
		state  whyhit.State
		want   lines
	}{
		{"variables", func(_ *history, before, after *record.RunDetail) {
			before.Env = []string{"TZ=UTC", "GONE=1", "SAME=x", "TERM=xterm", "SHLVL=1", "LABBOOK_DIR=/a", "SSH_TTY=1", "SEED=1", "ODD", "=C:=C"}
			after.Env = []string{"TZ=", "NEW=1", "SAME=x", "TERM=vt100", "SHLVL=2", "LABBOOK_DIR=/b", "SEED=2"}
		}, whyhit.Changed, lines{
			`environment TZ: UTC → "" likely false`, "environment GONE: 1 →  possible false", "environment NEW:  → 1 possible false", "environment SEED: 1 → 2 possible true",
			"environment LABBOOK_DIR: /a → /b unlikely false", "environment SHLVL: 1 → 2 unlikely false", "environment SSH_TTY: 1 →  unlikely false",
			"environment TERM: xterm → vt100 unlikely false",
		}},
		{"only what a session changes", func(_ *history, _, after *record.RunDetail) {
			after.Env = []string{"PATH=/bin", "TZ=UTC", "TERM=vt100"}
		}, whyhit.Unchanged, lines{"environment TERM: xterm → vt100 unlikely false"}},
		{"only what the key covers", func(_ *history, before, _ *record.RunDetail) {
			before.Env = append(before.Env, "SEED=1")
		}, whyhit.Unchanged, lines{"environment SEED: 1 →  possible true"}},
		{"modules: those of the key are left to it", func(_ *history, before, after *record.RunDetail) {
			before.Modules = []string{"a.org/used@v0.9.0", "a.org/other@v1.0.0", "a.org/old@v1.0.0"}
			after.Modules = []string{"a.org/used@v1.0.0", "a.org/other@v1.1.0"}
		}, whyhit.Unchanged, lines{"module a.org/old: v1.0.0 →  unlikely false", "module a.org/other: v1.0.0 → v1.1.0 unlikely false"}},
		{"the Go version is part of the key", func(_ *history, before, _ *record.RunDetail) { before.GoVersion = "go1.25" }, whyhit.Unchanged, nil},
		{"the commit, of which the key has the code", func(_ *history, before, _ *record.RunDetail) {
			before.VCSRevision = "aaaaaaaaaaaaaaaa"
		}, whyhit.Unchanged, lines{"commit revision: aaaaaaaaaaaa → 3f9c2ab81d50 unlikely true"}},
		{"what was not committed", func(_ *history, before, after *record.RunDetail) {
			before.VCSDirty, before.VCSDiff = true, "+a"
			after.VCSDirty, after.VCSDiff = true, "+b"
		}, whyhit.Unchanged, lines{"commit revision: 3f9c2ab81d50 with uncommitted changes, of one kind → 3f9c2ab81d50 with uncommitted changes, of another unlikely true"}},
		{"what a version stands for", func(h *history, before, after *record.RunDetail) {
			for _, c := range h.calls {
				c.Code.CodeKind = "version"
				c.Parts = []record.Part{{Kind: record.PartOption, Name: "version", Preview: "2"}}
			}
			h.calls[computed].Code.CodeDigest = "c0"
			before.GoVersion, before.VCSRevision = "go1.25", ""
			after.Modules = append(after.Modules, "a.org/new@v1.0.0")
		}, whyhit.Changed, lines{
			"code lab/model.Train: c0 → c1 likely false", "commit revision:  → 3f9c2ab81d50 possible false", "module a.org/new:  → v1.0.0 possible false",
			"toolchain go: go1.25 → go1.26.1 possible false",
		}},
		{"another machine", func(_ *history, before, after *record.RunDetail) {
			before.Host, before.OSArch, before.CPUModel, before.Memory, before.MaxProcs = "lab2", "linux/arm64", "M1", 16<<30, 2
			after.CPULimit, after.MemoryLimit = 1.5, 1<<30
		}, whyhit.Changed, lines{
			"machine system: linux/arm64 → linux/amd64 likely false", "machine processor: M1 → Xeon possible false", "machine host: lab2 → lab1 possible false",
			"machine GOMAXPROCS: 2 → 4 possible false", "machine CPU limit: none → 1.5 cores unlikely false",
			"machine memory: 16 GiB → 8.0 GiB unlikely false", "machine memory limit: none → 1.0 GiB unlikely false",
		}},
		{"how it was started", func(_ *history, before, after *record.RunDetail) {
			before.Argv, before.Cwd, before.Name, before.User = nil, "/tmp/x", "other", "bob"
			before.Params = []record.Param{{Name: "C", Value: "1"}, {Name: "old", Value: "1"}}
			after.Params = []record.Param{{Name: "C", Value: "2"}, {Name: "new", Value: "1"}}
			after.Outside = true
		}, whyhit.Changed, lines{
			"argument arguments of the program:  → -c 2 possible false", "parameter C: 1 → 2 possible false", "folder working directory: /tmp/x → /home/ada possible false",
			"program name: other → digits unlikely false", "user user: bob → ada unlikely false", "recording recorded: by itself → by itself, and by labbook run unlikely false",
		}},
		{"files that both were given", func(_ *history, before, after *record.RunDetail) {
			later := epoch.Add(time.Second)
			before.Inputs = []record.Input{
				{Path: "/a", Digest: "aaaaaaaaaaaaaaaa", Bytes: 1},
				{Path: "/b", Digest: "aa", Bytes: 1, Modified: epoch},
				{Path: "/c", Bytes: 1, Modified: epoch},
				{Path: "/d", Bytes: 1, Modified: epoch},
				{Path: "/gone"},
			}
			after.Inputs = []record.Input{
				{Path: "/new"},
				{Path: "/a", Digest: "bbbbbbbbbbbbbbbb", Bytes: 2},
				{Path: "/b", Digest: "aa", Bytes: 1, Modified: later},
				{Path: "/c", Digest: "cc", Bytes: 1, Modified: later},
				{Path: "/d", Bytes: 1, Modified: epoch},
			}
		}, whyhit.Changed, lines{
			"input /a: aaaaaaaaaaaa, 1 B → bbbbbbbbbbbb, 2 B likely false", "input /c: 1 B of 2026-11-25 15:04:05 → 1 B of 2026-11-25 15:04:06 possible false",
		}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory()
			test.change(h, h.runs[1], h.runs[2])
			e := explain(t, h)
			var got lines
			for _, c := range e.Changes {
				got = append(got, fmt.Sprintf("%s %s: %s → %s %s %t", c.What, c.Name, c.Before, c.After, c.Matters, c.Covered))
			}
			if diff := cmp.Diff(test.want, got); diff != "" || e.State != test.state {
				t.Errorf("state %s, want %s; changes (-want +got):\n%s", e.State, test.state, diff)
			}
			_ = text(t, &e)
		})
	}
}

func TestSecretsStayMasked(t *testing.T) {
	t.Parallel()
	h := newHistory()
	h.runs[1].Env = []string{"A_TOKEN=" + secrets.Masked, "B_TOKEN=" + secrets.Masked, "PATH=/bin"}
	h.runs[2].Env = []string{"A_TOKEN=" + secrets.Masked, "PATH=/bin"}
	e := explain(t, h)
	if diff := cmp.Diff([]string{"A_TOKEN"}, e.Masked); diff != "" {
		t.Errorf("masked (-want +got):\n%s", diff)
	}
	for _, want := range []string{"  $B_TOKEN  " + secrets.Masked + " → none\n", "  unknown  whether secrets have changed: A_TOKEN\n"} {
		if got := text(t, &e); !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
}

func TestWhenTheOriginIsNotThere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		change func(h *history)
		state  whyhit.State
		want   string
	}{
		{"never recorded", func(h *history) { h.calls[loaded].Origin = record.CallID{} }, whyhit.Unknown, "  from     a run that this lab-book does not have: "},
		{"the call is gone", func(h *history) { delete(h.calls, computed) }, whyhit.Removed, "  from     1.1, whose run was removed from the lab-book\n"},
		{"the run is gone", func(h *history) { delete(h.runs, 1) }, whyhit.Removed, "  from     1.1, whose run was removed from the lab-book\n"},
		{"the same run", func(h *history) {
			c := *h.calls[computed]
			c.ID = record.CallID{Run: 2, Call: 9}
			h.calls[c.ID], h.calls[loaded].Origin = &c, c.ID
		}, whyhit.SameRun, ", in the same run\n"},
		{"another result", func(h *history) { h.calls[computed].ResultDigest = "bb" }, whyhit.Unchanged, "; what is loaded is not what it stored\n"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			h := newHistory()
			test.change(h)
			e := explain(t, h)
			if got := text(t, &e); e.State != test.state || !strings.Contains(got, test.want) {
				t.Errorf("state %s, want %s, and %q in:\n%s", e.State, test.state, test.want, got)
			}
		})
	}
}

func TestWhatIsNoHit(t *testing.T) {
	t.Parallel()
	h := newHistory()
	for outcome, want := range map[record.Outcome]string{
		record.Miss:    "call 2.1 of model.Train was no hit: it was computed; labbook why-miss 2.1 says why",
		record.Error:   "call 2.1 of model.Train was no hit: it was computed, and failed; labbook why-miss 2.1 says why",
		record.Bypass:  "call 2.1 of model.Train was no hit: it was computed past the cache; labbook why-miss 2.1 says why",
		record.Running: "call 2.1 of model.Train was no hit: it has not ended, and is being computed; labbook why-miss 2.1 says why",
	} {
		h.calls[loaded].Outcome = outcome
		_, err := whyhit.Explain(t.Context(), h, loaded)
		if miss, ok := errors.AsType[*whyhit.MissError](err); !ok || miss.Call.ID != loaded || err.Error() != want {
			t.Errorf("%s: %v, want %s", outcome, err, want)
		}
	}
	if _, err := whyhit.Explain(t.Context(), h, record.CallID{Run: 7, Call: 7}); !errors.Is(err, sqlbook.ErrNoCall) {
		t.Errorf("Explain of an unknown call = %v, want %v", err, sqlbook.ErrNoCall)
	}
	h = newHistory()
	h.fail = errors.New("disk on fire")
	if _, err := whyhit.Explain(t.Context(), h, loaded); !errors.Is(err, h.fail) {
		t.Errorf("Explain = %v, want %v", err, h.fail)
	}
}

// What programs were called with reaches a terminal only made harmless.
func TestTextIsHarmless(t *testing.T) {
	t.Parallel()
	const evil = "\x1b[2J\r\n\u202e"
	h := newHistory()
	for _, r := range h.runs {
		r.Name, r.Argv, r.Host, r.User, r.CPUModel, r.VCSRevision = evil, []string{evil, evil}, evil, evil, evil, evil
		r.Env = []string{evil + "=" + secrets.Masked}
	}
	h.runs[1].Env = append(h.runs[1].Env, evil+"x="+evil, "TERM"+evil+"=1", "LABBOOK_"+evil+"=1")
	h.runs[1].Modules, h.runs[1].Cwd = []string{evil + "@" + evil}, evil
	for _, c := range h.calls {
		c.Function, c.Detail = evil, evil
		c.Parts = append(c.Parts, record.Part{Kind: record.PartArgument, Name: evil}, record.Part{Kind: record.PartToolchain, Preview: evil})
	}
	e := explain(t, h)
	got := text(t, &e)
	if strings.ContainsAny(got, "\x1b\r\u202e") {
		t.Errorf("printed: %q", got)
	}
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(line, "2.1  ") && !strings.HasPrefix(line, "  ") {
			t.Errorf("a line of its own: %q", line)
		}
	}
}

func TestMuchIsCut(t *testing.T) {
	t.Parallel()
	h := newHistory()
	for i := range 40 {
		h.runs[1].Env = append(h.runs[1].Env, fmt.Sprintf("VAR%02d=%s", i, strings.Repeat("x", 1000)), fmt.Sprintf("SSH_%d=1", i))
	}
	e := explain(t, h)
	got := text(t, &e)
	if len(e.Changes) != 80 || strings.Count(got, "$VAR") != 12 || !strings.Contains(got, "    … and more: --json has them\n") ||
		!strings.Contains(got, " and 32 more\n") || len(got) > 5000 {
		t.Errorf("%d changes are printed so:\n%s", len(e.Changes), got)
	}
}
