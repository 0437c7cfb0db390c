package sqlbook

import (
	"fmt"
	"strings"
	"testing"
)

// Every query that why-miss asks looks up what it wants, by as many columns as it has
// got, and goes through nothing but what it was given or has made itself. How many rows
// it comes to is then bounded by a LIMIT that nothing is sorted for.
func TestQueriesLookUp(t *testing.T) {
	t.Parallel()
	b := create(t)
	const place = "SEARCH leave_one_out USING PRIMARY KEY (era=? AND slot=? AND digest=? AND key<?)"
	lists := []string{"json_each", "newest", "runs", "sharing", "here", "origin", "looked", "results", "groups", "CONSTANT ROW", "("}
	for _, test := range []struct {
		name, query string
		args        int
		steps       []string
	}{
		{"lastKeysBefore", lastKeysBefore, 3, []string{"SEARCH call USING INDEX call_missed (run=? AND id<?)", "SEARCH call USING INDEX call_missed (run<?)"}},
		{"inPlace", inPlace, 5, []string{place}},
		{"newestInPlace", newestInPlace, 7, []string{place}},
		{"closestInPlace", closestInPlace, 8, []string{place}},
		{"computedFor", computedFor, 2, []string{"SEARCH call USING INDEX call_computed (key=? AND id<?)"}},
		{"countSharing", countSharing, 3, []string{"SEARCH part USING COVERING INDEX part_digest (digest=? AND key<?)"}},
		{"sharing", sharing, 4, []string{"SEARCH part USING COVERING INDEX part_digest (digest=? AND key<?)", "SEARCH key USING INTEGER PRIMARY KEY (rowid=?)"}},
		{"inBucket", inBucket, 2, []string{"SEARCH sketch USING PRIMARY KEY (bucket=?)"}},
		{"withValue", withValue, 5, []string{"SEARCH part USING COVERING INDEX part_digest (digest>? AND digest<?)", "SEARCH key USING INTEGER PRIMARY KEY (rowid=?)"}},
		{"newestOf", newestOf, 5, []string{
			"SEARCH key USING COVERING INDEX key_func (func=? AND id<?)", "SEARCH call EXISTS USING INDEX call_computed (key=? AND id<?)",
		}},
		{"calledBefore", calledBefore, 2, []string{"SEARCH call USING COVERING INDEX call_func (func=? AND id<?)"}},
		{"loadedBefore", loadedBefore, 4, []string{
			"SEARCH first_call USING PRIMARY KEY (run<?)", "SEARCH first_call USING PRIMARY KEY (run=? AND key=?)", "SEARCH call USING INTEGER PRIMARY KEY (rowid=?)",
		}},
		{"versionsOf", versionsOf, 1, []string{"SEARCH func USING COVERING INDEX sqlite_autoindex_func_1 (name=?)"}},
		{"detailsOf", detailsOf, 1, []string{"SEARCH call USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH key USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN"}},
		{"partsOf", partsOf, 1, []string{"SEARCH call USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH part USING PRIMARY KEY (key=?)"}},
		{"producedHere", producedHere, 5, []string{"SEARCH result USING INDEX result_value (era=? AND <expr>=? AND run=?)", "SEARCH call USING INTEGER PRIMARY KEY (rowid=?)"}},
		{"producedElsewhere", producedElsewhere, 5, []string{
			"SEARCH result USING INDEX result_value (era=? AND <expr>=?)", "SEARCH computed USING INTEGER PRIMARY KEY (rowid=?)",
			"SEARCH first_call USING PRIMARY KEY (run=? AND key=?)", "SEARCH call USING INTEGER PRIMARY KEY (rowid=?)",
		}},
		{"cacheOf", cacheOf, 2, []string{"SEARCH run_func USING PRIMARY KEY (run=?)", "SEARCH call USING INTEGER PRIMARY KEY (rowid=?)"}},
		{"recomputed", recomputed, 2, []string{"SEARCH key USING INDEX key_func (func=?)", "SEARCH call USING INDEX call_computed (key=?)"}},
		{"keptBytes", keptBytes, 1, []string{"SEARCH key USING INTEGER PRIMARY KEY (rowid>?)", "SEARCH call USING INTEGER PRIMARY KEY (rowid=?)"}},
		{"ignoring", ignoring, 4, []string{"SEARCH leave_one_out USING PRIMARY KEY (era=? AND slot=?)", "SEARCH key USING INTEGER PRIMARY KEY (rowid=?)"}},
	} {
		args := make([]any, test.args)
		for i := range args {
			args[i] = 1
		}
		rows, err := b.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+test.query, args...)
		steps, err := collect(rows, err, func(row scanner) (step string, err error) {
			var id, parent, unused int
			return step, row.Scan(&id, &parent, &unused, &step)
		})
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		plan := fmt.Sprintf("%q", steps)
		for _, want := range test.steps {
			if !strings.Contains(plan, `"`+want+`"`) {
				t.Errorf("%s does not do %q: %s", test.name, want, plan)
			}
		}
		for _, step := range steps {
			what, isScan := strings.CutPrefix(step, "SCAN ")
			for _, list := range lists {
				isScan = isScan && !strings.HasPrefix(what, list)
			}
			if isScan {
				t.Errorf("%s goes through a table: %q", test.name, step)
			}
		}
		if test.name == "inPlace" && strings.Contains(plan, "ORDER BY") {
			t.Errorf("%s sorts: %s", test.name, plan)
		}
	}
}
