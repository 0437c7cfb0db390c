package sqlbook

import (
	"bytes"
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

const (
	// maxLooked bounds how many keys are looked at that are found in one place, newest
	// first: a seed that is another one in each call makes all keys neighbours.
	maxLooked = 4000
	// maxSame, maxOther and maxNumbers bound how many of them are candidates: of those
	// with the same arguments; of those in which one argument differs, for each argument;
	// and besides, those in which that argument is a number close to the call's.
	maxSame, maxOther, maxNumbers = 40, 30, 15
	// enough is how many candidates make it needless to look further.
	enough = 20

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

// Candidates returns what the function of call was computed for before it, each key
// once, by the newest call that computed it; the newest first, count at most. They are
// those that may be nearest to it:
//
//   - keys with arguments whose sketches have buckets in common with those of its own,
//     as far as there are snapshots: they say how many;
//   - keys with the same arguments, whatever else differs;
//   - keys in which one argument differs, the same code and dependencies before others,
//     newest first; and where that argument is a number, those with the closest numbers;
//   - if these are few, keys that share arguments with it, most and rarest first; and the
//     newest.
//
// Functions are told apart by name: other versions of the code count. A call without an
// ID is one that has not been made yet: all others are before it. It costs some
// milliseconds in a lab-book of a million calls, since it looks at nothing but what it
// can look up, some thousand rows at most.
func (b *Book) Candidates(ctx context.Context, call *record.CallDetail, count int) ([]record.Candidate, error) {
	s := search{book: b, call: call, before: before(&call.Call), looked: map[int64]bool{}, common: map[int64]int{}}
	err := s.begin(ctx)
	if err == nil && len(s.versions) > 0 {
		err = s.run(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("look for calls near %s: %w", call.ID, err)
	}
	details, err := b.details(ctx, s.found[:min(len(s.found), max(count, 0))])
	if err != nil {
		return nil, fmt.Errorf("read calls near %s: %w", call.ID, err)
	}
	list := make([]record.Candidate, 0, len(details))
	for i := range details {
		if details[i].Function == call.Function { // two functions can have a place in common by accident
			list = append(list, record.Candidate{CallDetail: details[i], Common: s.common[details[i].ID.Pack()]})
		}
	}
	return list, nil
}

// A search looks for calls near another.
type search struct {
	book   *Book
	call   *record.CallDetail
	before int64 // all are below that

	versions []int64 // of the function, newest first
	function string  // the same as JSON
	last     int64   // no key is above that
	eras     string  // that there were by then, as JSON
	places   []neighbourhood
	rest     int64

	looked map[int64]bool // keys
	found  []int64        // calls
	common map[int64]int  // of a call: how many buckets it has in common
}

// begin finds what the other steps need.
func (s *search) begin(ctx context.Context) error {
	rows, err := s.book.db.QueryContext(ctx, versionsOf, s.call.Function)
	s.versions, err = collect(rows, err, scanID)
	if err == nil {
		s.function, err = jsonList(s.versions)
	}
	if err != nil {
		return err
	}
	if s.last, err = s.lastKey(ctx); err != nil {
		return err
	}
	if s.eras, err = erasUpTo(s.last); err != nil {
		return err
	}
	parts, err := keyPartsOf(s.call.Parts)
	s.places, s.rest = neighbourhoods(s.call.Function, parts)
	return err
}

// versionsOf lists what the lab-book knows a function as, newest first.
const versionsOf = "SELECT id FROM func WHERE name = ? ORDER BY id DESC"

// jsonList is a list as queries take it.
func jsonList(list []int64) (string, error) {
	text, err := json.Marshal(list)
	return string(text), err
}

func scanID(row scanner) (id int64, err error) { return id, row.Scan(&id) }

// lastCalls is how many calls before one show which keys there were.
const lastCalls = 200

// lastKey returns the last key that there was when the call was made, about: keys have
// numbers in the order in which they were taken in, and runs can be under way at once.
// So those of later runs are not in the way of who explains an old call.
func (s *search) lastKey(ctx context.Context) (int64, error) {
	key, err := hex.DecodeString(s.call.Key)
	if err != nil {
		return 0, err
	}
	var own, newest, last int64
	err = s.book.db.QueryRowContext(ctx, "SELECT coalesce((SELECT id FROM key WHERE digest = ?), 0), coalesce((SELECT max(id) FROM key), 0)", key).Scan(&own, &newest)
	if err != nil {
		return 0, err
	}
	s.looked[own] = true
	if s.call.ID.IsZero() {
		return newest, nil
	}
	err = s.book.db.QueryRowContext(ctx, lastKeyBefore, s.call.ID.Run, s.before, lastCalls).Scan(&last)
	return max(own, last), err
}

const lastKeyBefore = `SELECT coalesce(max(key), 0) FROM (
		SELECT key FROM (SELECT key FROM call WHERE run = ?1 AND id < ?2 AND outcome <> 'hit' ORDER BY id DESC LIMIT ?3)
		UNION ALL
		SELECT key FROM (SELECT key FROM call WHERE run < ?1 AND outcome <> 'hit' ORDER BY run DESC, id DESC LIMIT ?3))`

// run looks for candidates until there are enough.
func (s *search) run(ctx context.Context) error {
	if err := s.haveNearValues(ctx); err != nil {
		return err
	}
	if err := s.lookUp(ctx, s.places[0], maxSame); err != nil {
		return err
	}
	for _, place := range s.places[1:] {
		if err := s.lookUp(ctx, place, maxOther); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{s.shareArguments, s.areNewest} {
		if len(s.found) >= enough {
			return nil
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// inPlace lists the newest keys that are found in a place.
const inPlace = `SELECT key, rest, value FROM leave_one_out
	WHERE era IN (SELECT value FROM json_each(?1)) AND slot = ?2 AND digest = ?3 AND key <= ?4 ORDER BY era DESC, key DESC LIMIT ?5`

const (
	newestInPlace  = "SELECT key FROM (" + inPlace + ") ORDER BY rest <> ?6, key DESC LIMIT ?7"
	closestInPlace = "SELECT key FROM (" + inPlace + ") WHERE value IS NOT NULL ORDER BY rest <> ?6, abs(value - ?8), key DESC LIMIT ?7"
)

// lookUp adds keys that are found in a place: the newest, and those with the closest
// number.
func (s *search) lookUp(ctx context.Context, place neighbourhood, most int) error {
	args := []any{s.eras, place.slot, place.digest, s.last, maxLooked, s.rest, maxLooked}
	rows, err := s.book.db.QueryContext(ctx, newestInPlace, append(args[:6:6], 2*most)...)
	keys, err := collect(rows, err, scanID)
	if err != nil {
		return err
	}
	if err := s.add(ctx, keys, most); err != nil || len(keys) < most || place.value == nil {
		return err
	}
	rows, err = s.book.db.QueryContext(ctx, closestInPlace, append(args[:6:6], 2*maxNumbers, place.number)...)
	if keys, err = collect(rows, err, scanID); err != nil {
		return err
	}
	return s.add(ctx, keys, maxNumbers)
}

// computedFor finds the newest call before one that computed each of some keys, 0 for none.
const computedFor = `SELECT value, coalesce((SELECT max(id) FROM call WHERE key = json_each.value AND outcome <> 'hit' AND id < ?2), 0) FROM json_each(?1)`

// add adds the calls that computed keys, the first of them, most at most.
func (s *search) add(ctx context.Context, keys []int64, most int) error {
	keys = slices.DeleteFunc(keys, func(key int64) bool { return s.looked[key] })
	if len(keys) == 0 {
		return nil
	}
	list, err := jsonList(keys)
	if err != nil {
		return err
	}
	rows, err := s.book.db.QueryContext(ctx, computedFor, list, s.before)
	computed := map[int64]int64{}
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var key, call int64
		err := row.Scan(&key, &call)
		computed[key] = call
		return struct{}{}, err
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		if most == 0 {
			break
		}
		s.looked[key] = true
		if call := computed[key]; call != 0 {
			s.found = append(s.found, call)
			most--
		}
	}
	return nil
}

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

// countCommon counts how many buckets values have in common with one.
func (s *search) countCommon(ctx context.Context, digest []byte, common map[string]int) error {
	var blob []byte
	err := s.book.db.QueryRowContext(ctx, "SELECT blob FROM snapshot WHERE digest = ?", digest).Scan(&blob)
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
			common[string(value)]++
		}
	}
	return nil
}

const newestOf = "SELECT id FROM key WHERE func = ? AND id <= ? ORDER BY id DESC LIMIT ?"

// areNewest adds the newest keys of the function.
func (s *search) areNewest(ctx context.Context) error {
	var list []int64
	for _, version := range s.versions[:min(len(s.versions), maxVersions)] {
		rows, err := s.book.db.QueryContext(ctx, newestOf, version, s.last, 2*maxNewest)
		keys, err := collect(rows, err, scanID)
		if err != nil {
			return err
		}
		list = append(list, keys...)
	}
	slices.SortFunc(list, func(a, b int64) int { return cmp.Compare(b, a) })
	return s.add(ctx, list, maxNewest)
}

// details returns calls with their parts, the newest first.
func (b *Book) details(ctx context.Context, ids []int64) ([]record.CallDetail, error) {
	found, err := jsonList(ids)
	if err != nil {
		return nil, err
	}
	rows, err := b.db.QueryContext(ctx, detailsOf, found)
	list, err := collect(rows, err, scanDetail)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*record.CallDetail, len(list))
	for i := range list {
		byID[list[i].ID.Pack()] = &list[i]
	}
	rows, err = b.db.QueryContext(ctx, partsOf, found)
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var call int64
		p, err := scanPart(row, &call)
		if d := byID[call]; d != nil {
			d.Parts = append(d.Parts, p)
		}
		return struct{}{}, err
	})
	return list, err
}

const (
	detailsOf = "SELECT " + detailColumns + callTables + " WHERE call.id IN (SELECT value FROM json_each(?)) ORDER BY call.id DESC"
	partsOf   = "SELECT call.id, " + partColumns + ` FROM call JOIN part USING (key)
		WHERE call.id IN (SELECT value FROM json_each(?)) ORDER BY call.id, part.position`
)

// before is what the packed IDs of earlier calls are below.
func before(call *record.Call) int64 {
	if call.ID.IsZero() {
		return math.MaxInt64
	}
	return call.ID.Pack()
}
