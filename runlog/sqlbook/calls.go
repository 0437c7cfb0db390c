package sqlbook

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"labbook/runlog/record"
)

const callColumns = `call.id, call.parent, call.batch, call.task, func.name, key.digest, call.outcome, call.reason, call.detail,
	call.origin, call.started, call.duration, call.saved, call.result_digest, call.result_bytes, call.error, call.store_error`

const callTables = ` FROM call JOIN func ON func.id = call.func LEFT JOIN key ON key.id = call.key`

// durationClass is what the index call_costly has of a call.
const durationClass = "(CASE WHEN duration < 16384 THEN duration >> 8 WHEN duration < 262144 THEN 56 + (duration >> 11) ELSE 168 + (duration >> 14) END)"

func scanCall(row scanner, more ...any) (record.Call, error) {
	var c record.Call
	var key, result []byte
	targets := []any{
		packed(&c.ID), packed(&c.Parent), &c.Batch, &c.Task, &c.Function, &key, &c.Outcome, &c.Reason, &c.Detail,
		packed(&c.Origin), at(&c.Started), &c.Duration, &c.Saved, &result, &c.ResultBytes, &c.Error, &c.StoreError,
	}
	err := row.Scan(append(targets, more...)...)
	c.Key, c.ResultDigest = hex.EncodeToString(key), hex.EncodeToString(result)
	return c, err
}

// Calls returns a page of calls.
func (b *Book) Calls(ctx context.Context, query record.CallQuery) ([]record.Call, error) {
	where := conditions{}
	f := &query.Filter
	if err := b.narrowToFunctions(ctx, &where, f); err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	where.oneOf("call.outcome", values(f.Outcomes))
	noHits := len(f.Outcomes) > 0 && !slices.Contains(f.Outcomes, record.Hit)
	if noHits {
		where.add("call.outcome <> 'hit'") // says that the index of misses will do
	}
	where.oneOf("call.reason", values(f.Reasons))
	switch {
	case f.Run > 0 && (noHits || query.Order == record.ByDuration):
		where.add("call.run = ?", f.Run)
	case f.Run > 0:
		// A run's calls lie together in the order of their ids.
		first := record.CallID{Run: f.Run}
		next := record.CallID{Run: f.Run + 1}
		where.add("call.id > ? AND call.id < ?", first.Pack(), next.Pack())
	}
	if !f.Since.IsZero() {
		where.add("call.started >= ?", nanos(f.Since))
	}
	if !f.Until.IsZero() {
		where.add("call.started < ?", nanos(f.Until))
	}
	if f.MinDuration > 0 {
		where.add("call.duration > ?", int64(f.MinDuration))
	}
	if f.MaxDuration > 0 {
		where.add("call.duration < ?", int64(f.MaxDuration))
	}
	for _, word := range f.Words {
		where.add(`(func.name LIKE ?1 ESCAPE '\' OR call.outcome LIKE ?1 ESCAPE '\' OR call.reason LIKE ?1 ESCAPE '\'
			OR call.detail LIKE ?1 ESCAPE '\' OR call.error LIKE ?1 ESCAPE '\'
			OR EXISTS (SELECT 1 FROM part WHERE part.key = call.key AND part.preview LIKE ?1 ESCAPE '\'))`, like(word))
	}
	runs := conditions{}
	b.runConditions(&runs, &record.Filter{Names: f.Names, Tags: f.Tags, Statuses: f.Statuses, Pinned: f.Pinned})
	if len(runs.terms) > 0 {
		where.add("call.run IN (SELECT id FROM run"+runs.sql()+")", runs.args...)
	}
	order := "call.id DESC"
	switch {
	case query.Order == record.ByDuration:
		order = durationClass + " DESC, call.duration DESC, call.id DESC"
		if !query.After.IsZero() {
			where.add(durationClass+" <= (SELECT "+durationClass+" FROM (SELECT ? AS duration))", int64(query.AfterDuration))
			where.add("(call.duration, call.id) < (?, ?)", int64(query.AfterDuration), query.After.Pack())
		}
	case !query.After.IsZero():
		where.add("call.id < ?", query.After.Pack())
	}
	from := callTables + where.sql() + " ORDER BY " + order + " LIMIT ?"
	if query.Order == record.ByDuration {
		// Many calls are sorted for one page: with no more of them than it takes.
		from = " FROM (SELECT call.id AS page_id FROM call JOIN func ON func.id = call.func" + where.sql() + " ORDER BY " + order + " LIMIT ?)" +
			" JOIN call ON call.id = page_id JOIN func ON func.id = call.func LEFT JOIN key ON key.id = call.key ORDER BY call.duration DESC, call.id DESC"
	}
	rows, err := b.db.QueryContext(ctx, "SELECT "+callColumns+from, append(where.args, limit(query.Limit))...)
	calls, err := collect(rows, err, func(row scanner) (record.Call, error) { return scanCall(row) })
	if err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	return calls, nil
}

// narrowToFunctions keeps calls of the functions that the filter names. One
// function's calls are found through the index, in order; those of several,
// most often versions of one, by going through all calls from the newest.
func (b *Book) narrowToFunctions(ctx context.Context, where *conditions, f *record.Filter) error {
	if len(f.Function) == 0 {
		return nil
	}
	names := conditions{}
	for _, function := range f.Function {
		names.add(`name LIKE ? ESCAPE '\'`, like(function))
	}
	rows, err := b.db.QueryContext(ctx, "SELECT id FROM func"+names.sql(), names.args...)
	ids, err := collect(rows, err, func(row scanner) (id any, err error) { return id, row.Scan(&id) })
	switch {
	case err != nil:
		return err
	case len(ids) == 0:
		where.add("0")
	case len(ids) == 1:
		where.add("call.func = ?", ids[0])
	default:
		where.oneOf("+call.func", ids)
	}
	return nil
}

const detailColumns = callColumns + ", func.name, func.code_digest, func.code_kind, func.file, func.line"

// scanDetail scans a call with its function, but without its parts.
func scanDetail(row scanner) (d record.CallDetail, err error) {
	var code []byte
	d.Call, err = scanCall(row, &d.Code.Name, &code, &d.Code.CodeKind, &d.Code.File, &d.Code.Line)
	d.Code.CodeDigest = hex.EncodeToString(code)
	return d, err
}

const partColumns = "part.position, part.kind, part.name, part.digest, part.preview"

// scanPart scans a part behind whatever columns come before.
func scanPart(row scanner, before ...any) (p record.Part, err error) {
	var digest []byte
	err = row.Scan(append(before, &p.Position, &p.Kind, &p.Name, &digest, &p.Preview)...)
	p.Digest = hex.EncodeToString(digest)
	return p, err
}

// Call returns one call and what its key was made of. An unknown id is
// ErrNoCall.
func (b *Book) Call(ctx context.Context, id record.CallID) (record.CallDetail, error) {
	d, err := scanDetail(b.db.QueryRowContext(ctx, "SELECT "+detailColumns+callTables+" WHERE call.id = ?", id.Pack()))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return d, b.noCall(ctx, id)
	case err != nil:
		return d, fmt.Errorf("read call %s: %w", id, err)
	}
	rows, err := b.db.QueryContext(ctx, "SELECT "+partColumns+" FROM part JOIN call USING (key) WHERE call.id = ? ORDER BY part.position", id.Pack())
	d.Parts, err = collect(rows, err, func(row scanner) (record.Part, error) { return scanPart(row) })
	if err != nil {
		return d, fmt.Errorf("read parts of call %s: %w", id, err)
	}
	return d, nil
}

// noCall says that a call is not there, and whether it went with its run.
func (b *Book) noCall(ctx context.Context, id record.CallID) error {
	var run int64
	err := b.db.QueryRowContext(ctx, "SELECT id FROM run WHERE id = ?", id.Run).Scan(&run)
	if errors.Is(err, sql.ErrNoRows) && wasRemoved(ctx, b.db, id.Run) {
		return fmt.Errorf("call %s was removed with its run: %w", id, ErrNoCall)
	}
	return fmt.Errorf("call %s: %w", id, ErrNoCall)
}

// packed scans a stored call id; 0 is the zero id.
func packed(id *record.CallID) sql.Scanner { return (*callScanner)(id) }

type callScanner record.CallID

func (id *callScanner) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a call id is stored as %T", value)
	}
	*id = callScanner(record.UnpackCallID(n))
	return nil
}
