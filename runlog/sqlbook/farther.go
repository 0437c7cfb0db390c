package sqlbook

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"maps"
	"slices"

	"labbook/runlog/record"
)

// What is a candidate if few keys are next to the call's.
const (
	// maxSharing bounds how many keys are looked at that share an argument with a call,
	// and maxShared how many of them are candidates.
	maxSharing, maxShared = 500, 60
	// maxInBucket bounds how many values are looked at that have a bucket in common with
	// an argument, maxNear how many of them are followed to their keys, maxNearKeys to
	// how many keys each.
	maxInBucket, maxNear, maxNearKeys = 100, 40, 4
	// maxNewest bounds how many of the newest keys are candidates, of each of so many
	// versions of the function.
	maxNewest, maxVersions = 20, 8
)

const (
	countSharing = "SELECT count(*) FROM (SELECT 1 FROM part WHERE digest = ?1 AND key <= ?2 LIMIT ?3)"
	// sharing lists the newest keys of the function that have a value.
	sharing = `SELECT key.id FROM (SELECT key FROM part WHERE digest = ?1 AND key <= ?2 ORDER BY key DESC LIMIT ?3) AS sharing
		CROSS JOIN key ON key.id = sharing.key WHERE key.func IN (SELECT value FROM json_each(?4)) ORDER BY key.id DESC`
)

// shareArguments adds keys that share arguments with the call: most of them first, of
// equally many those that share the rarest.
func (s *search) shareArguments(ctx context.Context) error {
	type value struct {
		digest []byte
		count  int64
	}
	var values []value
	for i := range s.call.Parts {
		if s.call.Parts[i].Kind != record.PartArgument {
			continue
		}
		digest, err := hex.DecodeString(s.call.Parts[i].Digest)
		if err != nil {
			return err
		}
		v := value{digest: digest}
		if err := s.book.db.QueryRowContext(ctx, countSharing, digest, s.last, maxSharing).Scan(&v.count); err != nil {
			return err
		}
		values = append(values, v)
	}
	slices.SortStableFunc(values, func(a, b value) int { return cmp.Compare(a.count, b.count) })
	var order []int64 // by the rarest that they share
	shared := map[int64]int{}
	for _, v := range values {
		rows, err := s.book.db.QueryContext(ctx, sharing, v.digest, s.last, maxSharing, s.function)
		keys, err := collect(rows, err, scanID)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if shared[key] == 0 {
				order = append(order, key)
			}
			shared[key]++
		}
	}
	slices.SortStableFunc(order, func(a, b int64) int { return shared[b] - shared[a] })
	return s.add(ctx, order[:min(len(order), 2*maxShared)], maxShared)
}

const (
	inBucket = "SELECT value FROM sketch WHERE bucket = ? LIMIT ?"
	// withValue lists the newest keys of the function that have a value, by the beginning
	// of its digest.
	withValue = `SELECT key.id FROM (SELECT key FROM part WHERE digest >= ?1 AND digest <= ?2 AND key <= ?3 ORDER BY digest DESC, key DESC LIMIT ?4) AS sharing
		CROSS JOIN key ON key.id = sharing.key WHERE key.func IN (SELECT value FROM json_each(?5))`
)

// haveNearValues adds keys with arguments that are probably near those of the call, as
// far as their sketches are known: the nearest first.
func (s *search) haveNearValues(ctx context.Context) error {
	var own [][]byte
	common := map[string]int{}
	for i := range s.call.Parts {
		if s.call.Parts[i].Kind != record.PartArgument {
			continue
		}
		digest, err := hex.DecodeString(s.call.Parts[i].Digest)
		if err != nil || len(digest) < valueBytes {
			return err
		}
		own = append(own, digest[:valueBytes])
		if err := s.countCommon(ctx, digest, common); err != nil {
			return err
		}
	}
	values := slices.SortedFunc(maps.Keys(common), func(a, b string) int { return cmp.Or(common[b]-common[a], cmp.Compare(a, b)) })
	for _, value := range values[:min(len(values), maxNear)] {
		if slices.ContainsFunc(own, func(digest []byte) bool { return string(digest) == value }) {
			continue
		}
		first, last := []byte(value), append([]byte(value), bytes.Repeat([]byte{0xff}, 32-valueBytes)...)
		rows, err := s.book.db.QueryContext(ctx, withValue, first, last, s.last, maxNearKeys, s.function)
		keys, err := collect(rows, err, scanID)
		if err != nil {
			return err
		}
		from := len(s.found)
		if err := s.add(ctx, keys, maxNearKeys); err != nil {
			return err
		}
		for _, call := range s.found[from:] {
			s.common[call] = common[value]
		}
	}
	return nil
}

const (
	// sketchHead is by how many bytes of a snapshot its sketch has ended.
	sketchHead = 1024
	// bucketWeight is what a bucket counts that only one other value is in. What many
	// are in says little.
	bucketWeight = 100
)

// countCommon weighs the buckets that values have in common with one.
func (s *search) countCommon(ctx context.Context, digest []byte, common map[string]int) error {
	var blob []byte
	err := s.book.db.QueryRowContext(ctx, "SELECT substr(blob, 1, ?) FROM snapshot WHERE digest = ?", sketchHead, digest).Scan(&blob)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	buckets, err := s.book.sketchOf(blob)
	if err != nil {
		return nil //nolint:nilerr // a snapshot that cannot be read has no sketch
	}
	for _, bucket := range buckets {
		rows, err := s.book.db.QueryContext(ctx, inBucket, int64(bucket), maxInBucket)
		values, err := collect(rows, err, func(row scanner) (value []byte, err error) { return value, row.Scan(&value) })
		if err != nil {
			return err
		}
		for _, value := range values {
			common[string(value)] += bucketWeight / len(values)
		}
	}
	return nil
}

// newestOf lists the newest keys of a version of the function that were computed
// before a call: what is loaded from a cache that is older than the lab-book has many
// that never were.
const newestOf = `SELECT newest.id FROM (SELECT id FROM key WHERE func = ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3) AS newest
	WHERE EXISTS (SELECT 1 FROM call WHERE call.key = newest.id AND call.outcome <> 'hit' AND call.id < ?4) LIMIT ?5`

// areNewest adds the newest keys of the function. Versions that had none yet when the
// call was made do not count.
func (s *search) areNewest(ctx context.Context) error {
	var list []int64
	withKeys := 0
	for _, version := range s.versions {
		rows, err := s.book.db.QueryContext(ctx, newestOf, version, s.last, maxLooked, s.before, 2*maxNewest)
		keys, err := collect(rows, err, scanID)
		if err != nil {
			return err
		}
		list = append(list, keys...)
		if len(keys) > 0 {
			withKeys++
		}
		if withKeys == maxVersions {
			break
		}
	}
	slices.SortFunc(list, func(a, b int64) int { return cmp.Compare(b, a) })
	return s.add(ctx, list, maxNewest)
}
