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
	"math"
	"slices"

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

// before is what the packed IDs of earlier calls are below.
func before(call *record.Call) int64 {
	if call.ID.IsZero() {
		return math.MaxInt64
	}
	return call.ID.Pack()
}

const (
	// maxSharing bounds how many keys are looked at that share an argument
	// with a call.
	maxSharing = 5000
	// maxClosest bounds how many keys that share the most arguments are
	// candidates.
	maxClosest = 50
)

// Candidates returns what the function of call was computed for before it, the
// newest first, each key once: the keys that share the most arguments with it,
// however old, and the newest others, count at most. It costs some milliseconds.
// A call without an ID is one that has not been made yet.
func (b *Book) Candidates(ctx context.Context, call *record.CallDetail, count int) ([]record.CallDetail, error) {
	closest, err := b.closestKeys(ctx, call)
	if err != nil {
		return nil, fmt.Errorf("look for calls near %s: %w", call.ID, err)
	}
	key, err := hex.DecodeString(call.Key)
	if err != nil {
		return nil, fmt.Errorf("look for calls near %s: %w", call.ID, err)
	}
	const sameFunction = `c.func IN (SELECT id FROM func WHERE name = ?4)
		AND c.id < ?1 AND c.key <> 0 AND c.key <> coalesce((SELECT id FROM key WHERE digest = ?5), 0) AND c.outcome <> 'hit'`
	candidates := `
		SELECT id FROM (SELECT max(c.id) AS id FROM call AS c WHERE ` + sameFunction + ` GROUP BY c.key ORDER BY max(c.id) DESC LIMIT ?2)
		UNION
		SELECT max(c.id) FROM call AS c WHERE c.key IN (SELECT value FROM json_each(?3)) AND ` + sameFunction + ` GROUP BY c.key`
	rows, err := b.db.QueryContext(ctx, "SELECT "+detailColumns+callTables+" WHERE call.id IN ("+candidates+") ORDER BY call.id DESC",
		before(&call.Call), count, closest, call.Function, key)
	list, err := collect(rows, err, scanDetail)
	if err != nil {
		return nil, fmt.Errorf("look for calls near %s: %w", call.ID, err)
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
		return nil, fmt.Errorf("read the parts of calls near %s: %w", call.ID, err)
	}
	return list, nil
}

// closestKeys returns, as a JSON list, the keys that share the most arguments
// with a call, by name and value.
func (b *Book) closestKeys(ctx context.Context, call *record.CallDetail) (string, error) {
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
