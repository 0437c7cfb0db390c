package recheck_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/cache/recheck"
	"labbook/diffargs"
	"labbook/runlog/record"
)

func TestParseShare(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0%": 0, "5%": 0.05, "0.5%": 0.005, "100%": 1} {
		if got, err := recheck.ParseShare(text); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, wrong := range []string{"", "%", "5", "0.05", "120%", "100.1%", "-1%", "NaN%", "Inf%", "abc", "5 %", "5%%", "5%x"} {
		if got, err := recheck.ParseShare(wrong); err == nil || got != 0 {
			t.Errorf("%q: %v, %v; want an error", wrong, got, err)
		}
	}
}

func TestRequestTravelsInTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, want := range []recheck.Request{
		{Share: 1}, {Share: 0.05, Function: "model.Train", Key: "3fa9", Seed: "my seed"}, {Share: 1e-5},
	} {
		env := map[string]string{}
		for _, entry := range want.Environment() {
			name, value, _ := strings.Cut(entry, "=")
			if !recheck.IsVariable(name) {
				t.Errorf("%s is no variable of a request", name)
			}
			env[name] = value
		}
		got, err := recheck.FromEnvironment(func(name string) string { return env[name] })
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	if recheck.IsVariable("LABBOOK_VERIFYING") || recheck.IsVariable("LABBOOK_DIR") {
		t.Error("variables of others count as those of a request")
	}
}

func TestMistakesInTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{}, ""},
		{map[string]string{"LABBOOK_VERIFY_KEY": "zz"}, ""}, // nothing is asked for
		{map[string]string{"LABBOOK_VERIFY": "5"}, `LABBOOK_VERIFY="5": want a percentage from 0% to 100%, such as 5%`},
		{map[string]string{"LABBOOK_VERIFY": "5%", "LABBOOK_VERIFY_KEY": "zz"}, `LABBOOK_VERIFY_KEY="zz": want the beginning of a key, in hexadecimal`},
	} {
		got, err := recheck.FromEnvironment(func(name string) string { return test.env[name] })
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != test.want || got != (recheck.Request{}) {
			t.Errorf("%v: %+v, %q; want %q", test.env, got, text, test.want)
		}
	}
}

func keyOf(i int) diffargs.Digest {
	return diffargs.Sum(binary.LittleEndian.AppendUint64(nil, uint64(i)))
}

func TestChoiceIsAFairShare(t *testing.T) {
	t.Parallel()
	const keys = 20_000
	for _, share := range []float64{0, 0.01, 0.05, 0.5, 1} {
		small := recheck.Request{Share: share}
		large := recheck.Request{Share: min(1, share+0.1)}
		other := recheck.Request{Share: share, Seed: "other"}
		chosen, both := 0, 0
		for i := range keys {
			if !small.Chooses("f", keyOf(i)) {
				continue
			}
			chosen++
			if !large.Chooses("f", keyOf(i)) {
				t.Fatalf("key %d is in %g but not in %g", i, share, large.Share)
			}
			if other.Chooses("f", keyOf(i)) {
				both++
			}
		}
		if got := float64(chosen) / keys; got < share*0.8 || got > share*1.2 {
			t.Errorf("share %g: %g of the keys were chosen", share, got)
		}
		if got := float64(both) / keys; share > 0 && share < 1 && (got < share*share*0.3 || got > share*share*3) {
			t.Errorf("share %g: %g of the keys were chosen with either seed", share, got)
		}
	}
}

func TestChoiceByNameAndKey(t *testing.T) {
	t.Parallel()
	key := keyOf(1)
	for _, test := range []struct {
		request recheck.Request
		want    bool
	}{
		{recheck.Request{Share: 1}, true},
		{recheck.Request{Share: 1, Function: "MODEL.tr"}, true},
		{recheck.Request{Share: 1, Function: "other"}, false},
		{recheck.Request{Share: 1, Key: key.String()}, true},
		{recheck.Request{Share: 1, Key: key.String()[:4]}, true},
		{recheck.Request{Share: 1, Key: keyOf(2).String()}, false},
		{recheck.Request{}, false},
	} {
		if got := test.request.Chooses("example.com/lab/model.Train", key); got != test.want {
			t.Errorf("%+v: %v", test.request, got)
		}
	}
}

// The exact text is in lab-books.
func TestVerdictGrammar(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		verdict recheck.Verdict
		text    string
	}{
		{recheck.Verdict{Finding: recheck.Equal}, "equal"},
		{recheck.Verdict{Finding: recheck.Equal, Changes: []string{"x", `y" and "z`}}, `equal, changing its argument "x" and "y\" and \"z"`},
		{recheck.Verdict{Finding: recheck.Noise, Again: recheck.Steady, Text: "result: 1 → 2"}, "equal but for float noise, and the same when computed once more; result: 1 → 2"},
		{
			recheck.Verdict{Finding: recheck.Different, Again: recheck.Unsteady, Changes: []string{"x"}, Text: "; a"},
			`different, and otherwise when computed once more, changing its argument "x"; ; a`,
		},
		{recheck.Verdict{Finding: recheck.Failed, Text: "it panicked: x\ny"}, "failed; it panicked: x\ny"},
	} {
		if got := test.verdict.String(); got != test.text {
			t.Errorf("%+v is written %q, want %q", test.verdict, got, test.text)
		}
		got, ok := recheck.Parse(test.text)
		if diff := cmp.Diff(test.verdict, got); diff != "" || !ok {
			t.Errorf("%q, %v (-want +got):\n%s", test.text, ok, diff)
		}
	}
	for _, wrong := range []string{"", "Equal", "equally", "equal, ", "equal; ok, changing its argument", `equal, changing its argument x`, `equal, changing its argument 'x'`, `equal, changing its argument "x" or "y"`} {
		got, ok := recheck.Parse(wrong)
		if ok != strings.HasPrefix(wrong, "equal; ") {
			t.Errorf("%q counts as a verdict: %+v", wrong, got)
		}
	}
	long := recheck.Verdict{Finding: recheck.Failed, Text: strings.Repeat("→", 5000)}
	if got := long.String(); len(got) > 2100 || !strings.HasSuffix(got, "→…") {
		t.Errorf("a long text is written in %d bytes", len(got))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`equal but for float noise, and the same when computed once more, changing its argument "x" and "y"; result`)
	f.Add("failed; ")
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := recheck.Parse(text)
		if !ok {
			return
		}
		again, ok := recheck.Parse(v.String())
		if len(v.Text) > 1000 {
			v.Text, again.Text = "", ""
		}
		if diff := cmp.Diff(v, again); diff != "" || !ok {
			t.Errorf("%q, %v (-first +second):\n%s", text, ok, diff)
		}
	})
}

// A history is a lab-book in memory.
type history struct {
	calls []record.Call // newest first
	fail  error
}

func (h *history) Call(_ context.Context, id record.CallID) (record.CallDetail, error) {
	for _, c := range h.calls {
		if c.ID == id {
			return record.CallDetail{Call: c}, h.fail
		}
	}
	return record.CallDetail{}, errors.New("no such call")
}

func (h *history) Calls(_ context.Context, query record.CallQuery) (list []record.Call, _ error) {
	for _, c := range h.calls {
		if c.ID.Run == query.Filter.Run && c.Reason == query.Filter.Reasons[0] && (query.After.IsZero() || c.ID.Call < query.After.Call) && len(list) < query.Limit {
			list = append(list, c)
		}
	}
	return list, nil
}

// verify adds a hit and what computed it again.
func (h *history) verify(run int64, function string, outcome record.Outcome, detail string) {
	number := int64(len(h.calls) + 1)
	hit := record.Call{ID: record.CallID{Run: run, Call: number}, Function: function, Outcome: record.Hit, Origin: record.CallID{Run: 1, Call: number}}
	again := record.Call{
		ID: record.CallID{Run: run, Call: number + 1}, Parent: hit.ID, Function: function, Outcome: outcome, Reason: record.Verified, Detail: detail, Duration: time.Second,
	}
	h.calls = append([]record.Call{again, hit}, h.calls...)
}

func read(t *testing.T, h *history, runs ...int64) recheck.Report {
	t.Helper()
	report, err := recheck.Read(t.Context(), h, runs...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestReport(t *testing.T) {
	t.Parallel()
	h := &history{}
	h.verify(2, "lab/m.Good", record.Bypass, "equal")
	h.verify(2, "lab/m.Sorts", record.Bypass, `equal, changing its argument "x\x1b[2J"`)
	h.verify(2, "lab/m.Noise", record.Bypass, "equal but for float noise, and the same when computed once more; result: 1 → 2 (1 ulp)")
	h.verify(2, "lab/m.Fails", record.Error, "failed; it panicked: \x1b[2J")
	h.verify(2, "lab/m.Fails", record.Running, "")
	h.verify(2, "lab/m.Fails", record.Error, "in words of tomorrow")
	h.verify(3, "lab/m.Dice", record.Bypass, "equal")
	for range 6 {
		h.verify(3, "lab/m.Dice", record.Bypass, "different, and otherwise when computed once more; result: 1 → 2")
	}
	report := read(t, h, 2, 3)
	want := recheck.Counts{Verified: 13, Equal: 3, Noise: 1, Different: 6, Failed: 2, Unfinished: 1, Steady: 1, Unsteady: 6, SpentSeconds: 13}
	if diff := cmp.Diff(want, report.Total); diff != "" {
		t.Errorf("total (-want +got):\n%s", diff)
	}
	var b strings.Builder
	if err := report.Text(&b); err != nil {
		t.Fatal(err)
	}
	const text = `✗ m.Dice  7: 1 as stored, 6 different
    it is not deterministic: computed twice in a row, 6 results came out in two ways
    3.15, computed by 1.15  result: 1 → 2
    3.17, computed by 1.17  result: 1 → 2
    3.19, computed by 1.19  result: 1 → 2
    3.21, computed by 1.21  result: 1 → 2
    3.23, computed by 1.23  result: 1 → 2
    … and 1 more: --json has them
✗ m.Fails  3: 2 failed, 1 did not return
    2.7, computed by 1.7  failed: it panicked: ␛[2J
    2.9, computed by 1.9  did not return: it has not returned
    2.11, computed by 1.11  failed: in words of tomorrow
✗ m.Noise  1: 1 equal but for float noise
    computed twice in a row, 1 result came out alike, and not as stored: something has changed that is no part of the key
    2.5, computed by 1.5  result: 1 → 2 (1 ulp)
✓ m.Good  1: all as stored
✓ m.Sorts  1: all as stored
    it changes its argument x␛[2J, which a hit does not

run 2 and 1 run that it started computed 13 results again in 13 s: 3 as stored, 1 equal but for float noise, 6 different, 2 failed, 1 did not return
`
	if diff := cmp.Diff(text, b.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// More calls than are read at once, and more than are listed.
func TestReportOfManyCalls(t *testing.T) {
	t.Parallel()
	h := &history{}
	for range 1200 {
		h.verify(2, "lab/m.Dice", record.Bypass, "different; result: 1 → 2")
	}
	report := read(t, h, 2)
	if report.Total.Verified != 1200 || len(report.Functions) != 1 || len(report.Functions[0].Calls) != 100 || report.Functions[0].Calls[0].Call.Call != 1 {
		t.Errorf("of 1200 calls it reports %d and lists %d", report.Total.Verified, len(report.Functions[0].Calls))
	}
}

func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	report := read(t, &history{}, 7)
	var b strings.Builder
	if err := report.Text(&b); err != nil || b.String() != "run 7 computed 0 results again in 0 ns: there is nothing to compare\n" || report.Functions == nil {
		t.Errorf("%v: %q, functions %v", err, b.String(), report.Functions)
	}
	h := &history{fail: errors.New("disk on fire")}
	h.verify(2, "f", record.Bypass, "different")
	if _, err := recheck.Read(t.Context(), h, 2); !errors.Is(err, h.fail) {
		t.Errorf("Read = %v, want %v", err, h.fail)
	}
}
