package whymiss

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// A RootCause is what made calls of a run miss: something that changed, and all
// misses that come from it, also those of functions that were given its results.
type RootCause struct {
	Kind    record.ReasonKind `json:"kind"`
	Summary string            `json:"summary"`

	// Example is the costliest of the misses that the cause concerns by itself,
	// or of those downstream if there are no others.
	Example     Explanation   `json:"-"`
	ExampleCall record.CallID `json:"example"`

	Direct     []record.CallID `json:"direct"`     // in the order of the explanations
	Downstream []record.CallID `json:"downstream"` // whose arguments are results of such calls
	Functions  []string        `json:"functions"`  // of all these calls, by name

	LostSeconds float64 `json:"lost_seconds"` // in all of them
}

// Calls is how many misses come from the cause.
func (c *RootCause) Calls() int { return len(c.Direct) + len(c.Downstream) }

// Lost is what these took in all.
func (c *RootCause) Lost() time.Duration { return seconds(c.LostSeconds) }

// RootCauses brings misses together by what made them miss, the costliest cause
// first.
func RootCauses(explanations []Explanation) []RootCause {
	causes := map[string]*RootCause{}
	functions := map[string]map[string]bool{}
	for i := range explanations {
		e := &explanations[i]
		root := rootOf(e)
		c := causes[root.key()]
		if c == nil {
			c = &RootCause{Kind: root.reason.Kind, Summary: root.reason.Summary, Example: *e, Direct: []record.CallID{}, Downstream: []record.CallID{}}
			causes[root.key()], functions[root.key()] = c, map[string]bool{}
		}
		switch {
		case root.isUpstream:
			c.Downstream = append(c.Downstream, e.Call)
		default:
			if len(c.Direct) == 0 {
				c.Example, c.Summary = *e, root.reason.Summary
			}
			c.Direct = append(c.Direct, e.Call)
		}
		c.LostSeconds += e.LostSeconds
		functions[root.key()][e.Function] = true
	}
	list := make([]RootCause, 0, len(causes))
	for key, c := range causes {
		c.Functions = slices.Sorted(maps.Keys(functions[key]))
		c.ExampleCall = c.Example.Call
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b RootCause) int {
		return cmp.Or(cmp.Compare(b.LostSeconds, a.LostSeconds), cmp.Compare(b.Calls(), a.Calls()),
			cmp.Compare(a.Example.Call.Pack(), b.Example.Call.Pack()))
	})
	return list
}

// A root is where a miss comes from: the call itself, or one further up.
type root struct {
	function    string
	reason      Reason
	differences []Difference
	isUpstream  bool
}

// rootOf follows the first argument that is another call's result.
func rootOf(e *Explanation) root {
	if len(e.Upstream) > 0 && e.Reason.Kind == record.ArgumentChanged {
		if u := e.Upstream[0].root(); u.Reason.Kind != "" {
			return root{u.Function, u.Reason, u.Differences, true}
		}
	}
	return root{e.Function, e.Reason, e.Differences, false}
}

// key is equal for misses of one cause. What changed in the code, in what it
// depends on, or in the toolchain, is one cause for all functions that it
// concerns; anything else is one for each function.
func (r *root) key() string {
	parts := []string{string(r.reason.Kind)}
	switch r.reason.Kind {
	case record.CodeChanged:
		changed := false
		for i := range r.differences {
			if d := &r.differences[i]; d.IsCode() {
				parts = append(parts, d.Path, string(d.Kind), d.Before, d.After)
				changed = true
			}
		}
		if !changed {
			parts = append(parts, r.function)
		}
	case record.DependencyChanged, record.ToolchainChanged:
		parts = append(parts, r.reason.Summary)
	case record.ArgumentChanged:
		parts = append(parts, r.function)
		seen := map[string]bool{}
		for i := range r.differences {
			d := &r.differences[i]
			if what := d.Part + " " + string(d.Kind); !seen[what] {
				seen[what] = true
				parts = append(parts, what)
			}
		}
		if len(r.differences) == 0 {
			parts = append(parts, r.reason.Summary)
		}
	case record.OptionChanged:
		parts = append(parts, r.function, r.reason.Summary)
	default:
		parts = append(parts, r.function)
	}
	return strings.Join(parts, "\x00")
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// String is the summary for many calls: what differs between them is left out.
func (c *RootCause) String() string {
	if c.Calls() == 1 {
		return c.Summary
	}
	name := display.Function(c.Example.Function)
	switch c.Kind {
	case record.ArgumentChanged:
		if len(c.Direct) > 0 {
			if names := partNames(c.Example.Differences); len(names) > 0 {
				kinds := map[diffargs.Kind]bool{}
				for i := range c.Example.Differences {
					kinds[c.Example.Differences[i].Kind] = true
				}
				return listed(names) + " of " + name + " " + kindsInWords(kinds)
			}
		}
		return c.Summary
	case record.FirstCall:
		return "first calls of " + name
	default:
		if words := ofMany[c.Kind]; words != "" {
			return fmt.Sprintf(words, name) // details differ
		}
		return c.Summary
	}
}

// ofMany words reasons for many calls of a function.
var ofMany = map[record.ReasonKind]string{
	record.Evicted:     "stored results of %s were not in the cache folder any more",
	record.Raced:       "equal calls of %s were computing at the same time",
	record.StoreFailed: "results of equal calls of %s were not stored, or could not be read",
	record.Corrupt:     "stored results of %s were damaged",
	record.Bypassed:    "caching was off in calls of %s",
	record.Expired:     "stored results of %s had expired",
	record.Invalidated: "stored results of %s were judged no longer valid",
}

func partNames(differences []Difference) (names []string) {
	for i := range differences {
		if name := differences[i].Part; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
