package recheck

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"labbook/runlog/record"
)

// History is what a lab-book tells of calls.
type History interface {
	Call(ctx context.Context, id record.CallID) (record.CallDetail, error)
	Calls(ctx context.Context, query record.CallQuery) ([]record.Call, error)
}

// A Report sums up what computing results again came to. Its JSON form is what
// `labbook verify --json` prints.
type Report struct {
	Runs      []int64    `json:"runs"` // in which it was done
	Total     Counts     `json:"total"`
	Functions []Function `json:"functions"` // those with differences first, then by name
}

// Counts are of results that were computed again.
type Counts struct {
	Verified   int64 `json:"verified"` // all of them
	Equal      int64 `json:"equal"`
	Noise      int64 `json:"noise"`     // differ by float noise only
	Different  int64 `json:"different"` // differ by more
	Failed     int64 `json:"failed"`    // returned an error, panicked, or could not be compared
	Unfinished int64 `json:"unfinished"`

	// Of those that differ, and were computed twice: whether both times the same
	// came out. Unsteady ones make a function not deterministic.
	Steady   int64 `json:"steady"`
	Unsteady int64 `json:"unsteady"`

	SpentSeconds float64 `json:"spent_seconds"` // computing again
}

// Function is what there is to say of one function.
type Function struct {
	Function string `json:"function"`
	Counts
	Changes []string `json:"changes"` // names of arguments that it changes, which a hit does not
	Calls   []Call   `json:"calls"`   // those that are not equal, in their order; the first 100
}

// Call is a hit whose result did not come out as it is stored.
type Call struct {
	Call     record.CallID `json:"call"`     // the hit
	Verified record.CallID `json:"verified"` // what computed it again
	Origin   record.CallID `json:"origin"`   // what computed the stored result; "" if this lab-book does not have it
	Finding  Finding       `json:"finding"`
	Again    Again         `json:"again"`
	Detail   string        `json:"detail"` // where it differs first, or what failed
}

const (
	mostCalls = 100  // that are listed of a function
	page      = 1000 // calls that are read at once
)

// IsClean reports whether all results came out as they are stored.
func (c *Counts) IsClean() bool { return c.Equal == c.Verified }

func (c *Counts) add(call *record.Call, v *Verdict) {
	c.Verified++
	c.SpentSeconds += call.Duration.Seconds()
	switch v.Finding {
	case Equal:
		c.Equal++
	case Noise:
		c.Noise++
	case Different:
		c.Different++
	case Failed:
		c.Failed++
	case Unfinished:
		c.Unfinished++
	}
	switch v.Again {
	case Steady:
		c.Steady++
	case Unsteady:
		c.Unsteady++
	case NotAgain:
	}
}

// Read reads what came of it in these runs. It takes time for each result that was
// computed again, and none for other calls.
func Read(ctx context.Context, h History, runs ...int64) (Report, error) {
	r := Report{Runs: runs, Functions: []Function{}}
	functions := map[string]*Function{}
	for _, run := range runs {
		calls, err := verifiedIn(ctx, h, run)
		if err != nil {
			return Report{}, err
		}
		for i := range calls {
			f := functions[calls[i].Function]
			if f == nil {
				f = &Function{Function: calls[i].Function, Changes: []string{}, Calls: []Call{}}
				functions[f.Function] = f
			}
			verdict := verdictOf(&calls[i])
			r.Total.add(&calls[i], &verdict)
			if err := f.add(ctx, h, &calls[i], &verdict); err != nil {
				return Report{}, err
			}
		}
	}
	for _, f := range slices.SortedFunc(maps.Values(functions), byWeight) {
		r.Functions = append(r.Functions, *f)
	}
	return r, nil
}

// byWeight puts the functions first that somebody has to see to.
func byWeight(a, b *Function) int {
	return cmp.Or(
		cmp.Compare(b.Unsteady, a.Unsteady), cmp.Compare(b.Different, a.Different), cmp.Compare(b.Failed+b.Unfinished, a.Failed+a.Unfinished),
		cmp.Compare(b.Noise, a.Noise), cmp.Compare(a.Function, b.Function),
	)
}

// verifiedIn lists the calls of a run that computed results again, oldest first.
func verifiedIn(ctx context.Context, h History, run int64) (all []record.Call, err error) {
	query := record.CallQuery{Limit: page, Filter: record.Filter{
		Run: run, Reasons: []record.ReasonKind{record.Verified}, Outcomes: []record.Outcome{record.Bypass, record.Error, record.Running},
	}}
	for {
		calls, err := h.Calls(ctx, query)
		if err != nil {
			return nil, err
		}
		all = append(all, calls...)
		if len(calls) < page {
			break
		}
		query.After = calls[len(calls)-1].ID
	}
	slices.Reverse(all)
	return all, nil
}

// verdictOf reads the verdict of a call. What is no verdict, of a later version,
// counts as a failure, and says what it says.
func verdictOf(call *record.Call) Verdict {
	if call.Outcome == record.Running {
		return Verdict{Finding: Unfinished, Text: "it has not returned"}
	}
	v, ok := Parse(call.Detail)
	if !ok {
		return Verdict{Finding: Failed, Text: call.Detail}
	}
	return v
}

func (f *Function) add(ctx context.Context, h History, call *record.Call, v *Verdict) error {
	f.Counts.add(call, v)
	for _, name := range v.Changes {
		if !slices.Contains(f.Changes, name) {
			f.Changes = append(f.Changes, name)
		}
	}
	if v.Finding == Equal || len(f.Calls) == mostCalls {
		return nil
	}
	hit, err := h.Call(ctx, call.Parent)
	if err != nil {
		return err
	}
	f.Calls = append(f.Calls, Call{call.Parent, call.ID, hit.Origin, v.Finding, v.Again, v.Text})
	return nil
}
