package display

import (
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"labbook/runlog/record"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		d      time.Duration
		want   string
	}{
		{"nothing", 0, "0 ns"},
		{"below a microsecond all digits", 850, "850 ns"},
		{"one decimal below ten", 1234 * time.Microsecond, "1.2 ms"},
		{"none above", 12345 * time.Microsecond, "12 ms"},
		{"rounding never reads 10.0", 9960 * time.Microsecond, "10 ms"},
		{"nor 1000 ms", 999600 * time.Microsecond, "1.0 s"},
		{"nor 60 s", 59700 * time.Millisecond, "1 m 00 s"},
		{"half a minute", 47 * time.Second, "47 s"},
		{"minutes carry seconds", 3*time.Minute + 4*time.Second, "3 m 04 s"},
		{"never 60 m", time.Hour - 300*time.Millisecond, "1 h 00 m"},
		{"hours carry minutes", 2*time.Hour + 5*time.Minute, "2 h 05 m"},
		{"never 24 h", 24*time.Hour - time.Second, "1 d 00 h"},
		{"days carry hours", 76 * time.Hour, "3 d 04 h"},
		{"a clock set back", -1500 * time.Millisecond, "−1.5 s"},
		{"the least of all", math.MinInt64, "−106751 d 23 h"},
	} {
		if got := Duration(test.d); got != test.want {
			t.Errorf("%s: Duration(%d) = %q, want %q", test.reason, test.d, got, test.want)
		}
	}
}

func TestDurationWidth(t *testing.T) {
	t.Parallel()
	for d := time.Duration(1); d < 100*24*time.Hour; d += d/7 + 1 {
		if got := Duration(d); utf8.RuneCountInString(got) > 9 {
			t.Errorf("Duration(%d) = %q is wider than 9 cells", d, got)
		}
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		-1: "?", 0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1229: "1.2 KiB", 10 << 10: "10 KiB",
		1<<20 - 1: "1.0 MiB", 640 << 20: "640 MiB", 3 << 30: "3.0 GiB", 5 << 40: "5.0 TiB", math.MaxInt64: "8.0 EiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1 000", -1000: "-1 000", -999: "-999", 1234567: "1 234 567",
	} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason      string
		part, whole int64
		want        string
	}{
		{"no whole, no share", 0, 0, ""},
		{"nothing", 0, 7, "0 %"},
		{"all", 7, 7, "100 %"},
		{"rounded", 2, 3, "67 %"},
		{"almost all is not all", 9999, 10000, "99 %"},
		{"almost nothing is not nothing", 1, 10000, "1 %"},
	} {
		if got := Percent(test.part, test.whole); got != test.want {
			t.Errorf("%s: Percent(%d, %d) = %q, want %q", test.reason, test.part, test.whole, got, test.want)
		}
	}
}

var now = time.Date(2026, 11, 21, 15, 4, 5, 0, time.FixedZone("CET", 3600))

func TestAgo(t *testing.T) {
	t.Parallel()
	for before, want := range map[time.Duration]string{
		0: "just now", -30 * time.Second: "just now", 12 * time.Second: "12 s ago", 59*time.Second + 999*time.Millisecond: "59 s ago",
		5 * time.Minute: "5 m ago", 23 * time.Hour: "23 h ago", 6 * 24 * time.Hour: "6 d ago",
		50 * 24 * time.Hour: "2026-10-02", -time.Hour: "2026-11-21",
	} {
		if got := Ago(now.Add(-before), now); got != want {
			t.Errorf("%v before now: %q, want %q", before, got, want)
		}
	}
	if got := Ago(time.Time{}, now); got != "" {
		t.Errorf("the zero time was %q", got)
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		at     time.Time
		want   string
	}{
		{"never", time.Time{}, ""},
		{"today, in the location of now", now.Add(-time.Hour).UTC(), "14:04:05"},
		{"another day", now.AddDate(0, 0, -1), "2026-11-20 15:04:05"},
	} {
		if got := Moment(test.at, now); got != test.want {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
	}
}

func TestSignsTellStatesApart(t *testing.T) {
	t.Parallel()
	signs := map[string]record.Outcome{}
	for _, o := range []record.Outcome{record.Hit, record.Miss, record.Error, record.Bypass, record.Running, "unheard-of"} {
		sign := Outcome(o)
		if other, taken := signs[sign]; taken || utf8.RuneCountInString(sign) != 1 {
			t.Errorf("outcome %s has sign %q, which is no single character or that of %q", o, sign, other)
		}
		signs[sign] = o
	}
	for _, s := range []record.Status{
		record.StatusRunning, record.StatusOK, record.StatusFailed, record.StatusPanicked,
		record.StatusInterrupted, record.StatusKilled, record.StatusDied, record.StatusEnded,
	} {
		if sign := Status(s); sign == "?" || utf8.RuneCountInString(sign) != 1 {
			t.Errorf("status %s has sign %q", s, sign)
		}
	}
	for _, s := range []record.BatchStatus{record.BatchRunning, record.BatchOK, record.BatchFailed, record.BatchCancelled} {
		if sign := BatchStatus(s); sign != Status(record.Status(s)) && s != record.BatchCancelled {
			t.Errorf("batch status %s has sign %q, a run's is %q", s, sign, Status(record.Status(s)))
		}
	}
}

func TestFunction(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"example.com/lab/model.Train": "model.Train",
		"main.train":                  "main.train",
		"example.com/lab/model.Fit[example.com/lab/x.T]": "model.Fit[example.com/lab/x.T]",
		"":                          "",
		"example.com/lab/m.(*T).Do": "m.(*T).Do",
	} {
		if got := Function(name); got != want {
			t.Errorf("Function(%q) = %q, want %q", name, got, want)
		}
	}
}
