package sqlbook

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"labbook/runlog/record"
)

// ComputedBefore returns the newest call that has the same key as call, was made
// before it, and is no hit; false if there is none. A call without an ID is one
// that has not been made yet: all others were before it.
func (b *Book) ComputedBefore(ctx context.Context, call *record.Call) (record.Call, bool, error) {
	key, err := hex.DecodeString(call.Key)
	if err != nil || len(key) == 0 { // a bypass has none
		return record.Call{}, false, err
	}
	row := b.db.QueryRowContext(ctx, "SELECT "+callColumns+callTables+`
		WHERE call.key = (SELECT id FROM key WHERE digest = ?) AND call.outcome <> 'hit' AND call.id < ?
		ORDER BY call.id DESC LIMIT 1`, key, before(call))
	found, err := scanCall(row)
	if errors.Is(err, sql.ErrNoRows) {
		return found, false, nil
	}
	if err != nil {
		return found, false, fmt.Errorf("look for earlier calls like %s: %w", call.ID, err)
	}
	return found, true, nil
}

// maxLoadedRuns bounds how many runs are looked at for a hit, newest first.
const maxLoadedRuns = 1000

// loadedBefore finds the first call with a key in the newest run that has one before a
// call. Calls that are hits are in no index by their keys; which runs have first calls,
// the index of these tells one after the other.
const loadedBefore = `
	WITH RECURSIVE runs (run) AS (
		SELECT newest.run FROM (SELECT run FROM first_call WHERE run <= ?3 >> 32 ORDER BY run DESC LIMIT 1) AS newest
		UNION ALL
		SELECT (SELECT max(first_call.run) FROM first_call WHERE first_call.run < runs.run) FROM runs WHERE runs.run IS NOT NULL LIMIT ?4
	)
	SELECT runs.run << 32 | first_call.call FROM runs
		CROSS JOIN first_call ON first_call.run = runs.run AND first_call.key = (SELECT id FROM key WHERE digest = ?1)
		CROSS JOIN call ON call.id = runs.run << 32 | first_call.call
	WHERE call.outcome = ?2 AND call.id < ?3 LIMIT 1`

// LoadedBefore returns an earlier call with the same key as call that loaded its result;
// false if none is known. It is the first such call in one of the newest thousand runs,
// of which it takes some microseconds each. What recorded a run before there was schema 4
// does not tell.
func (b *Book) LoadedBefore(ctx context.Context, call *record.Call) (record.Call, bool, error) {
	key, err := hex.DecodeString(call.Key)
	if err != nil || len(key) == 0 {
		return record.Call{}, false, err
	}
	row := b.db.QueryRowContext(ctx, "SELECT "+callColumns+callTables+" WHERE call.id = ("+loadedBefore+")", key, record.Hit, before(call), maxLoadedRuns)
	found, err := scanCall(row)
	if errors.Is(err, sql.ErrNoRows) {
		return found, false, nil
	}
	if err != nil {
		return found, false, fmt.Errorf("look for earlier hits like %s: %w", call.ID, err)
	}
	return found, true, nil
}

const calledBefore = `SELECT EXISTS (SELECT 1 FROM call WHERE func IN (SELECT id FROM func WHERE name = ?) AND id < ?)`

// CalledBefore reports whether there is an earlier call of the same function, be it a
// hit. Functions are told apart by name.
func (b *Book) CalledBefore(ctx context.Context, call *record.Call) (was bool, err error) {
	if err := b.db.QueryRowContext(ctx, calledBefore, call.Function, before(call)).Scan(&was); err != nil {
		return false, fmt.Errorf("look for calls of %s before %s: %w", call.Function, call.ID, err)
	}
	return was, nil
}

// Snapshot returns the stored snapshot of the value with that digest
// (hexadecimal), nil if there is none.
func (b *Book) Snapshot(ctx context.Context, digest string) ([]byte, error) {
	raw, err := hex.DecodeString(digest)
	if err != nil {
		return nil, fmt.Errorf("read snapshot %q: %w", digest, err)
	}
	var blob []byte
	err = b.db.QueryRowContext(ctx, "SELECT blob FROM snapshot WHERE digest = ?", raw).Scan(&blob)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read snapshot %s: %w", digest, err)
	}
	return blob, nil
}

// Sources returns the functions behind a code digest (hexadecimal), by name.
func (b *Book) Sources(ctx context.Context, codeDigest string) ([]record.Source, error) {
	raw, err := hex.DecodeString(codeDigest)
	if err != nil {
		return nil, fmt.Errorf("read source %q: %w", codeDigest, err)
	}
	rows, err := b.db.QueryContext(ctx,
		`SELECT source.name, source_text.text, source.via, source.file, source.line
		FROM source JOIN source_text ON source_text.id = source.text WHERE code_digest = ? ORDER BY source.name`, raw)
	sources, err := collect(rows, err, func(row scanner) (s record.Source, err error) {
		return s, row.Scan(&s.Name, &s.Text, &s.Via, &s.File, &s.Line)
	})
	if err != nil {
		return nil, fmt.Errorf("read source %s: %w", codeDigest, err)
	}
	return sources, nil
}
