package sqlbook

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"labbook/runlog/record"
)

// ComputedBefore returns the newest call before id that has the same key and is
// no hit, false if there is none.
func (b *Book) ComputedBefore(ctx context.Context, id record.CallID) (record.Call, bool, error) {
	row := b.db.QueryRowContext(ctx, "SELECT "+callColumns+callTables+`
		WHERE call.key = (SELECT key FROM call WHERE id = ?1) AND call.key <> 0 AND call.outcome <> 'hit' AND call.id < ?1
		ORDER BY call.id DESC LIMIT 1`, id.Pack())
	call, err := scanCall(row)
	if errors.Is(err, sql.ErrNoRows) {
		return call, false, nil
	}
	if err != nil {
		return call, false, fmt.Errorf("look for earlier calls like %s: %w", id, err)
	}
	return call, true, nil
}

// Candidates returns what the function of call id was computed for before it,
// the newest first, each key once, at most count of them. It costs some
// microseconds for each.
func (b *Book) Candidates(ctx context.Context, id record.CallID, count int) ([]record.CallDetail, error) {
	const candidates = `
		SELECT max(c.id) FROM call AS c
		WHERE c.func IN (SELECT f.id FROM func AS f WHERE f.name = (SELECT func.name FROM call JOIN func ON func.id = call.func WHERE call.id = ?1))
			AND c.id < ?1 AND c.key <> 0 AND c.key <> (SELECT key FROM call WHERE id = ?1) AND c.outcome <> 'hit'
		GROUP BY c.key ORDER BY max(c.id) DESC LIMIT ?2`
	rows, err := b.db.QueryContext(ctx, "SELECT "+detailColumns+callTables+" WHERE call.id IN ("+candidates+") ORDER BY call.id DESC", id.Pack(), count)
	list, err := collect(rows, err, scanDetail)
	if err != nil {
		return nil, fmt.Errorf("look for calls near %s: %w", id, err)
	}
	byID := make(map[int64]*record.CallDetail, len(list))
	for i := range list {
		byID[list[i].ID.Pack()] = &list[i]
	}
	rows, err = b.db.QueryContext(ctx, "SELECT call.id, "+partColumns+" FROM call JOIN part USING (key) WHERE call.id IN ("+candidates+") ORDER BY call.id, part.position",
		id.Pack(), count)
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var call int64
		p, err := scanPart(row, &call)
		if d := byID[call]; d != nil {
			d.Parts = append(d.Parts, p)
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the parts of calls near %s: %w", id, err)
	}
	return list, nil
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
		"SELECT source.name, source_text.text FROM source JOIN source_text ON source_text.id = source.text WHERE code_digest = ? ORDER BY source.name", raw)
	sources, err := collect(rows, err, func(row scanner) (s record.Source, err error) { return s, row.Scan(&s.Name, &s.Text) })
	if err != nil {
		return nil, fmt.Errorf("read source %s: %w", codeDigest, err)
	}
	return sources, nil
}
