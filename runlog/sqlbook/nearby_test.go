package sqlbook

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"labbook/diffargs"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// madeCall is a call as a test says it: of a function with arguments, such as "x=1",
// and a version of its code.
type madeCall struct {
	id        record.CallID
	function  string
	code      string
	arguments []string
	outcome   record.Outcome
	took      time.Duration
	result    string // "" if it could not be stored
}

func textDigest(text string) string {
	d := diffargs.Sum([]byte(text))
	return d.String()
}

func (c *madeCall) key() []byte {
	d := diffargs.Sum([]byte(c.function + c.code + strings.Join(c.arguments, ",")))
	return d[:]
}

func (c *madeCall) parts() []record.Part {
	parts := []record.Part{{Position: 0, Kind: record.PartCode, Name: "code", Digest: textDigest(c.code), Preview: c.code}}
	for _, argument := range c.arguments {
		name, value, _ := strings.Cut(argument, "=")
		parts = append(parts, record.Part{Position: len(parts), Kind: record.PartArgument, Name: name, Digest: textDigest(value), Preview: value})
	}
	return parts
}

// detail is the call as one that has not been made yet.
func (c *madeCall) detail() *record.CallDetail {
	return &record.CallDetail{Call: record.Call{Function: c.function, Key: hex.EncodeToString(c.key()), Task: -1}, Parts: c.parts()}
}

// take takes in calls of one run after another, and gives them their numbers.
func take(t testing.TB, b *Book, calls []*madeCall) {
	t.Helper()
	const batch = 1000
	for run, from := int64(0), 0; from < len(calls); {
		to := from
		for to < len(calls) && calls[to].id.Run == calls[from].id.Run {
			to++
		}
		run = calls[from].id.Run
		events := []event.Event{&event.RunStart{Run: record.Run{Started: start}}}
		functions := map[string]int64{}
		for i, c := range calls[from:to] {
			c.id.Call = int64(i + 1)
			number := functions[c.function+c.code]
			if number == 0 {
				number = int64(len(functions) + 1)
				functions[c.function+c.code] = number
				events = append(events, &event.Function{Number: number, Function: record.Function{Name: c.function, CodeDigest: textDigest(c.code)}})
			}
			events = append(events, &event.Key{Key: c.key(), Function: number, Parts: c.parts(), Call: c.id.Call})
			end := &event.CallEnd{
				Call: c.id.Call, Scope: event.Scope{Task: -1}, Function: number, Key: c.key(), Outcome: c.outcome, Started: start, Duration: c.took,
			}
			if c.result != "" {
				d := diffargs.Sum([]byte(c.result))
				end.ResultDigest = d[:]
			} else {
				end.StoreError = "no room"
			}
			events = append(events, end)
		}
		for part := range slices.Chunk(events, batch) {
			apply(t, b, fmt.Sprintf("01234567-89ab-4def-8123-%012d", run), part...)
		}
		from = to
	}
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

// randomHistory is calls of three runs that have many parts in common.
func randomHistory(random *rand.Rand) []*madeCall {
	var calls []*madeCall
	for run := range 3 {
		for range 1 + random.IntN(25) {
			calls = append(calls, &madeCall{
				id:       record.CallID{Run: int64(run + 1)},
				function: pick(random, "lab.train", "lab.train", "lab.fit"), code: pick(random, "v1", "v2"),
				arguments: []string{pick(random, "x=1", "x=2", "x=3"), pick(random, "y=a", "y=b"), pick(random, "z=0.5", "z=1.5", "z=2.5")},
				outcome:   pick(random, record.Miss, record.Miss, record.Hit, record.Error),
				took:      time.Duration(1 + random.IntN(1000)),
				result:    pick(random, "A", "A", "B", ""),
			})
		}
	}
	return calls
}

// differing counts in how many arguments two calls differ.
func differing(a, b []string) int {
	count := 0
	for i := range a {
		if a[i] != b[i] {
			count++
		}
	}
	return count
}

func TestCandidatesOfRandomHistories(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	for range histories() {
		calls := randomHistory(random)
		b := create(t)
		take(t, b, calls)
		for range 5 {
			asked := pick(random, calls...)
			call, err := b.Call(t.Context(), asked.id)
			if err != nil {
				t.Fatal(err)
			}
			if random.IntN(4) == 0 {
				call.ID = record.CallID{}
			}
			checkCandidates(t, b, calls, asked, &call)
		}
	}
}

// histories is how many histories are made up: few where the race detector runs, which
// makes each take a second.
func histories() int { return map[bool]int{true: 8, false: 40}[testing.Short()] }

// checkCandidates compares candidates with what going through all calls finds.
func checkCandidates(t *testing.T, b *Book, calls []*madeCall, asked *madeCall, call *record.CallDetail) {
	t.Helper()
	newest := map[string]*madeCall{} // by key
	for _, c := range calls {
		if c.function == asked.function && c.outcome != record.Hit && c.id.Pack() < before(&call.Call) && string(c.key()) != string(asked.key()) {
			newest[string(c.key())] = c
		}
	}
	byID := map[record.CallID]*madeCall{}
	near := map[record.CallID]bool{}
	for _, c := range newest {
		byID[c.id] = c
		if differing(c.arguments, asked.arguments) <= 1 {
			near[c.id] = true
		}
	}
	found, err := b.Candidates(t.Context(), call, 300)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 && len(newest) > 0 {
		t.Errorf("none of the %d earlier calls is a candidate for %+v", len(newest), asked)
	}
	for i := range found {
		c := byID[found[i].ID]
		if c == nil {
			t.Fatalf("candidate %s for %s is not the newest call before it that computed its key", found[i].ID, asked.id)
		}
		if len(found[i].Parts) != 4 || found[i].Parts[1].Preview != strings.TrimPrefix(c.arguments[0], "x=") {
			t.Errorf("candidate %s has the parts %+v, want those of %v", found[i].ID, found[i].Parts, c.arguments)
		}
		if i > 0 && found[i].ID.Pack() >= found[i-1].ID.Pack() {
			t.Errorf("candidate %s comes after %s", found[i].ID, found[i-1].ID)
		}
		delete(near, found[i].ID)
	}
	if len(near) > 0 {
		t.Errorf("of the calls next to %s %v, these are no candidates: %v", asked.id, asked.arguments, near)
	}
	if few, err := b.Candidates(t.Context(), call, 2); err != nil || len(few) > 2 {
		t.Errorf("%d candidates, %v; want 2 at most", len(few), err)
	}
}

// candidatesOf returns the arguments of the candidates for a call.
func candidatesOf(t *testing.T, b *Book, call *record.CallDetail) []string {
	t.Helper()
	found, err := b.Candidates(t.Context(), call, 300)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for i := range found {
		var values []string
		for _, p := range found[i].Parts {
			values = append(values, p.Preview)
		}
		list = append(list, strings.Join(values, " "))
	}
	return list
}

// However many calls there were since, and however many are like them.
func TestOldCandidates(t *testing.T) {
	t.Parallel()
	b := create(t)
	const many = 4500
	var calls []*madeCall
	add := func(function string, arguments ...string) {
		calls = append(calls, &madeCall{id: record.CallID{Run: 1}, function: function, code: "v1", arguments: arguments, outcome: record.Miss, result: "A"})
	}
	add("lab.train", "data=digits", "rate=0.1", "seed=-5")
	add("lab.train", "data=digits", "rate=0.1", "seed=77777")
	add("lab.train", "data=iris", "rate=0.9", "seed=5")
	for i := range many {
		add("lab.train", "data=digits", "rate=0.2", fmt.Sprint("seed=", i))
		if i%2 == 0 {
			add("lab.fit", "data=digits", "rate=0.1", fmt.Sprint("seed=", i))
		}
	}
	for i := range 1000 {
		add("lab.train", "data=digits", "rate=0.2", fmt.Sprint("seed=", 20*many+i))
	}
	take(t, b, calls)
	made := func(arguments ...string) *record.CallDetail {
		c := madeCall{function: "lab.train", code: "v2", arguments: arguments}
		return c.detail()
	}
	for _, test := range []struct {
		reason string
		call   *record.CallDetail
		want   []string
	}{
		{"the same arguments", made("data=digits", "rate=0.1", "seed=77777"), []string{"v1 digits 0.1 77777"}},
		{"one differs", made("data=digits", "rate=0.3", "seed=-5"), []string{"v1 digits 0.1 -5"}},
		{"another name for the same position", made("data=iris", "rate=0.8", "seed=5"), []string{"v1 iris 0.9 5", "v1 digits 0.2 5"}},
		{"the newest of many", made("data=digits", "rate=0.2", "seed=new"), []string{"v1 digits 0.2 90999", "v1 digits 0.2 90990"}},
		{"the closest numbers of the newest", made("data=digits", "rate=0.2", "seed=3000.5"), []string{"v1 digits 0.2 3000", "v1 digits 0.2 3001"}},
		{"rare arguments that they share", made("data=iris", "rate=0.7", "seed=6"), []string{"v1 iris 0.9 5"}},
		{"two in common are more than one", made("data=other", "rate=0.2", "seed=90500"), []string{"v1 digits 0.2 90500"}},
		{"nothing in common", made("data=other", "rate=0.7", "seed=-9"), []string{"v1 digits 0.2 90999"}},
	} {
		got := candidatesOf(t, b, test.call)
		for _, want := range test.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s: %q is not among the candidates %q", test.reason, want, got)
			}
		}
		if len(got) > 200 {
			t.Errorf("%s: %d candidates", test.reason, len(got))
		}
	}
	// In the middle of history the newest are those before.
	at := slices.IndexFunc(calls, func(c *madeCall) bool { return slices.Contains(c.arguments, "seed=1998") })
	middle, err := b.Call(t.Context(), calls[at].id)
	if err != nil {
		t.Fatal(err)
	}
	if got := candidatesOf(t, b, &middle); len(got) < maxOther || got[0] != "v1 digits 0.2 1997" || got[maxOther-1] != "v1 digits 0.2 1968" {
		t.Errorf("of %v, the candidates are %q", calls[at].arguments, got)
	}
	never := madeCall{function: "lab.other", code: "v1", arguments: calls[0].arguments}
	if got := candidatesOf(t, b, never.detail()); len(got) > 0 {
		t.Errorf("a function that was never called has the candidates %q", got)
	}
}

// A run that makes many calls that are alike does not hide those of the run before.
func TestSiblingsHideNothing(t *testing.T) {
	t.Parallel()
	b := create(t)
	var calls []*madeCall
	add := func(run int64, code string, arguments ...string) {
		calls = append(calls, &madeCall{id: record.CallID{Run: run}, function: "lab.train", code: code, arguments: arguments, outcome: record.Miss, result: "A"})
	}
	for i := range 500 {
		add(1, "v1", "data=digits", "width=3", fmt.Sprint("seed=", i))
	}
	for i := range 500 {
		add(2, "v2", "data=digits", "width=4", fmt.Sprint("seed=", i))
	}
	take(t, b, calls)
	last, err := b.Call(t.Context(), record.CallID{Run: 2, Call: 500})
	if err != nil {
		t.Fatal(err)
	}
	got := candidatesOf(t, b, &last)
	for _, want := range []string{"v1 digits 3 499", "v2 digits 4 498"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among the candidates %q", want, got)
		}
	}
}

// The same code counts for more than being new.
func TestCandidatesWithTheSameCode(t *testing.T) {
	t.Parallel()
	b := create(t)
	var calls []*madeCall
	for version := range 15 {
		for seed := range 200 {
			calls = append(calls, &madeCall{
				id: record.CallID{Run: int64(version + 1)}, function: "lab.train", code: fmt.Sprint("v", version+1), arguments: []string{"x=1", fmt.Sprint("seed=", seed)},
				outcome: record.Miss, result: "A",
			})
		}
	}
	take(t, b, calls)
	asked := madeCall{function: "lab.train", code: "v1", arguments: []string{"x=1", "seed=50.5"}}
	got := candidatesOf(t, b, asked.detail())
	for _, want := range []string{"v1 1 199", "v1 1 50", "v1 1 51"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among the candidates %q", want, got)
		}
	}
}

// Keys that share more arguments come before those that share a rarer one.
func TestCandidatesThatShareArguments(t *testing.T) {
	t.Parallel()
	b := create(t)
	var calls []*madeCall
	add := func(arguments ...string) {
		calls = append(calls, &madeCall{id: record.CallID{Run: 1}, function: "lab.train", code: "v1", arguments: arguments, outcome: record.Miss, result: "A"})
	}
	add("w=0", "x=d", "y=r", "z=0")
	for i := range 150 {
		n := fmt.Sprint(1000 + i)
		add("w="+n, "x=d", "y="+n, "z="+n)
		add("w="+n, "x="+n, "y=r", "z="+n)
		if i < 100 {
			add("w="+n, "x="+n, "y="+n, "z=s")
		}
	}
	add("w=1", "x=1", "y=1", "z=1")
	take(t, b, calls)
	asked := madeCall{function: "lab.train", code: "v1", arguments: []string{"w=q", "x=d", "y=r", "z=s"}}
	got := candidatesOf(t, b, asked.detail())
	if !slices.Contains(got, "v1 0 d r 0") || !slices.Contains(got, "v1 1099 1099 1099 s") || slices.Contains(got, "v1 1 1 1 1") {
		t.Errorf("the candidates are %q; want what shares two, the newest that share z, and not what shares none", got)
	}
}

// What is near by its sketch is found, whatever argument it is of.
func TestCandidatesBySketch(t *testing.T) {
	t.Parallel()
	b := create(t)
	call := func(value string, function string) *madeCall {
		return &madeCall{id: record.CallID{Run: 1}, function: function, code: "v1", arguments: []string{"x=" + value, "y=" + value + "!"}, outcome: record.Miss, result: "A"}
	}
	calls := []*madeCall{call("far", "lab.train"), call("near", "lab.train"), call("akin", "lab.train"), call("near", "lab.other")}
	for i := range 200 {
		calls = append(calls, call(fmt.Sprint(i), "lab.train"))
	}
	take(t, b, calls)
	snapshot := func(value, sketch string) *event.Snapshot {
		return &event.Snapshot{Digest: textDigest(value), Blob: []byte(sketch)}
	}
	for i := range 95 {
		apply(t, b, millionUUID(1), snapshot(fmt.Sprint(i), "a"))
	}
	apply(t, b, millionUUID(1), snapshot("far", "p q r"), snapshot("near", "a b z"), snapshot("akin", "a b c"), snapshot("asked", "a b c d"))
	asked := call("asked", "lab.train")
	got := candidatesOf(t, b, asked.detail())
	if !slices.Contains(got, "v1 akin akin!") || !slices.Contains(got, "v1 near near!") || slices.Contains(got, "v1 far far!") {
		t.Errorf("the candidates are %q; want akin and near, and not far", got)
	}
}

func TestIgnoringInRandomHistories(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 10))
	for range histories() {
		calls := randomHistory(random)
		b := create(t)
		take(t, b, calls)
		for i, name := range []string{"x", "y", "z"} {
			got, err := b.Ignoring(t.Context(), "lab.train", name)
			if err != nil {
				t.Fatal(err)
			}
			if want := ignoredOf(calls, "lab.train", i); got != want {
				t.Errorf("without %s: %+v, want %+v", name, got, want)
			}
		}
	}
}

// ignoredOf goes through all calls.
func ignoredOf(calls []*madeCall, function string, ignored int) record.Ignored {
	stored := map[string]*madeCall{} // by key
	for _, c := range calls {
		if c.function == function && c.outcome == record.Miss && c.result != "" {
			stored[string(c.key())] = c
		}
	}
	groups := map[string][]*madeCall{}
	for _, c := range stored {
		rest := slices.Clone(c.arguments)
		rest[ignored] = ""
		place := c.code + strings.Join(rest, ",")
		groups[place] = append(groups[place], c)
	}
	sum := record.Ignored{Misses: int64(len(stored))}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b *madeCall) int { return int(a.id.Pack() - b.id.Pack()) })
		for _, c := range group[1:] {
			sum.WouldHit++
			sum.Saved += c.took
			if c.result == group[0].result {
				sum.SameResult++
			} else {
				sum.OtherResult++
			}
		}
	}
	return sum
}

func TestIgnoringIsBounded(t *testing.T) {
	t.Parallel()
	b := create(t)
	var calls []*madeCall
	for i := range maxIgnoring + 500 {
		calls = append(calls, &madeCall{id: record.CallID{Run: 1}, function: "lab.train", code: "v1", arguments: []string{"x=1", fmt.Sprint("seed=", i)}, outcome: record.Miss, took: 2, result: "A"})
	}
	take(t, b, calls)
	want := record.Ignored{Misses: maxIgnoring, WouldHit: maxIgnoring - 1, Saved: 2 * (maxIgnoring - 1), SameResult: maxIgnoring - 1, Bounded: true}
	if got, err := b.Ignoring(t.Context(), "lab.train", "seed"); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, unknown := range [][2]string{{"lab.train", "other"}, {"lab.other", "seed"}} {
		if got, err := b.Ignoring(t.Context(), unknown[0], unknown[1]); err != nil || got != (record.Ignored{}) {
			t.Errorf("%v: %+v, %v; want nothing", unknown, got, err)
		}
	}
	// What is known of a result can be lost.
	if _, err := b.db.ExecContext(t.Context(), "UPDATE key SET result = NULL WHERE id % 2 = 0"); err != nil {
		t.Fatal(err)
	}
	got, err := b.Ignoring(t.Context(), "lab.train", "seed")
	if err != nil || got.UnknownResult == 0 || got.SameResult+got.OtherResult+got.UnknownResult != got.WouldHit {
		t.Errorf("%+v, %v; want that some are unknown", got, err)
	}
}

// Where nothing is near, the newest calls that computed are candidates, whatever came
// later or was only loaded: a call is not taken for the first one.
func TestCandidatesAmongStrangers(t *testing.T) {
	t.Parallel()
	f := func(run int64, code string, i int, outcome record.Outcome) *madeCall {
		return &madeCall{
			id: record.CallID{Run: run}, function: "lab.f", code: code, arguments: []string{fmt.Sprint("x=", i), fmt.Sprint("y=", i)}, outcome: outcome, result: "A",
		}
	}
	computed, asked := f(1, "v", 0, record.Miss), f(2, "v", 1, record.Miss)
	calls := []*madeCall{computed}
	for i := range 3 * maxNewest {
		calls = append(calls, f(2, "v", 100+i, record.Hit))
	}
	calls = append(calls, asked)
	for i := range 2 * maxVersions {
		calls = append(calls, f(int64(3+i), fmt.Sprint("v", i), 1000+i, record.Miss))
	}
	b := create(t)
	take(t, b, calls)
	call, err := b.Call(t.Context(), asked.id)
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.Candidates(t.Context(), &call, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].ID != computed.id {
		t.Errorf("the candidates are %+v, want call %s alone", list, computed.id)
	}
}

// That the argument changes results shows although the first of them is not known.
func TestIgnoringWithAnUnknownResult(t *testing.T) {
	t.Parallel()
	b := create(t)
	var calls []*madeCall
	for i, result := range []string{"A", "B", "C", "C"} {
		calls = append(calls, &madeCall{
			id: record.CallID{Run: 1}, function: "lab.f", code: "v", arguments: []string{"x=1", fmt.Sprint("y=", i)}, outcome: record.Miss, result: result,
		})
	}
	take(t, b, calls)
	first := calls[0].key()
	if _, err := b.db.ExecContext(t.Context(), "UPDATE key SET result = NULL WHERE digest = ?", first); err != nil {
		t.Fatal(err)
	}
	got, err := b.Ignoring(t.Context(), "lab.f", "y")
	if err != nil {
		t.Fatal(err)
	}
	want := record.Ignored{Misses: 4, WouldHit: 3, OtherResult: 1, UnknownResult: 2}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestLoadedBefore(t *testing.T) {
	t.Parallel()
	f := func(run int64, i int, outcome record.Outcome) *madeCall {
		return &madeCall{id: record.CallID{Run: run}, function: "lab.f", code: "v", arguments: []string{fmt.Sprint("x=", i)}, outcome: outcome, result: "A"}
	}
	calls := []*madeCall{
		f(1, 1, record.Hit), f(1, 2, record.Hit),
		f(2, 1, record.Hit), f(2, 1, record.Hit), f(2, 3, record.Miss),
		f(3, 2, record.Hit), f(3, 1, record.Miss), f(3, 1, record.Hit),
		f(4, 2, record.Miss),
	}
	b := create(t)
	take(t, b, calls)
	for _, test := range []struct {
		reason      string
		asked, want int // which calls; −1 for none
	}{
		{"the newest run, and the first in it", 6, 2},
		{"an older run", 8, 5},
		{"the first of all", 0, -1},
		{"nothing was loaded", 4, -1},
		{"one of the run itself", 3, 2},
	} {
		call, err := b.Call(t.Context(), calls[test.asked].id)
		if err != nil {
			t.Fatal(err)
		}
		got, found, err := b.LoadedBefore(t.Context(), &call.Call)
		if err != nil || found != (test.want >= 0) || found && got.ID != calls[test.want].id {
			t.Errorf("%s: %v, %v, %v", test.reason, got.ID, found, err)
		}
	}
	for i, want := range []bool{false, true, true} {
		call := record.Call{ID: calls[i].id, Function: "lab.f"}
		if was, err := b.CalledBefore(t.Context(), &call); err != nil || was != want {
			t.Errorf("whether something was called before %s: %v, %v", call.ID, was, err)
		}
		call.Function = "lab.g"
		if was, err := b.CalledBefore(t.Context(), &call); err != nil || was {
			t.Errorf("another function was called before %s: %v, %v", call.ID, was, err)
		}
	}
	unmade := calls[6].detail()
	if got, found, err := b.LoadedBefore(t.Context(), &unmade.Call); err != nil || !found || got.ID != calls[2].id {
		t.Errorf("before a call that was not made yet: %v, %v, %v", got.ID, found, err)
	}
}
