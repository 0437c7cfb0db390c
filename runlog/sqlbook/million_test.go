package sqlbook

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"labbook/diffargs"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

// The shape of a lab-book of a million calls. Most are hits. One function has
// nearly all keys, one of its arguments is always the same and one, a seed, is
// another one each time; calls of a second one differ from all others in two
// arguments, and those of a third in the same one.
const (
	millionRuns  = 20
	millionCalls = 1_000_000
	trainKeys    = 200_000
	fitKeys      = 20_000
	gridKeys     = 10_000
)

const (
	trainFunction = int64(iota + 1)
	fitFunction
	gridFunction
)

var millionNames = map[int64]string{trainFunction: "lab/model.train", fitFunction: "lab/model.fit", gridFunction: "lab/model.grid"}

// millionKey is the nth key of a function.
func millionKey(function int64, n int) *event.Key {
	digest := func(parts ...any) string {
		d := diffargs.Sum([]byte(fmt.Sprint(parts...)))
		return d.String()
	}
	var parts []record.Part
	add := func(kind record.PartKind, name string, value any) {
		parts = append(parts, record.Part{Position: len(parts), Kind: kind, Name: name, Digest: digest(value), Preview: fmt.Sprint(value)})
	}
	add(record.PartCode, "code", fmt.Sprint("source: 12 declarations in 3 files, version ", n/50_000))
	add(record.PartModule, "gonum.org/v1/gonum", "v0.16.0")
	add(record.PartModule, "golang.org/x/exp", "v0.0.0-20250101")
	add(record.PartToolchain, "go", "go1.26.0")
	add(record.PartCode, "signature", "func([][]float64, float64, int, int) lab.Model")
	arguments := [4]any{"[][]float64[1797] [64] 0, 0, 5, 13, 9, 1, 0, 0, 0", float64(n%20) / 10, n / 20 % 10, n}
	switch function {
	case fitFunction: // each pair of the last two is there once, and no call is next to another
		arguments[2], arguments[3] = 2*n, 2*n+1
	case gridFunction:
		arguments = [4]any{"grid", 0.5, 7, float64(n) / 8}
	}
	for i, name := range []string{"data", "rate", "depth", "seed"} {
		add(record.PartArgument, name, arguments[i])
	}
	return &event.Key{Key: keyOf(function, n), Function: function, Parts: parts}
}

func keyOf(function int64, n int) []byte {
	d := diffargs.Sum(binary.LittleEndian.AppendUint64([]byte{byte(function)}, uint64(n)))
	return d[:]
}

// millionBatches are the events of a run, as many together as programs take in at once.
func millionBatches(run int) [][]event.Event {
	var batches [][]event.Event
	batch := []event.Event{&event.RunStart{Run: record.Run{Name: "million", Started: start, Argv: []string{"million"}}}}
	emit := func(e event.Event) {
		if batch = append(batch, e); len(batch) == 8000 {
			batches, batch = append(batches, batch), nil
		}
	}
	for function, name := range millionNames {
		emit(&event.Function{Number: function, Function: record.Function{
			Name: name, CodeDigest: fmt.Sprintf("%064x", 1+run/5), CodeKind: "source", File: "m.go", Line: 3,
		}})
	}
	number := int64(0)
	const callsOfRun = millionCalls / millionRuns
	miss := func(function int64, n int) {
		number++
		key := millionKey(function, n)
		key.Call = number
		emit(key)
		emit(&event.CallStart{Call: number, Scope: event.Scope{Task: -1}, Function: function, Key: keyOf(function, n), Started: start})
		emit(&event.CallEnd{
			Call: number, Scope: event.Scope{Task: -1}, Function: function, Key: keyOf(function, n), Outcome: record.Miss,
			Started: start, Duration: time.Duration(1+n%1000) * time.Millisecond, ResultDigest: keyOf(0, n%3), ResultBytes: 100,
		})
		emit(&event.Result{Call: number, Values: []record.ResultValue{{Digest: hex.EncodeToString(keyOf(0, n%100_000))}}})
	}
	for i := range trainKeys / millionRuns {
		n := run*trainKeys/millionRuns + i
		miss(trainFunction, n)
		if i%10 == 0 {
			miss(fitFunction, n/10)
		}
		if i%20 == 0 {
			miss(gridFunction, n/20)
		}
		for range (callsOfRun - trainKeys/millionRuns*23/20) / (trainKeys / millionRuns) {
			number++
			m := n - int(number*7919%5000)%(n+1)
			emit(&event.CallEnd{
				Call: number, Scope: event.Scope{Task: -1}, Function: trainFunction, Key: keyOf(trainFunction, m), Outcome: record.Hit,
				OriginRun: millionUUID(m * millionRuns / trainKeys), OriginCall: 1, Started: start, Duration: 2000, Saved: time.Second, ResultDigest: keyOf(0, m%3), ResultBytes: 100,
			})
		}
	}
	for number < callsOfRun {
		number++
		emit(&event.CallEnd{Call: number, Scope: event.Scope{Task: -1}, Function: trainFunction, Key: keyOf(trainFunction, run), Outcome: record.Hit, Started: start, Duration: 2000})
	}
	return append(batches, batch)
}

func millionUUID(run int) string { return fmt.Sprintf("01234567-89ab-4def-8123-%012d", run) }

// buildMillion makes a lab-book of a million calls.
func buildMillion(b *testing.B, path string) *Book {
	b.Helper()
	book, err := Create(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = book.Close() })
	for run := range millionRuns {
		for _, batch := range millionBatches(run) {
			apply(b, book, millionUUID(run), batch...)
		}
	}
	return book
}

// unmade is a call that has not been made yet.
func unmade(key *event.Key) *record.CallDetail {
	return &record.CallDetail{
		Call:  record.Call{Function: millionNames[key.Function], Key: hex.EncodeToString(key.Key), Outcome: record.Miss, Task: -1},
		Code:  record.Function{Name: millionNames[key.Function]},
		Parts: key.Parts,
	}
}

// measured runs do until the benchmark is satisfied, and reports median and worst.
func measured(b *testing.B, do func()) {
	var took []time.Duration
	for b.Loop() {
		begun := time.Now()
		do()
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	milliseconds := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(milliseconds(took[len(took)/2]), "ms-median")
	b.ReportMetric(milliseconds(took[len(took)-1]), "ms-worst")
}

// BenchmarkMillion asks a lab-book of a million calls what why-miss asks. If
// SQLBOOK_MILLION names a file for it, it is kept there and used again.
func BenchmarkMillion(b *testing.B) {
	path := os.Getenv("SQLBOOK_MILLION")
	if path == "" {
		path = filepath.Join(b.TempDir(), "labbook.sqlite")
	}
	var book *Book
	if _, err := os.Stat(path); err == nil {
		if book, err = Open(b.Context(), path); err != nil {
			b.Fatal(err)
		}
		defer book.Close()
	} else {
		book = buildMillion(b, path)
	}
	another := func(function int64, change func(parts []record.Part)) *record.CallDetail {
		key := millionKey(function, 123_456)
		change(key.Parts)
		key.Key = keyOf(function, -1)
		return unmade(key)
	}
	argument := func(parts []record.Part, name string, value any) {
		for i := range parts {
			if parts[i].Name == name {
				d := diffargs.Sum([]byte(fmt.Sprint(value)))
				parts[i].Digest, parts[i].Preview = d.String(), fmt.Sprint(value)
			}
		}
	}
	made := func(n int) *record.CallDetail {
		var id int64
		err := book.db.QueryRowContext(b.Context(), "SELECT min(call.id) FROM call JOIN key ON key.id = call.key WHERE key.digest = ? AND outcome <> 'hit'", keyOf(trainFunction, n)).Scan(&id)
		if err != nil {
			b.Fatal(err)
		}
		d, err := book.Call(b.Context(), record.UnpackCallID(id))
		if err != nil {
			b.Fatal(err)
		}
		return &d
	}
	for _, shape := range []struct {
		name string
		call *record.CallDetail
	}{
		{"new seed", another(trainFunction, func(parts []record.Part) { argument(parts, "seed", 1_000_000) })},
		{"new rate", another(trainFunction, func(parts []record.Part) { argument(parts, "rate", 0.33) })},
		{"new code", another(trainFunction, func(parts []record.Part) { argument(parts, "code", "source: other") })},
		{"two changed", another(trainFunction, func(parts []record.Part) { argument(parts, "rate", 0.33); argument(parts, "seed", -1) })},
		{"all changed but the constant", another(trainFunction, func(parts []record.Part) {
			argument(parts, "rate", 0.33)
			argument(parts, "depth", 77)
			argument(parts, "seed", -1)
		})},
		{"nothing shared", another(trainFunction, func(parts []record.Part) {
			argument(parts, "data", "other")
			argument(parts, "rate", 0.33)
			argument(parts, "depth", 77)
			argument(parts, "seed", -1)
		})},
		{"differs in two from all", another(fitFunction, func(parts []record.Part) { argument(parts, "seed", -1) })},
		{"ten thousand near", another(gridFunction, func(parts []record.Part) { argument(parts, "seed", 3.14) })},
		{"first call", func() *record.CallDetail {
			call := another(trainFunction, func([]record.Part) {})
			call.Function, call.Code.Name = "lab/model.other", "lab/model.other"
			return call
		}()},
		{"old call", made(10_000)},
		{"call in the middle", made(100_001)},
	} {
		b.Run("Candidates/"+shape.name, func(b *testing.B) {
			measured(b, func() {
				found, err := book.Candidates(b.Context(), shape.call, 300)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(found)), "candidates")
			})
		})
	}
	var digests []string
	for n := range 8 {
		digests = append(digests, hex.EncodeToString(keyOf(0, n*12_345)))
	}
	b.Run("Producers", func(b *testing.B) {
		measured(b, func() {
			if _, err := book.Producers(b.Context(), millionRuns/2, digests); err != nil {
				b.Fatal(err)
			}
		})
	})
	for _, name := range []string{"data", "rate", "depth", "seed"} {
		b.Run("Ignoring/"+name, func(b *testing.B) {
			measured(b, func() {
				ignored, err := book.Ignoring(b.Context(), millionNames[trainFunction], name)
				if err != nil || ignored.Misses == 0 {
					b.Fatal(ignored, err)
				}
			})
		})
	}
}

// BenchmarkMixture takes in what programs record that compute for one call in four and
// load for the others.
func BenchmarkMixture(b *testing.B) {
	const runs = 3
	batches := make([][][]event.Event, runs)
	events := 0
	for run := range runs {
		batches[run] = millionBatches(run)
		for _, batch := range batches[run] {
			events += len(batch)
		}
	}
	rounds := 0
	for b.Loop() {
		b.StopTimer()
		book := create(b)
		b.StartTimer()
		for run := range runs {
			for _, batch := range batches[run] {
				apply(b, book, millionUUID(run), batch...)
			}
		}
		rounds++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events*rounds), "ns/event")
}
