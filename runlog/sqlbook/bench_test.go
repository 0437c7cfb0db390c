package sqlbook

import (
	"testing"
	"time"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

// BenchmarkApply takes in hits, the most frequent event, in batches of the size
// that programs use.
func BenchmarkApply(b *testing.B) {
	book := create(b)
	apply(b, book, runUUID, aRun("digits", call(1, record.Miss, time.Second))...)
	const batch = 8000
	events := make([]event.Event, batch)
	number := int64(1)
	for b.Loop() {
		for i := range events {
			number++
			hit := call(number, record.Hit, time.Duration(number%977))
			hit.OriginRun, hit.OriginCall = runUUID, 1
			hit.Saved, hit.ResultDigest, hit.ResultBytes = time.Second, digest(2), 8
			events[i] = hit
		}
		apply(b, book, runUUID, events...)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(number), "ns/event")
}

// BenchmarkCalls asks for pages of a run with 200,000 calls.
func BenchmarkCalls(b *testing.B) {
	book := create(b)
	apply(b, book, runUUID, aRun("digits", call(1, record.Miss, time.Second))...)
	for number := int64(2); number <= 200_000; {
		var events []event.Event
		for range 10_000 {
			events = append(events, call(number, record.Hit, time.Duration(number*7919%104_729)))
			number++
		}
		apply(b, book, runUUID, events...)
	}
	for name, query := range map[string]record.CallQuery{
		"newest":    {Filter: record.Filter{Run: 1}},
		"costliest": {Filter: record.Filter{Run: 1}, Order: record.ByDuration},
		"misses":    {Filter: record.Filter{Run: 1, Outcomes: []record.Outcome{record.Miss}}},
		"function":  {Filter: record.Filter{Function: []string{"train"}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if calls, err := book.Calls(b.Context(), query); err != nil || len(calls) == 0 {
					b.Fatal(len(calls), err)
				}
			}
		})
	}
}
