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
