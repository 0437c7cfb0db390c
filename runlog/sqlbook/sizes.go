package sqlbook

import (
	"context"
	"encoding/json"
	"fmt"
)

// RunSize is how much the lab-book holds of a run.
type RunSize struct {
	Calls         int64
	OutputChunks  int64
	OutputBytes   int64
	Artifacts     int64
	ArtifactBytes int64
}

// RunSize measures a run, in milliseconds at most.
func (b *Book) RunSize(ctx context.Context, run int64) (RunSize, error) {
	var s RunSize
	err := b.db.QueryRowContext(ctx, `SELECT
			(SELECT calls FROM run WHERE id = ?1),
			(SELECT count(*) FROM output WHERE run = ?1), (SELECT coalesce(sum(length(bytes)), 0) FROM output WHERE run = ?1),
			(SELECT count(*) FROM artifact WHERE run = ?1), (SELECT coalesce(sum(bytes), 0) FROM artifact WHERE run = ?1)`, run).
		Scan(&s.Calls, &s.OutputChunks, &s.OutputBytes, &s.Artifacts, &s.ArtifactBytes)
	if err != nil {
		return s, fmt.Errorf("measure run %d: %w", run, err)
	}
	return s, nil
}

// Origins tells which runs computed what a run loaded, for every run that loaded
// something of another. It looks at every call: a second or less for a million.
func (b *Book) Origins(ctx context.Context) (map[int64][]int64, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT DISTINCT run, origin >> 32 FROM call WHERE origin <> 0 AND origin >> 32 <> run")
	pairs, err := collect(rows, err, func(row scanner) (pair [2]int64, err error) { return pair, row.Scan(&pair[0], &pair[1]) })
	if err != nil {
		return nil, fmt.Errorf("look up origins: %w", err)
	}
	origins := map[int64][]int64{}
	for _, pair := range pairs {
		origins[pair[0]] = append(origins[pair[0]], pair[1])
	}
	return origins, nil
}

// EstimateFreed estimates how many bytes of the file are freed if runs of that
// size altogether are removed, and with them what no other run knows. It reads
// much of the file.
func (b *Book) EstimateFreed(ctx context.Context, runs []int64, size RunSize) (int64, error) {
	list, err := json.Marshal(runs)
	if err != nil {
		return 0, err
	}
	var callTable, keyTables, calls, keys, keptKeys float64
	err = b.db.QueryRowContext(ctx, `
		WITH tables (name, bytes) AS (
			SELECT m.tbl_name, sum(s.pgsize) FROM dbstat AS s JOIN sqlite_master AS m ON m.name = s.name WHERE s.aggregate = 1 GROUP BY m.tbl_name)
		SELECT
			coalesce((SELECT bytes FROM tables WHERE name = 'call'), 0),
			coalesce((SELECT sum(bytes) FROM tables WHERE name IN ('key', 'part', 'snapshot')), 0),
			(SELECT total(calls) FROM run), (SELECT count(*) FROM key),
			(SELECT count(DISTINCT key) FROM call WHERE key <> 0 AND run NOT IN (SELECT value FROM json_each(?)))`, string(list)).
		Scan(&callTable, &keyTables, &calls, &keys, &keptKeys)
	if err != nil {
		return 0, fmt.Errorf("estimate what is freed: %w", err)
	}
	const rowOverhead = 64 // bytes of an output chunk beside what was printed, with its index
	freed := float64(size.OutputBytes + rowOverhead*size.OutputChunks)
	if calls > 0 {
		freed += callTable * float64(size.Calls) / calls
	}
	if keys > 0 {
		freed += keyTables * max(0, 1-keptKeys/keys)
	}
	return int64(freed), nil
}
