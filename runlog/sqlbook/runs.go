package sqlbook

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"labbook/runlog/record"
)

// ErrNoRun and ErrNoCall are returned for ids that the lab-book does not have.
var (
	ErrNoRun  = errors.New("there is no such run in the lab-book")
	ErrNoCall = errors.New("there is no such call in the lab-book")
)

// silentAfter is how long a running program may go without a sign of life
// before it counts as dead. It gives one every other second.
const silentAfter = 60 * time.Second

const defaultLimit = 100

// liveStatus is a run's status as it is known now. The spool of a silent run is
// still waiting to be taken in, or lies on another machine; or the program was
// stopped, or its machine put to sleep. That is why the status is only shown and
// not stored: the run is running again when the next sign of life comes.
func (b *Book) liveStatus() string {
	return fmt.Sprintf("iif(status = 'running' AND heartbeat < %d, iif(implicit, 'ended', 'died'), status)", nanos(b.now().Add(-silentAfter)))
}

// listColumns leaves the long columns to single-run reads.
func (b *Book) listColumns() string {
	return `id, uuid, rerun_of, within, pinned, name, started, ended, heartbeat, ` + b.liveStatus() + `, exit_code, signal, exit_seen, error, implicit, outside > 0, outside <> 1, debug,
	utime, stime, max_rss, calls, hits, misses, errors, bypasses, running, saved, spent, tasks, argv, cwd, exe, exe_build_id,
	package, module, module_version, module_dir, go_version, vcs_rev, vcs_dirty, host, os_arch, cpus, user, pid,
	max_procs, cpu_model, memory, cpu_limit, memory_limit`
}

type scanner interface{ Scan(...any) error }

func scanRun(row scanner, more ...any) (record.Run, error) {
	var r record.Run
	var argv string
	targets := []any{
		&r.ID, &r.UUID, &r.RerunOf, &r.Within, &r.Pinned, &r.Name, at(&r.Started), at(&r.Ended), at(&r.Heartbeat), &r.Status, &r.ExitCode, &r.Signal,
		&r.ExitSeen, &r.Error, &r.Implicit, &r.Outside, &r.Itself, &r.Debug, &r.UserTime, &r.SysTime, &r.MaxRSS, &r.Counts.Calls, &r.Counts.Hits, &r.Counts.Misses,
		&r.Counts.Errors, &r.Counts.Bypasses, &r.Counts.Running, &r.Counts.Saved, &r.Counts.Spent, &r.Counts.Tasks, &argv,
		&r.Cwd, &r.Exe, &r.BuildID, &r.Package, &r.Module, &r.ModuleVersion, &r.ModuleDir, &r.GoVersion, &r.VCSRevision,
		&r.VCSDirty, &r.Host, &r.OSArch, &r.CPUs, &r.User, &r.PID, &r.MaxProcs, &r.CPUModel, &r.Memory, &r.CPULimit, &r.MemoryLimit,
	}
	if err := row.Scan(append(targets, more...)...); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(argv), &r.Argv); err != nil {
		return r, fmt.Errorf("run %d: arguments: %w", r.ID, err)
	}
	return r, nil
}

// Runs returns a page of runs, newest first.
func (b *Book) Runs(ctx context.Context, query record.RunQuery) ([]record.Run, error) {
	where := conditions{}
	b.runConditions(&where, &query.Filter)
	if query.Before > 0 {
		where.add("id < ?", query.Before)
	}
	rows, err := b.db.QueryContext(ctx,
		"SELECT "+b.listColumns()+" FROM run"+where.sql()+" ORDER BY id DESC LIMIT ?", append(where.args, limit(query.Limit))...)
	runs, err := collect(rows, err, func(row scanner) (record.Run, error) { return scanRun(row) })
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return runs, nil
}

// Run returns a run with all that belongs to it but its calls, batches and
// output. An unknown id is ErrNoRun.
func (b *Book) Run(ctx context.Context, id int64) (record.RunDetail, error) {
	var d record.RunDetail
	var env, modules, diff string
	var err error
	row := b.db.QueryRowContext(ctx, "SELECT "+b.listColumns()+", env, modules, vcs_diff FROM run WHERE id = ?", id)
	d.Run, err = scanRun(row, &env, &modules, &diff)
	d.VCSDiff = diff
	if errors.Is(err, sql.ErrNoRows) {
		return d, noRun(ctx, b.db, id)
	}
	if err == nil {
		err = errors.Join(json.Unmarshal([]byte(env), &d.Env), json.Unmarshal([]byte(modules), &d.Modules))
	}
	for _, read := range []func(context.Context, *record.RunDetail) error{
		b.readParams, b.readMetrics, b.readArtifacts, b.readTags, b.readNotes,
		b.readInputs, b.readSamples, b.readReruns, b.readChildren,
	} {
		if err == nil {
			err = read(ctx, &d)
		}
	}
	if err != nil {
		return d, fmt.Errorf("read run %d: %w", id, err)
	}
	return d, nil
}

func (b *Book) readParams(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT name, value, source, help FROM param WHERE run = ? ORDER BY position", d.ID)
	d.Params, err = collect(rows, err, func(row scanner) (p record.Param, err error) {
		return p, row.Scan(&p.Name, &p.Value, &p.Source, &p.Help)
	})
	return err
}

func (b *Book) readMetrics(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT name, step, value, at FROM metric WHERE run = ? ORDER BY name, step", d.ID)
	d.Metrics, err = collect(rows, err, func(row scanner) (m record.Metric, err error) {
		var value sql.NullFloat64
		err = row.Scan(&m.Name, &m.Step, &value, at(&m.At))
		m.Value = value.Float64
		if !value.Valid {
			m.Value = math.NaN()
		}
		return m, err
	})
	return err
}

func (b *Book) readArtifacts(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT name, path, media_type, bytes, at FROM artifact WHERE run = ? ORDER BY at, name", d.ID)
	d.Artifacts, err = collect(rows, err, func(row scanner) (a record.Artifact, err error) {
		return a, row.Scan(&a.Name, &a.Path, &a.MediaType, &a.Bytes, at(&a.At))
	})
	return err
}

func (b *Book) readTags(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT tag FROM tag WHERE run = ? ORDER BY tag", d.ID)
	d.Tags, err = collect(rows, err, func(row scanner) (tag string, err error) { return tag, row.Scan(&tag) })
	return err
}

func (b *Book) readNotes(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT text, at FROM note WHERE run = ? ORDER BY seq", d.ID)
	d.Notes, err = collect(rows, err, func(row scanner) (n record.Note, err error) { return n, row.Scan(&n.Text, at(&n.At)) })
	return err
}

func (b *Book) readInputs(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT path, bytes, modified, digest FROM input WHERE run = ? ORDER BY path", d.ID)
	d.Inputs, err = collect(rows, err, func(row scanner) (i record.Input, err error) {
		var digest []byte
		err = row.Scan(&i.Path, &i.Bytes, at(&i.Modified), &digest)
		i.Digest = hex.EncodeToString(digest)
		return i, err
	})
	return err
}

func (b *Book) readSamples(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT at, cpu, rss, read, written FROM sample WHERE run = ? ORDER BY at", d.ID)
	d.Samples, err = collect(rows, err, func(row scanner) (s record.Sample, err error) {
		return s, row.Scan(at(&s.At), &s.CPU, &s.RSS, &s.Read, &s.Written)
	})
	return err
}

func (b *Book) readChildren(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT id FROM run WHERE within = ? ORDER BY id", d.ID)
	d.Children, err = collect(rows, err, func(row scanner) (id int64, err error) { return id, row.Scan(&id) })
	return err
}

func (b *Book) readReruns(ctx context.Context, d *record.RunDetail) error {
	rows, err := b.db.QueryContext(ctx, "SELECT id FROM run WHERE rerun_of = ? ORDER BY id", d.ID)
	d.Reruns, err = collect(rows, err, func(row scanner) (id int64, err error) { return id, row.Scan(&id) })
	return err
}

// runConditions narrows runs; what only calls have narrows through them.
func (b *Book) runConditions(where *conditions, f *record.Filter) {
	for _, name := range f.Names {
		where.add(`name LIKE ? ESCAPE '\'`, like(name))
	}
	for _, tag := range f.Tags {
		where.add(`EXISTS (SELECT 1 FROM tag WHERE tag.run = run.id AND tag = ?)`, tag)
	}
	where.oneOf(b.liveStatus(), values(f.Statuses))
	if f.Run > 0 {
		where.add("id = ?", f.Run)
	}
	if f.Pinned != nil {
		where.add("pinned = ?", *f.Pinned)
	}
	if !f.Since.IsZero() {
		where.add("started >= ?", nanos(f.Since))
	}
	if !f.Until.IsZero() {
		where.add("started < ?", nanos(f.Until))
	}
	const duration = "(iif(ended, ended, heartbeat) - started)"
	if f.MinDuration > 0 {
		where.add(duration+" > ?", int64(f.MinDuration))
	}
	if f.MaxDuration > 0 {
		where.add(duration+" < ?", int64(f.MaxDuration))
	}
	for _, word := range f.Words {
		where.add(`(name LIKE ?1 ESCAPE '\' OR argv LIKE ?1 ESCAPE '\' OR error LIKE ?1 ESCAPE '\' OR cwd LIKE ?1 ESCAPE '\'
			OR EXISTS (SELECT 1 FROM tag WHERE tag.run = run.id AND tag LIKE ?1 ESCAPE '\')
			OR EXISTS (SELECT 1 FROM note WHERE note.run = run.id AND text LIKE ?1 ESCAPE '\')
			OR EXISTS (SELECT 1 FROM param WHERE param.run = run.id AND (param.name || '=' || param.value) LIKE ?1 ESCAPE '\'))`, like(word))
	}
	calls := conditions{}
	for _, function := range f.Function {
		calls.add(`call.func IN (SELECT id FROM func WHERE name LIKE ? ESCAPE '\')`, like(function))
	}
	calls.oneOf("call.outcome", values(f.Outcomes))
	calls.oneOf("call.reason", values(f.Reasons))
	if len(calls.terms) > 0 {
		calls.terms = append([]string{"call.run = run.id"}, calls.terms...)
		where.add("EXISTS (SELECT 1 FROM call"+calls.sql()+")", calls.args...)
	}
}

// conditions is a WHERE clause in the making; all terms must hold. A term's ?1
// means its own first argument.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	if strings.Contains(term, "?1") {
		term = strings.ReplaceAll(term, "?1", fmt.Sprintf("?%d", len(c.args)+1))
	}
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

func (c *conditions) oneOf(column string, values []any) {
	if len(values) > 0 {
		c.add(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
	}
}

func (c *conditions) sql() string {
	if len(c.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

func values[S ~string](list []S) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = string(v)
	}
	return all
}

func limit(n int) int {
	if n <= 0 {
		return defaultLimit
	}
	return n
}

// collect reads all rows. It takes the error of the query so that callers need
// not.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what there is to say
	list := []T{}
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// at scans a stored time; 0 is the zero time.
func at(t *time.Time) sql.Scanner { return (*timeScanner)(t) }

type timeScanner time.Time

func (t *timeScanner) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", value)
	}
	*t = timeScanner{}
	if n != 0 {
		*t = timeScanner(time.Unix(0, n))
	}
	return nil
}
