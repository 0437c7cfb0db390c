package filter

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/record"
)

var now = time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		text   string
		want   record.Filter
	}{
		{"nothing lets everything through", "  ", record.Filter{}},
		{
			"every field of the grammar's first line", "fn:train outcome:miss dur>2s run:12 since:1d",
			record.Filter{
				Function: []string{"train"}, Outcomes: []record.Outcome{record.Miss},
				MinDuration: 2 * time.Second, Run: 12, Since: now.AddDate(0, 0, -1),
			},
		},
		{"fields may be written in any case, values of names keep theirs", "FN:Train", record.Filter{Function: []string{"Train"}}},
		{"several values of one field", "outcome:hit,error", record.Filter{Outcomes: []record.Outcome{record.Hit, record.Error}}},
		{"a field given twice must hold twice", "fn:a fn:b", record.Filter{Function: []string{"a", "b"}}},
		{"quotes keep spaces and colons", `name:"my run: 2" word "two words"`, record.Filter{Names: []string{"my run: 2"}, Words: []string{"word", "two words"}}},
		{"status, tag, reason", "status:died tag:x reason:code-changed", record.Filter{
			Statuses: []record.Status{record.StatusDied}, Tags: []string{"x"}, Reasons: []record.ReasonKind{record.CodeChanged},
		}},
		{"at most", "dur<1m30s", record.Filter{MaxDuration: 90 * time.Second}},
		{"at least, as people also write it", "dur>=1s", record.Filter{MinDuration: time.Second}},
		{"a date", "since:2026-11-01 until:today", record.Filter{
			Since: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC),
		}},
		{"a time of day", "since:2026-11-01T10:30", record.Filter{Since: time.Date(2026, 11, 1, 10, 30, 0, 0, time.UTC)}},
		{"a value may hold a colon", "name:a:b", record.Filter{Names: []string{"a:b"}}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(test.text, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text     string
		position int
		says     string
	}{
		{"fm:train", 0, `no field "fm"; the fields are fn, outcome`},
		{"fn:a outcome:mist", 5, `"mist" is none of hit, miss`},
		{"dur:2s", 0, "dur>2s or dur<2s"},
		{"dur>soon", 0, "write 90s"},
		{"dur>-2s", 0, "is no duration"},
		{"run:twelve", 0, "such as run:12"},
		{"run:0", 0, "such as run:12"},
		{"since:tomorrow", 0, "is no time"},
		{"fn:", 0, "a value is missing"},
		{"fn>a", 0, "write fn:a"},
		{`name:"open`, 0, "no partner"},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(test.text, now)
			var mistake *Error
			if !errors.As(err, &mistake) {
				t.Fatalf("Parse(%q) = %v, want an *Error", test.text, err)
			}
			if mistake.Position != test.position || !strings.Contains(err.Error(), test.says) {
				t.Errorf("Parse(%q) at %d: %v; want at %d and to say %q", test.text, mistake.Position, err, test.position, test.says)
			}
		})
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "2d": 48 * time.Hour, "1w": 168 * time.Hour,
		"1w1d": 192 * time.Hour, "1d12h": 36 * time.Hour, "0.5d": 12 * time.Hour, "1500ms": 1500 * time.Millisecond,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "2", "1d2", "x", "-1d", "1e9w"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("fn:train outcome:miss dur>2s run:12 since:1d")
	f.Add(`name:"a b`)
	f.Fuzz(func(t *testing.T, text string) {
		_, err := Parse(text, now)
		var mistake *Error
		if err != nil && (!errors.As(err, &mistake) || !strings.HasPrefix(text[mistake.Position:], mistake.Term)) {
			t.Errorf("Parse(%q) = %#v, want an *Error that points into the filter", text, err)
		}
	})
}
