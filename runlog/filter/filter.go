// Package filter parses what a person types to narrow a list of runs or calls:
//
//	fn:train outcome:miss dur>2s run:12 since:1d
//
// # Grammar
//
//	filter = { term }                  terms are separated by spaces; all must hold
//	term   = field ":" value           value may be "quoted" to hold spaces
//	       | "dur" ( ">" | "<" ) duration
//	       | word                      occurs somewhere in what is listed
//	field  = "fn" | "outcome" | "reason" | "status" | "name" | "tag"
//	       | "run" | "pinned" | "since" | "until"
//
// outcome, reason and status take several values separated by commas, of which
// one must hold; pinned takes yes or no. Durations are Go's ("1m30s") with d for days and w for weeks;
// since and until take such a duration before now, a date (2026-11-21), a date
// and time (2026-11-21T15:04), today or yesterday, in local time.
package filter

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"labbook/runlog/record"
)

// Error is a mistake in a filter.
type Error struct {
	Filter   string // the whole filter
	Position int    // byte offset of the term at fault
	Term     string
	Problem  string // what is wrong and what would be right
}

func (e *Error) Error() string {
	if e.Term == e.Filter {
		return fmt.Sprintf("filter %q: %s", e.Filter, e.Problem)
	}
	return fmt.Sprintf("filter %q: %s: %s", e.Filter, e.Term, e.Problem)
}

var (
	outcomes = []record.Outcome{record.Hit, record.Miss, record.Error, record.Bypass, record.Running}
	statuses = []record.Status{
		record.StatusRunning, record.StatusOK, record.StatusFailed, record.StatusPanicked,
		record.StatusInterrupted, record.StatusKilled, record.StatusDied, record.StatusEnded,
	}
	reasons = []record.ReasonKind{
		record.FirstCall, record.ArgumentChanged, record.CodeChanged, record.DependencyChanged,
		record.OptionChanged, record.ToolchainChanged, record.Evicted, record.Expired, record.Invalidated,
		record.Corrupt, record.StoreFailed, record.Bypassed, record.Raced, record.KeyFormatChanged, record.Verified,
	}
)

// Fields are the names that a filter knows, for completions and help.
func Fields() []string {
	return []string{"fn", "outcome", "reason", "status", "name", "tag", "run", "pinned", "since", "until", "dur"}
}

// Parse reads a filter. The error is an *Error. Times count back from now.
func Parse(text string, now time.Time) (record.Filter, error) {
	var f record.Filter
	for position := 0; ; {
		start := position + len(text[position:]) - len(strings.TrimLeft(text[position:], " \t"))
		if start == len(text) {
			return f, nil
		}
		term, end, err := scanTerm(text, start)
		if err == nil {
			err = apply(&f, term, now)
		}
		if err != nil {
			return record.Filter{}, &Error{Filter: text, Position: start, Term: text[start:end], Problem: err.Error()}
		}
		position = end
	}
}

type term struct {
	field, operator, value string
}

// scanTerm reads the term that begins at start, and where it ends.
func scanTerm(text string, start int) (term, int, error) {
	end, quoted, operatorAt := start, false, -1
	var value strings.Builder
scan:
	for ; end < len(text); end++ {
		switch c := text[end]; {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t'):
			break scan
		case !quoted && operatorAt < 0 && (c == ':' || c == '>' || c == '<'):
			operatorAt = end
			value.Reset()
		default:
			value.WriteByte(c)
		}
	}
	switch {
	case quoted:
		return term{}, end, errors.New(`the quotation mark has no partner; close it with "`)
	case operatorAt < 0:
		return term{value: value.String()}, end, nil
	}
	return term{
		field:    strings.ToLower(text[start:operatorAt]),
		operator: text[operatorAt : operatorAt+1],
		value:    value.String(),
	}, end, nil
}

func apply(f *record.Filter, t term, now time.Time) error {
	if t.operator == "" {
		if t.value != "" {
			f.Words = append(f.Words, t.value)
		}
		return nil
	}
	if t.value == "" {
		return fmt.Errorf("a value is missing after %q", t.operator)
	}
	if t.field == "dur" {
		return applyDuration(f, t)
	}
	if t.operator != ":" {
		return fmt.Errorf("only dur can be compared with %q; write %s:%s", t.operator, t.field, t.value)
	}
	var err error
	switch t.field {
	case "fn", "function":
		f.Function = append(f.Function, t.value)
	case "name":
		f.Names = append(f.Names, t.value)
	case "tag":
		f.Tags = append(f.Tags, t.value)
	case "outcome":
		f.Outcomes, err = oneOf(f.Outcomes, t.value, outcomes)
	case "reason":
		f.Reasons, err = oneOf(f.Reasons, t.value, reasons)
	case "status":
		f.Statuses, err = oneOf(f.Statuses, t.value, statuses)
	case "run":
		f.Run, err = strconv.ParseInt(t.value, 10, 31)
		if err != nil || f.Run < 1 {
			err = errors.New("a run is a number from 1 up, such as run:12")
		}
	case "pinned":
		f.Pinned, err = yesOrNo(t.value)
	case "since":
		f.Since, err = parseTime(t.value, now)
	case "until":
		f.Until, err = parseTime(t.value, now)
	default:
		err = fmt.Errorf("there is no field %q; the fields are %s", t.field, strings.Join(Fields(), ", "))
	}
	return err
}

func applyDuration(f *record.Filter, t term) error {
	value := strings.TrimPrefix(t.value, "=")
	d, err := ParseDuration(value)
	if err != nil {
		return err
	}
	switch t.operator {
	case ">":
		f.MinDuration = d
	case "<":
		f.MaxDuration = d
	default:
		return fmt.Errorf("a duration is compared: dur>%s or dur<%s", value, value)
	}
	return nil
}

func oneOf[S ~string](have []S, values string, known []S) ([]S, error) {
	for value := range strings.SplitSeq(values, ",") {
		v := S(strings.ToLower(value))
		if !slices.Contains(known, v) {
			names := make([]string, len(known))
			for i, k := range known {
				names[i] = string(k)
			}
			return nil, fmt.Errorf("%q is none of %s", value, strings.Join(names, ", "))
		}
		have = append(have, v)
	}
	return have, nil
}

func yesOrNo(value string) (*bool, error) {
	switch strings.ToLower(value) {
	case "yes", "no":
		yes := strings.EqualFold(value, "yes")
		return &yes, nil
	}
	return nil, errors.New("a run is pinned:yes or pinned:no")
}

// ParseDuration reads a Go duration in which d (24 hours) and w (7 days) are
// allowed as the first unit: "90s", "1d12h", "2w".
func ParseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is no duration; write 90s, 1h30m, 2d or 1w", text)
	rest, total := text, 0.0
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		number, after, found := strings.Cut(rest, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || n < 0 || n > 1e5 {
			return 0, wrong
		}
		total, rest = total+n*float64(unit.size), after
	}
	if rest == "" && text != "" {
		return time.Duration(total), nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, wrong
	}
	return time.Duration(total) + d, nil
}

func parseTime(text string, now time.Time) (time.Time, error) {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch text {
	case "today":
		return midnight, nil
	case "yesterday":
		return midnight.AddDate(0, 0, -1), nil
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	d, err := ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time; write 1d, 2h30m, 2026-11-21, 2026-11-21T15:04, today or yesterday", text)
	}
	return now.Add(-d), nil
}
