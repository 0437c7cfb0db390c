package sqlbook

import (
	"context"
	"fmt"

	"labbook/runlog/record"
)

const cacheOf = `SELECT DISTINCT folder, is_new, limits FROM run_func
	WHERE run = ?1 AND func = (SELECT func FROM call WHERE id = ?2) AND folder <> '' LIMIT 2`

// Cache returns where the run of a call keeps the results of its function. It is zero
// where that was not recorded, and where the run keeps them in several ways, since a
// call does not say which is its own.
func (b *Book) Cache(ctx context.Context, call record.CallID) (record.Cache, error) {
	rows, err := b.db.QueryContext(ctx, cacheOf, call.Run, call.Pack())
	list, err := collect(rows, err, func(row scanner) (c record.Cache, err error) { return c, row.Scan(&c.Folder, &c.IsNew, &c.Limits) })
	if err != nil {
		return record.Cache{}, fmt.Errorf("look where the result of call %s is kept: %w", call, err)
	}
	if len(list) != 1 {
		return record.Cache{}, nil
	}
	return list[0], nil
}

const (
	// maxRecomputed bounds how many keys of a function are looked at.
	maxRecomputed = 2000
	// maxKept bounds how many results are added up.
	maxKept = 10_000

	recomputed = `SELECT count(*), coalesce(sum(n - 1), 0), coalesce(sum(spent), 0) FROM (
		SELECT count(*) AS n, sum(call.duration) - min(call.duration) AS spent
		FROM (SELECT id FROM key WHERE func IN (SELECT id FROM func WHERE name = ?1) AND stored <> 0 ORDER BY id DESC LIMIT ?2) AS newest
		CROSS JOIN call ON call.key = newest.id AND call.outcome <> 'hit' WHERE call.outcome = 'miss' GROUP BY call.key)`
	keptBytes = `SELECT coalesce(sum(call.result_bytes), 0)
		FROM (SELECT stored FROM key WHERE id > (SELECT max(id) FROM key) - ?1 AND stored <> 0) AS newest CROSS JOIN call ON call.id = newest.stored`
)

// Recomputed says how often results of a function were computed again, of its newest
// 2,000 keys, and how much room the newest 10,000 results take. It costs some
// milliseconds.
func (b *Book) Recomputed(ctx context.Context, function string) (r record.Recomputed, err error) {
	err = b.db.QueryRowContext(ctx, recomputed, function, maxRecomputed).Scan(&r.Keys, &r.Again, &r.Spent)
	if err == nil {
		err = b.db.QueryRowContext(ctx, keptBytes, maxKept).Scan(&r.Bytes)
	}
	if err != nil {
		return r, fmt.Errorf("look how often %s was computed again: %w", function, err)
	}
	return r, nil
}
