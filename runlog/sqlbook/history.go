package sqlbook

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

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

const (
	// maxSharing bounds how many keys are looked at that share an argument
	// with a call.
	maxSharing = 5000
	// maxClosest bounds how many keys that share the most arguments are
	// candidates.
	maxClosest = 50
)

// Candidates returns what the function of call id was computed for before it,
// the newest first, each key once: the keys that share the most arguments with
// it, however old, and the newest others, count at most. It costs some
// milliseconds.
func (b *Book) Candidates(ctx context.Context, id record.CallID, count int) ([]record.CallDetail, error) {
	closest, err := b.closestKeys(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("look for calls near %s: %w", id, err)
	}
	const sameFunction = `c.func IN (SELECT f.id FROM func AS f WHERE f.name = (SELECT func.name FROM call JOIN func ON func.id = call.func WHERE call.id = ?1))
		AND c.id < ?1 AND c.key <> 0 AND c.key <> (SELECT key FROM call WHERE id = ?1) AND c.outcome <> 'hit'`
	candidates := `
		SELECT id FROM (SELECT max(c.id) AS id FROM call AS c WHERE ` + sameFunction + ` GROUP BY c.key ORDER BY max(c.id) DESC LIMIT ?2)
		UNION
		SELECT max(c.id) FROM call AS c WHERE c.key IN (SELECT value FROM json_each(?3)) AND ` + sameFunction + ` GROUP BY c.key`
	rows, err := b.db.QueryContext(ctx, "SELECT "+detailColumns+callTables+" WHERE call.id IN ("+candidates+") ORDER BY call.id DESC",
		id.Pack(), count, closest)
	list, err := collect(rows, err, scanDetail)
	if err != nil {
		return nil, fmt.Errorf("look for calls near %s: %w", id, err)
	}
	byID := make(map[int64]*record.CallDetail, len(list))
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID.Pack()
		byID[ids[i]] = &list[i]
	}
	found, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err = b.db.QueryContext(ctx, "SELECT call.id, "+partColumns+` FROM call JOIN part USING (key)
		WHERE call.id IN (SELECT value FROM json_each(?)) ORDER BY call.id, part.position`, string(found))
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

// closestKeys returns, as a JSON list, the keys that share the most arguments
// with a call, by name and value.
func (b *Book) closestKeys(ctx context.Context, id record.CallID) (string, error) {
	call, err := b.Call(ctx, id)
	if err != nil {
		return "", err
	}
	shared := map[int64]int{}
	for i := range call.Parts {
		part := &call.Parts[i]
		if part.Kind != record.PartArgument {
			continue
		}
		digest, err := hex.DecodeString(part.Digest)
		if err != nil {
			return "", err
		}
		rows, err := b.db.QueryContext(ctx, "SELECT key FROM part WHERE digest = ? AND kind = ? AND name = ? ORDER BY key DESC LIMIT ?",
			digest, part.Kind, part.Name, maxSharing)
		keys, err := collect(rows, err, func(row scanner) (key int64, err error) { return key, row.Scan(&key) })
		if err != nil {
			return "", err
		}
		for _, key := range keys {
			shared[key]++
		}
	}
	keys := slices.SortedFunc(maps.Keys(shared), func(a, b int64) int {
		return cmp.Or(shared[b]-shared[a], cmp.Compare(b, a)) // most shared, then newest
	})
	list, err := json.Marshal(keys[:min(len(keys), maxClosest)])
	return string(list), err
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
