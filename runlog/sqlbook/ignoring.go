package sqlbook

import (
	"context"
	"fmt"

	"labbook/runlog/record"
)

// maxIgnoring bounds how many keys are looked at.
const maxIgnoring = 2000

// ignoring sums up groups of calls that differ in one argument at most. Of each it takes
// first what came to one result, which bare columns beside a min() then tell of: they are
// those of the row where it is. If that result is not known, those that are known still
// tell that they are not all the same. Calls with different code are of different groups.
const ignoring = `
	WITH looked AS MATERIALIZED (
		SELECT digest, rest, key FROM leave_one_out
		WHERE era IN (SELECT value FROM json_each(?1)) AND slot = ?2 ORDER BY era DESC, digest DESC, key DESC LIMIT ?3
	), results AS (
		SELECT looked.digest, looked.rest, key.result AS result, min(key.stored) AS first, key.duration AS duration, count(*) AS calls, sum(key.duration) AS spent
		FROM looked CROSS JOIN key ON key.id = looked.key
		WHERE key.stored <> 0 AND key.func IN (SELECT value FROM json_each(?4))
		GROUP BY looked.digest, looked.rest, key.result
	), groups AS (
		SELECT min(first), result IS NOT NULL AS known, calls AS same, sum(calls) AS calls, count(result) AS ways,
			sum(iif(result IS NULL, 0, calls)) AS compared, sum(spent) - duration AS saved
		FROM results GROUP BY digest, rest
	)
	SELECT coalesce(sum(calls), 0), coalesce(sum(calls - 1), 0), coalesce(sum(saved), 0),
		coalesce(sum(iif(known, same - 1, 0)), 0), coalesce(sum(iif(known, compared - same, max(ways - 1, 0))), 0),
		(SELECT count(*) FROM looked) = ?3
	FROM groups`

// Ignoring says what would have come of it had an argument of a function not counted:
// how many of the function's misses would have been hits on an earlier one that differs
// in nothing else, and how many of these came to another result. Each key counts once, by
// the last call that computed and stored its result. It looks at 2,000 keys at most, which
// are among the newest, and costs some milliseconds.
func (b *Book) Ignoring(ctx context.Context, function, argumentName string) (record.Ignored, error) {
	var i record.Ignored
	fail := func(err error) (record.Ignored, error) {
		return i, fmt.Errorf("look for calls of %s that differ in %s: %w", function, argumentName, err)
	}
	rows, err := b.db.QueryContext(ctx, versionsOf, function)
	versions, err := collect(rows, err, scanID)
	if err != nil {
		return fail(err)
	}
	functions, err := jsonList(versions)
	if err != nil {
		return fail(err)
	}
	eras, err := b.eras(ctx, eraBits)
	if err != nil {
		return fail(err)
	}
	err = b.db.QueryRowContext(ctx, ignoring, eras, slotOf(function, []keyPart{{name: argumentName}}, 0), maxIgnoring, functions).
		Scan(&i.Misses, &i.WouldHit, &i.Saved, &i.SameResult, &i.OtherResult, &i.Bounded)
	if err != nil {
		return fail(err)
	}
	i.UnknownResult = i.WouldHit - i.SameResult - i.OtherResult
	return i, nil
}
