package sqlbook

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
	// maxSiblings is maxOther for those that are new in the run of the call.
	maxSiblings = 10
	// enough is how many candidates make it needless to look further.
	enough = 20
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
	earlier  int64   // those of earlier runs are not above that
	eras     string  // that there were by then, as JSON
	places   []neighbourhood
	rest     int64

	looked map[int64]bool // keys
	found  []int64        // calls
	common map[int64]int  // of a call: as of record.Candidate
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
	if err := s.lastKeys(ctx); err != nil {
		return err
	}
	if s.eras, err = erasUpTo(s.last, eraBits); err != nil {
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

// lastKeys finds the last key that there was when the call was made, and the last one
// that earlier runs had, about: keys have numbers in the order in which they were taken
// in, and runs can be under way at once. So those of later runs are not in the way of
// who explains an old call.
func (s *search) lastKeys(ctx context.Context) error {
	key, err := hex.DecodeString(s.call.Key)
	if err != nil {
		return err
	}
	var own, newest, last int64
	err = s.book.db.QueryRowContext(ctx, "SELECT coalesce((SELECT id FROM key WHERE digest = ?), 0), coalesce((SELECT max(id) FROM key), 0)", key).Scan(&own, &newest)
	if err != nil {
		return err
	}
	s.looked[own] = true
	if s.call.ID.IsZero() {
		s.last, s.earlier = newest, newest
		return nil
	}
	err = s.book.db.QueryRowContext(ctx, lastKeysBefore, s.call.ID.Run, s.before, lastCalls).Scan(&last, &s.earlier)
	s.last = max(own, last, s.earlier)
	return err
}

const lastKeysBefore = `SELECT
	(SELECT coalesce(max(key), 0) FROM (SELECT key FROM call WHERE run = ?1 AND id < ?2 AND outcome <> 'hit' ORDER BY id DESC LIMIT ?3)),
	(SELECT coalesce(max(key), 0) FROM (SELECT key FROM call WHERE run < ?1 AND outcome <> 'hit' ORDER BY run DESC, id DESC LIMIT ?3))`

// run looks for candidates among keys of earlier runs, then for a few among those that
// are new in the run of the call itself: a loop that makes many of them must not hide
// what was there before.
func (s *search) run(ctx context.Context) error {
	last := s.last
	s.last = s.earlier
	if err := s.lookFor(ctx, maxOther); err != nil {
		return err
	}
	if err := s.lookFarther(ctx); err != nil || last == s.earlier {
		return err
	}
	s.last = last
	if len(s.found) > 0 {
		return s.lookFor(ctx, maxSiblings)
	}
	if err := s.lookFor(ctx, maxOther); err != nil {
		return err
	}
	return s.lookFarther(ctx)
}

// lookFor looks up keys that are near, most at most in each place.
func (s *search) lookFor(ctx context.Context, most int) error {
	if err := s.haveNearValues(ctx); err != nil {
		return err
	}
	if err := s.lookUp(ctx, s.places[0], maxSame); err != nil {
		return err
	}
	for _, place := range s.places[1:] {
		if err := s.lookUp(ctx, place, most); err != nil {
			return err
		}
	}
	return nil
}

// lookFarther looks for more until there are enough.
func (s *search) lookFarther(ctx context.Context) error {
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
