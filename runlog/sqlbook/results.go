package sqlbook

import (
	"context"
	"encoding/hex"
	"fmt"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// resultEraBits says how many keys are an era of table result, as eraBits does of
// leave_one_out. There are fewer rows of each key here.
const resultEraBits = 15

// A missedKey is the key of a call that computed. What it returned comes right behind
// its end.
type missedKey struct{ call, key int64 }

// result takes in which values a call returned.
func (a *applier) result(e *event.Result) (err error) {
	key := a.lastMiss.key
	if a.lastMiss.call != e.Call {
		if key, err = a.id("SELECT key FROM call WHERE id = ?", a.callID(e.Call)); err != nil || key == 0 {
			return err // without its call nobody asks for it
		}
	}
	for i := range e.Values {
		digest, err := hex.DecodeString(e.Values[i].Digest)
		if err == nil {
			err = a.addRow(a.bulks.results, a.run, e.Call, e.Values[i].Path, key>>resultEraBits, digest)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	// maxProduced bounds how many calls are named for one value.
	maxProduced = 4
	// maxOrigins bounds how many calls of other runs that returned a value are looked
	// at, newest first.
	maxOrigins = 64
)

// producedHere finds the calls of a run that computed a value.
const producedHere = `
	SELECT call.id, 0, here.path, call.outcome FROM (
			SELECT run << 32 | call AS call, path FROM result INDEXED BY result_value
			WHERE era IN (SELECT value FROM json_each(?1)) AND substr(digest, 1, 8) = substr(?2, 1, 8) AND run = ?3 AND digest = ?2
			ORDER BY era DESC, call DESC LIMIT ?4
		) AS here
		CROSS JOIN call ON call.id = here.call ORDER BY call.id DESC, here.path`

// producedElsewhere finds the calls of a run that loaded a value which another run
// computed: the first call with the key of the call that did, if it is a hit on that.
const producedElsewhere = `
	SELECT call.id, call.origin, origin.path, call.outcome FROM (
			SELECT run << 32 | call AS call, path, digest FROM result INDEXED BY result_value
			WHERE era IN (SELECT value FROM json_each(?1)) AND substr(digest, 1, 8) = substr(?2, 1, 8) AND run <> ?3
			ORDER BY era DESC, run DESC, call DESC LIMIT ?5
		) AS origin
		CROSS JOIN call AS computed ON computed.id = origin.call
		CROSS JOIN first_call ON first_call.run = ?3 AND first_call.key = computed.key
		CROSS JOIN call ON call.id = ?3 << 32 | first_call.call AND call.key = computed.key
	WHERE origin.digest = ?2 AND call.outcome = 'hit' AND call.origin = origin.call ORDER BY call.id DESC, origin.path LIMIT ?4`

// Producers returns, for digests of values (hexadecimal), calls of a run that returned
// that value: those that computed it, newest first, then those that loaded it from what
// an earlier run had computed. They are a few at most; a value that nothing is known of
// is not in the map. A digest takes some tenths of a millisecond in a lab-book of a million
// calls.
func (b *Book) Producers(ctx context.Context, run int64, digests []string) (map[string][]record.Produced, error) {
	produced := map[string][]record.Produced{}
	eras, err := b.eras(ctx, resultEraBits)
	if err != nil {
		return nil, fmt.Errorf("look for what returned a value in run %d: %w", run, err)
	}
	for _, digest := range digests {
		raw, err := hex.DecodeString(digest)
		if err != nil {
			return nil, fmt.Errorf("look for what returned value %q: %w", digest, err)
		}
		if _, isDone := produced[digest]; isDone {
			continue
		}
		for _, query := range []string{producedHere, producedElsewhere} {
			most := maxProduced - len(produced[digest])
			if most <= 0 {
				break
			}
			rows, err := b.db.QueryContext(ctx, query, eras, raw, run, most, maxOrigins)
			list, err := collect(rows, err, func(row scanner) (p record.Produced, err error) {
				return p, row.Scan(packed(&p.Call), packed(&p.Origin), &p.Path, &p.Outcome)
			})
			if err != nil {
				return nil, fmt.Errorf("look for what returned value %s in run %d: %w", digest, run, err)
			}
			if len(list) > 0 {
				produced[digest] = append(produced[digest], list...)
			}
		}
	}
	return produced, nil
}

// eras lists the eras of so many bits that there are, as JSON.
func (b *Book) eras(ctx context.Context, bits int) (string, error) {
	var last int64
	if err := b.db.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM key").Scan(&last); err != nil {
		return "", err
	}
	return erasUpTo(last, bits)
}

// erasUpTo lists the eras up to that of a key, as JSON.
func erasUpTo(key int64, bits int) (string, error) {
	list := make([]int64, key>>bits+1)
	for era := range list {
		list[era] = int64(era)
	}
	return jsonList(list)
}
