package whymiss

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// maxNamed bounds how many calls of a group are named.
const maxNamed = 12

// A Group is misses that all have one explanation but for the calls in it.
type Group struct {
	First Explanation
	Also  []record.CallID // the others
	Lost  time.Duration   // in all of them
}

// Groups brings misses of one cause together. The groups, and the calls in
// them, are in the order of the explanations.
func Groups(explanations []Explanation) []Group {
	var groups []Group
	for i := range explanations {
		e := &explanations[i]
		at := slices.IndexFunc(groups, func(g Group) bool { return e.sameCause(&g.First) })
		if at < 0 {
			groups = append(groups, Group{First: *e, Lost: seconds(e.LostSeconds)})
			continue
		}
		groups[at].Also = append(groups[at].Also, e.Call)
		groups[at].Lost += seconds(e.LostSeconds)
	}
	return groups
}

func (e *Explanation) sameCause(other *Explanation) bool {
	return e.Function == other.Function && e.Outcome == other.Outcome && e.Reason == other.Reason &&
		slices.Equal(e.Differences, other.Differences)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// also names the other calls of the group, "" if there are none.
func (g *Group) also() string {
	if len(g.Also) == 0 {
		return ""
	}
	names := make([]string, 0, maxNamed)
	for i, id := range g.Also {
		if i == maxNamed {
			break
		}
		names = append(names, id.String())
	}
	text := strings.Join(names, ", ")
	if more := len(g.Also) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// title is the first line of what is printed of a group.
func (g *Group) title() string {
	name := safetext.Line(display.Function(g.First.Function))
	ended := "computed in " + display.Duration(g.Lost)
	if g.First.Outcome == record.Running {
		ended = "not ended: cut short, or still at it"
	}
	if len(g.Also) == 0 {
		return fmt.Sprintf("%s  %s  %s", g.First.Call, name, ended)
	}
	if g.First.Outcome != record.Running {
		ended += " together"
	}
	return fmt.Sprintf("%s  %s  and %s, %s", g.First.Call, name, display.Plural(int64(len(g.Also)), "call like it", "calls like it"), ended)
}
