package sqlbook

import (
	"strings"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// A program that is run again records little but hits, and many of them. They
// become rows together, since a statement costs more than a row.
const hitRows = 64

const hitColumns = "id, run, parent, batch, task, func, key, origin, started, duration, saved, result_digest, result_bytes"

var hitPlaces = "(" + strings.Repeat("?, ", strings.Count(hitColumns, ",")) + "?, '" + string(record.Hit) + "')"

// insertHits is the statement for so many rows. Should it fail, what it has
// inserted goes with the transaction: OR FAIL spares SQLite a journal of its own
// for the statement, which would cost more than the rows.
func insertHits(rows int) string {
	return "INSERT OR FAIL INTO call (" + hitColumns + ", outcome) VALUES " + strings.Repeat(hitPlaces+", ", rows-1) + hitPlaces
}

var insertHit, insertHitRows = insertHits(1), insertHits(hitRows)

// isPlainHit reports whether a hit has nothing to say that few hits have.
func isPlainHit(e *event.CallEnd) bool {
	return e.Outcome == record.Hit && e.Reason == "" && e.Detail == "" && e.Error == "" && e.StoreError == ""
}

// hit adds a hit to those that wait for each other.
func (a *applier) hit(e *event.CallEnd, function, key, origin int64, result any) error {
	a.hits = append(a.hits, a.callID(e.Call), a.run, a.callID(e.Scope.Call), e.Scope.Batch, e.Scope.Task, function, key,
		origin, nanos(e.Started), int64(e.Duration), int64(e.Saved), result, e.ResultBytes)
	a.waiting++
	if a.waiting < hitRows {
		return nil
	}
	err := a.exec(insertHitRows, a.hits...)
	a.hits, a.waiting = a.hits[:0], 0
	return err
}

// flushHits writes the hits that still wait.
func (a *applier) flushHits() error {
	if a.waiting == 0 {
		return nil
	}
	each := len(a.hits) / a.waiting
	for ; a.waiting > 0; a.waiting-- {
		if err := a.exec(insertHit, a.hits[:each]...); err != nil {
			return err
		}
		a.hits = a.hits[each:]
	}
	return nil
}
