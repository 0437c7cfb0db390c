package sqlbook

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"labbook/diffargs"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

func (a *applier) apply(e event.Event) error {
	switch e := e.(type) {
	case *event.RunStart:
		return a.runStart(e)
	case *event.RunParams:
		return a.params(e)
	case *event.RunEnd:
		return a.runEnd(e)
	case *event.Heartbeat:
		return a.heartbeat(e)
	case *event.VCS:
		return a.exec("UPDATE run SET vcs_rev = ?, vcs_dirty = ?, vcs_diff = ? WHERE id = ?", e.Revision, e.Dirty, e.Diff, a.run)
	case *event.Function:
		return a.function(e)
	case *event.Source:
		return a.source(e)
	case *event.Key:
		return a.key(e)
	case *event.Snapshot:
		return a.snapshot(e)
	case *event.CallStart:
		return a.callStart(e)
	case *event.CallEnd:
		return a.callEnd(e)
	case *event.BatchStart:
		return a.exec(`INSERT OR REPLACE INTO batch (run, batch, parent, label, backend, jobs, tasks, started, status)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			a.run, e.Batch, a.callID(e.Scope.Call), e.Label, e.Backend, e.Jobs, e.Tasks, nanos(e.Started), record.BatchRunning)
	case *event.BatchEnd:
		a.counts.Tasks += e.Done
		return a.exec("UPDATE batch SET tasks = ?, done = ?, failed = ?, ended = ?, status = ?, error = ? WHERE run = ? AND batch = ?",
			e.Tasks, e.Done, e.Failed, nanos(e.Ended), e.Status, e.Error, a.run, e.Batch)
	case *event.Tasks:
		return a.tasks(e)
	case *event.Output:
		return a.takeOutput(e)
	case *event.Metric:
		var value any = e.Value
		if math.IsNaN(e.Value) {
			value = nil
		}
		return a.exec("INSERT OR REPLACE INTO metric (run, name, step, value, at) VALUES (?, ?, ?, ?, ?)",
			a.run, e.Name, e.Step, value, nanos(e.At))
	case *event.Artifact:
		return a.exec("INSERT OR REPLACE INTO artifact (run, name, path, media_type, bytes, at) VALUES (?, ?, ?, ?, ?, ?)",
			a.run, e.Name, e.Path, e.MediaType, e.Bytes, nanos(e.At))
	case *event.Tag:
		return a.exec("INSERT OR IGNORE INTO tag (run, tag) VALUES (?, ?)", a.run, e.Tag)
	case *event.Within:
		return a.exec("UPDATE run SET within = coalesce((SELECT id FROM run WHERE uuid = ?), 0) WHERE id = ?", e.UUID, a.run)
	case *event.Exit:
		return a.exit(e)
	case *event.Sample:
		return a.sample(e)
	case *event.Input:
		digest, err := hex.DecodeString(e.Digest)
		if err != nil {
			return err
		}
		return a.exec("INSERT OR REPLACE INTO input (run, path, bytes, modified, digest) VALUES (?, ?, ?, ?, ?)",
			a.run, e.Path, e.Bytes, nanos(e.Modified), digest)
	case *event.OutputScope:
		return a.exec("INSERT OR REPLACE INTO output_scope (run, stream, offset, bytes, call, batch, task) VALUES (?, ?, ?, ?, ?, ?, ?)",
			a.run, e.Stream, e.Offset, e.Bytes, a.callID(e.Scope.Call), e.Scope.Batch, e.Scope.Task)
	case *event.Result:
		return a.result(e)
	case *event.Note:
		return a.exec("INSERT INTO note (run, seq, text, at) SELECT ?1, 1 + coalesce(max(seq), 0), ?2, ?3 FROM note WHERE run = ?1",
			a.run, e.Text, nanos(e.At))
	}
	return fmt.Errorf("no rows are known for it") // an event that this package forgot
}

// openRun finds the run, or makes a row for it: the output of a program can be
// taken in before its RunStart is.
func (a *applier) openRun(uuid string) (err error) {
	a.run, err = a.id("SELECT id FROM run WHERE uuid = ?", uuid)
	if err == nil && a.run == 0 {
		a.run, err = a.insert("INSERT INTO run (uuid) VALUES (?)", uuid)
	}
	return err
}

func (a *applier) runStart(e *event.RunStart) error {
	r := &e.Run
	argv, err := json.Marshal(r.Argv)
	if err != nil {
		return err
	}
	env, err := json.Marshal(r.Env)
	if err != nil {
		return err
	}
	modules, err := json.Marshal(r.Modules)
	if err != nil {
		return err
	}
	rerunOf, err := a.id("SELECT id FROM run WHERE uuid = ?", e.RerunOfUUID)
	if err != nil {
		return err
	}
	if r.Outside {
		// What the program says of itself counts for more, whichever comes first.
		rows, err := a.execCount("UPDATE run SET outside = 2, rerun_of = max(rerun_of, ?), started = min(started, ?) WHERE id = ? AND started <> 0 AND outside <> 1",
			rerunOf, nanos(r.Started), a.run)
		if err != nil || rows > 0 {
			return err
		}
	}
	return a.exec(`UPDATE run SET
			outside = iif(?, 1, iif(outside, 2, 0)), rerun_of = max(rerun_of, ?), name = ?,
			started = iif(started, min(started, ?), ?), heartbeat = max(heartbeat, ?), implicit = ?, debug = ?,
			argv = ?, cwd = ?, exe = ?, exe_build_id = ?, package = ?, module = ?, module_version = ?, module_dir = ?,
			go_version = ?, vcs_rev = ?, vcs_dirty = ?, host = ?, os_arch = ?, cpus = ?, user = ?, pid = ?, env = ?,
			max_procs = ?, cpu_model = ?, memory = ?, cpu_limit = ?, memory_limit = ?, modules = ?
		WHERE id = ?`,
		r.Outside, rerunOf, r.Name, nanos(r.Started), nanos(r.Started), nanos(r.Started), r.Implicit, r.Debug,
		string(argv), r.Cwd, r.Exe, r.BuildID, r.Package, r.Module, r.ModuleVersion, r.ModuleDir,
		r.GoVersion, r.VCSRevision, r.VCSDirty, r.Host, r.OSArch, r.CPUs, r.User, r.PID, string(env),
		r.MaxProcs, r.CPUModel, r.Memory, r.CPULimit, r.MemoryLimit, string(modules),
		a.run)
}

func (a *applier) params(e *event.RunParams) error {
	if err := a.exec("DELETE FROM param WHERE run = ?", a.run); err != nil {
		return err
	}
	for i, p := range e.Params {
		err := a.exec("INSERT INTO param (run, position, name, value, source, help) VALUES (?, ?, ?, ?, ?, ?)",
			a.run, i, p.Name, p.Value, p.Source, p.Help)
		if err != nil {
			return err
		}
	}
	return nil
}

// heartbeat takes in a sign of life. A run that was given up for dead before is
// alive after all; one that was seen to end has another status.
func (a *applier) heartbeat(e *event.Heartbeat) error {
	err := a.exec("UPDATE run SET heartbeat = max(?, heartbeat), utime = ?, stime = ?, max_rss = ? WHERE id = ?",
		nanos(e.At), int64(e.Usage.UserTime), int64(e.Usage.SysTime), e.Usage.MaxRSS, a.run)
	if err != nil {
		return err
	}
	return a.exec("UPDATE run SET status = 'running', ended = 0 WHERE id = ? AND status IN ('died', 'ended') AND ended < ?",
		a.run, nanos(e.At))
}

// sample takes in a point of the series of what the run used. When there are
// too many, every second one goes, the newest and the oldest not among them.
func (a *applier) sample(e *event.Sample) error {
	err := a.exec("INSERT OR REPLACE INTO sample (run, at, cpu, rss, read, written) VALUES (?, ?, ?, ?, ?, ?)",
		a.run, nanos(e.At), int64(e.CPU), e.RSS, e.Read, e.Written)
	if err != nil {
		return err
	}
	points, err := a.id("SELECT count(*) FROM sample WHERE run = ?", a.run)
	if err != nil || points <= record.MaxSamples {
		return err
	}
	return a.exec(`DELETE FROM sample WHERE run = ?1 AND at IN (
			SELECT at FROM (SELECT at, row_number() OVER (ORDER BY at) AS number FROM sample WHERE run = ?1) WHERE number % 2 = 0)`, a.run)
}

// runEnd takes in how the program says that it ends. If its process was already
// seen to end, what was seen stays.
func (a *applier) runEnd(e *event.RunEnd) error {
	err := a.exec(`UPDATE run SET ended = max(?, ended), heartbeat = max(?, heartbeat), status = ?, error = ?,
			exit_code = iif(exit_seen, exit_code, ?), signal = iif(exit_seen AND signal <> '', signal, ?),
			utime = ?, stime = ?, max_rss = ? WHERE id = ?`,
		nanos(e.Ended), nanos(e.Ended), e.Status, e.Error, e.ExitCode, e.Signal,
		int64(e.Usage.UserTime), int64(e.Usage.SysTime), e.Usage.MaxRSS, a.run)
	if err != nil {
		return err
	}
	return a.settle(false)
}

// exit takes in how the process of the run was seen to end.
func (a *applier) exit(e *event.Exit) error {
	err := a.exec(`UPDATE run SET ended = max(?, ended), heartbeat = max(?, heartbeat), exit_seen = 1, exit_code = ?, signal = iif(? = '', signal, ?),
			utime = max(utime, ?), stime = max(stime, ?), max_rss = max(max_rss, ?) WHERE id = ?`,
		nanos(e.At), nanos(e.At), e.ExitCode, e.Signal, e.Signal,
		int64(e.Usage.UserTime), int64(e.Usage.SysTime), e.Usage.MaxRSS, a.run)
	if err != nil {
		return err
	}
	return a.settle(e.Panicked)
}

// settle makes the status of a run fit how its process was seen to end. What the
// program said of its end stands, unless it ended otherwise after all.
func (a *applier) settle(panicked bool) error {
	return a.exec(`UPDATE run SET status = CASE
			WHEN signal IN ('interrupt', 'terminated', 'hangup') THEN 'interrupted'
			WHEN signal <> '' THEN 'killed'
			WHEN exit_code <> 0 THEN iif(?, 'panicked', 'failed')
			ELSE 'ok' END
		WHERE id = ? AND exit_seen AND (status IN ('running', 'died', 'ended') OR status = 'ok' AND (exit_code <> 0 OR signal <> ''))`, panicked, a.run)
}

func (a *applier) function(e *event.Function) error {
	code, err := hex.DecodeString(e.CodeDigest)
	if err != nil {
		return err
	}
	id, err := a.id("SELECT id FROM func WHERE name = ? AND code_digest = ? AND code_kind = ?", e.Name, code, e.CodeKind)
	if err == nil && id == 0 {
		id, err = a.insert("INSERT INTO func (name, code_digest, code_kind, file, line) VALUES (?, ?, ?, ?, ?)",
			e.Name, code, e.CodeKind, e.File, e.Line)
	}
	if err != nil {
		return err
	}
	a.functions[e.Number] = id
	return a.exec("INSERT OR REPLACE INTO run_func (run, number, func, folder, is_new, limits) VALUES (?, ?, ?, ?, ?, ?)",
		a.run, e.Number, id, e.Cache.Folder, e.Cache.IsNew, e.Cache.Limits)
}

// functionID resolves the number that the run gave to a function. The row was
// written when the function was declared, perhaps by another process.
func (a *applier) functionID(number int64) (int64, error) {
	if id, ok := a.functions[number]; ok {
		return id, nil
	}
	id, err := a.id("SELECT func FROM run_func WHERE run = ? AND number = ?", a.run, number)
	if err == nil {
		a.functions[number] = id
	}
	return id, err
}

func (a *applier) source(e *event.Source) error {
	code, err := hex.DecodeString(e.CodeDigest)
	if err != nil {
		return err
	}
	digest := diffargs.Sum([]byte(e.Text))
	text, err := a.id("SELECT id FROM source_text WHERE digest = ?", digest[:])
	if err == nil && text == 0 {
		text, err = a.insert("INSERT INTO source_text (digest, text) VALUES (?, ?)", digest[:], e.Text)
	}
	if err != nil {
		return err
	}
	return a.exec(`INSERT INTO source (code_digest, name, text, via, file, line) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET via = excluded.via, file = excluded.file, line = excluded.line WHERE file = ''`,
		code, e.Name, text, e.Via, e.File, e.Line)
}

func (a *applier) key(e *event.Key) error {
	id, err := a.keyID(e.Key, e.Function)
	if err != nil {
		return err
	}
	if e.Call != 0 {
		if err := a.addRow(a.bulks.firstCalls, a.run, id, e.Call); err != nil {
			return err
		}
	}
	// Each program declares the keys that it uses anew.
	known, err := a.hasParts(id, len(e.Parts))
	if err != nil || known {
		return err
	}
	parts, err := keyPartsOf(e.Parts)
	if err != nil {
		return err
	}
	for i := range parts {
		p := &parts[i]
		if err := a.addRow(a.bulks.parts, id, int64(e.Parts[i].Position), string(p.kind), p.name, p.digest, p.preview); err != nil {
			return err
		}
	}
	return a.newKey(id, e.Function, parts)
}

// hasParts reports whether it is on record what a key is made of. If not, it is from now
// on.
func (a *applier) hasParts(key int64, count int) (bool, error) {
	isNew, isKnown := a.newKeys[key]
	a.newKeys[key] = false
	if isKnown {
		return !isNew, nil
	}
	rows, err := a.id("SELECT count(*) FROM part WHERE key = ?", key)
	return rows == int64(count), err
}

// newKey lets a key be found by its arguments that was not known before.
func (a *applier) newKey(id, number int64, parts []keyPart) error {
	function, err := a.functionID(number)
	if err != nil {
		return err
	}
	name, known := a.names[function]
	if !known {
		s, err := a.statement("SELECT name FROM func WHERE id = ?")
		if err != nil {
			return err
		}
		if err := s.QueryRowContext(a.ctx, function).Scan(&name); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		a.names[function] = name
	}
	return a.addNeighbours(id, name, parts)
}

func (a *applier) keyID(digest []byte, function int64) (int64, error) {
	if len(digest) == 0 {
		return 0, nil
	}
	if id, ok := a.keys.ids[string(digest)]; ok {
		return id, nil
	}
	id, err := a.id("SELECT id FROM key WHERE digest = ?", digest)
	if err == nil && id == 0 {
		var f int64
		if f, err = a.functionID(function); err == nil {
			id, err = a.insert("INSERT INTO key (digest, func) VALUES (?, ?)", digest, f)
			a.newKeys[id] = true
		}
	}
	if err == nil {
		a.keys.put(digest, id)
	}
	return id, err
}

// runID resolves the UUID of a run, 0 if the lab-book does not have it.
func (a *applier) runID(uuid string) (int64, error) {
	if id, ok := a.runs[uuid]; ok {
		return id, nil
	}
	id, err := a.id("SELECT id FROM run WHERE uuid = ?", uuid)
	if err == nil {
		a.runs[uuid] = id
	}
	return id, err
}

func (a *applier) callID(number int64) int64 {
	if number == 0 {
		return 0
	}
	return record.CallID{Run: a.run, Call: number}.Pack()
}

func (a *applier) callStart(e *event.CallStart) error {
	function, err := a.functionID(e.Function)
	if err != nil {
		return err
	}
	key, err := a.keyID(e.Key, e.Function)
	if err != nil {
		return err
	}
	a.counts.Running++
	a.counts.Calls++
	return a.exec(`INSERT INTO call (id, run, parent, batch, task, func, key, outcome, reason, detail, started)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.callID(e.Call), a.run, a.callID(e.Scope.Call), e.Scope.Batch, e.Scope.Task, function, key,
		record.Running, e.Reason, e.Detail, nanos(e.Started))
}

func (a *applier) callEnd(e *event.CallEnd) error {
	var origin int64
	if e.OriginRun != "" {
		run, err := a.runID(e.OriginRun)
		if err != nil {
			return err
		}
		if run != 0 {
			origin = record.CallID{Run: run, Call: e.OriginCall}.Pack()
		}
	}
	key, err := a.keyID(e.Key, e.Function)
	if err != nil {
		return err
	}
	var result any // NULL unless there is one
	if len(e.ResultDigest) > 0 {
		result = e.ResultDigest
	}
	a.count(e)
	if e.Outcome != record.Hit {
		if e.Outcome == record.Miss && e.StoreError == "" {
			err := a.exec("UPDATE key SET stored = ?, duration = ?, result = ? WHERE id = ?",
				a.callID(e.Call), int64(e.Duration), firstBytes(e.ResultDigest), key)
			if err != nil {
				return err
			}
			a.lastMiss = missedKey{e.Call, key}
		}
		rows, err := a.execCount(`UPDATE call SET outcome = ?, reason = ?, detail = ?, duration = ?,
				result_digest = ?, result_bytes = ?, error = ?, store_error = ? WHERE id = ?`,
			e.Outcome, e.Reason, e.Detail, int64(e.Duration), result, e.ResultBytes, e.Error, e.StoreError, a.callID(e.Call))
		if err != nil {
			return err
		}
		if rows > 0 {
			a.counts.Running--
			a.counts.Calls--
			return nil
		}
	}
	function, err := a.functionID(e.Function)
	if err != nil {
		return err
	}
	if isPlainHit(e) {
		return a.hit(e, function, key, origin, result)
	}
	return a.exec(`INSERT INTO call (id, run, parent, batch, task, func, key, outcome, reason, detail, origin,
			started, duration, saved, result_digest, result_bytes, error, store_error)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.callID(e.Call), a.run, a.callID(e.Scope.Call), e.Scope.Batch, e.Scope.Task, function, key, e.Outcome,
		e.Reason, e.Detail, origin, nanos(e.Started), int64(e.Duration), int64(e.Saved), result, e.ResultBytes, e.Error, e.StoreError)
}

// firstBytes are what is enough of a digest to tell few from each other; nil of none.
func firstBytes(digest []byte) []byte {
	if len(digest) == 0 {
		return nil
	}
	return digest[:min(len(digest), 8)]
}

func (a *applier) count(e *event.CallEnd) {
	a.counts.Calls++
	switch e.Outcome {
	case record.Hit:
		a.counts.Hits++
		a.counts.Saved += e.Saved
	case record.Miss:
		a.counts.Misses++
		a.counts.Spent += e.Duration
	case record.Error:
		a.counts.Errors++
		a.counts.Spent += e.Duration
	case record.Bypass:
		a.counts.Bypasses++
	case record.Running: // has not ended
	}
}

func (a *applier) addCounts() error {
	c := a.counts
	if c == (record.Counts{}) {
		return nil
	}
	return a.exec(`UPDATE run SET calls = calls + ?, hits = hits + ?, misses = misses + ?, errors = errors + ?,
			bypasses = bypasses + ?, running = running + ?, saved = saved + ?, spent = spent + ?, tasks = tasks + ?
		WHERE id = ?`,
		c.Calls, c.Hits, c.Misses, c.Errors, c.Bypasses, c.Running, int64(c.Saved), int64(c.Spent), c.Tasks, a.run)
}

func (a *applier) tasks(e *event.Tasks) error {
	for i := range e.Tasks {
		t := &e.Tasks[i]
		err := a.exec(`INSERT OR REPLACE INTO task (run, batch, idx, attempt, worker, queued, started, ended, status, error)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			a.run, e.Batch, t.Index, t.Attempt, t.Worker, nanos(t.Queued), nanos(t.Started), nanos(t.Ended), t.Status, t.Error)
		if err != nil {
			return err
		}
	}
	return nil
}

// nanos is how a time is stored; the zero time is 0.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
