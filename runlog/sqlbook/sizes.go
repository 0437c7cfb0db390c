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

// EstimateFreed estimates how many bytes of the file are freed if runs are removed,
// and with them what no other run knows. Of each table with its indexes it takes the
// share that the runs have of what is in it. It reads much of the file.
func (b *Book) EstimateFreed(ctx context.Context, runs []int64) (int64, error) {
	list, err := json.Marshal(runs)
	if err != nil {
		return 0, err
	}
	bytes, err := b.tableBytes(ctx)
	if err != nil {
		return 0, fmt.Errorf("estimate what is freed: %w", err)
	}
	const (
		removed     = "(SELECT value FROM json_each(?1))"
		rowOverhead = 64 // bytes of an output chunk beside what was printed
	)
	weight := fmt.Sprintf("total(length(bytes) + %d)", rowOverhead)
	var freed float64
	share := func(tables []string, of, all string) error {
		size := int64(0)
		for _, table := range tables {
			size += bytes[table]
		}
		var part, whole float64
		if err := b.db.QueryRowContext(ctx, "SELECT ("+of+"), ("+all+")", string(list)).Scan(&part, &whole); err != nil {
			return fmt.Errorf("estimate what is freed of %s: %w", tables[0], err)
		}
		if whole > 0 {
			freed += float64(size) * min(max(part/whole, 0), 1)
		}
		return nil
	}
	for _, table := range runTables {
		if err == nil {
			err = share([]string{table.name}, "SELECT count(*) FROM "+table.name+" WHERE run IN "+removed, "SELECT count(*) FROM "+table.name)
		}
	}
	if err == nil {
		err = share([]string{"run"}, "SELECT count(*) FROM run WHERE id IN "+removed, "SELECT count(*) FROM run")
	}
	if err == nil {
		err = share([]string{"call"}, "SELECT total(calls) FROM run WHERE id IN "+removed, "SELECT total(calls) FROM run")
	}
	if err == nil {
		err = share([]string{"output", "output_block", "output_index_data", "output_index_docsize", "output_index_idx", "output_kept"},
			"SELECT "+weight+" FROM output WHERE run IN "+removed, "SELECT "+weight+" FROM output")
	}
	if err == nil {
		err = share([]string{"key", "part", "snapshot", "leave_one_out", "sketch"},
			"SELECT (SELECT count(*) FROM key) - count(DISTINCT key) FROM call WHERE key <> 0 AND run NOT IN "+removed, "SELECT count(*) FROM key")
	}
	return int64(freed), err
}

// tableBytes is what each table takes of the file, with its indexes.
func (b *Book) tableBytes(ctx context.Context) (map[string]int64, error) {
	type table struct {
		name  string
		bytes int64
	}
	rows, err := b.db.QueryContext(ctx, `SELECT m.tbl_name, sum(s.pgsize) FROM dbstat AS s JOIN sqlite_master AS m ON m.name = s.name
		WHERE s.aggregate = 1 GROUP BY m.tbl_name`)
	tables, err := collect(rows, err, func(row scanner) (t table, err error) { return t, row.Scan(&t.name, &t.bytes) })
	bytes := map[string]int64{}
	for _, t := range tables {
		bytes[t.name] = t.bytes
	}
	return bytes, err
}
