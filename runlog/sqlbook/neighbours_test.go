package sqlbook

import (
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/diffargs"
	"labbook/runlog/event"
	"labbook/runlog/record"
)

func argumentPart(name, value string) record.Part {
	return record.Part{Kind: record.PartArgument, Name: name, Digest: textDigest(value), Preview: value}
}

func placesOf(t *testing.T, function string, parts ...record.Part) ([]neighbourhood, int64) {
	t.Helper()
	list, err := keyPartsOf(parts)
	if err != nil {
		t.Fatal(err)
	}
	return neighbourhoods(function, list)
}

// The bytes that are hashed are a format: rows of older versions must be found.
func TestNeighbourhoodBytes(t *testing.T) {
	t.Parallel()
	digest := func(text string) string { d := diffargs.Sum([]byte(text)); return string(d[:]) }
	first := func(message string, bytes int) int64 {
		d := diffargs.Sum([]byte(message))
		return int64(binary.BigEndian.Uint64(d[:]) >> (64 - 8*bytes))
	}
	places, rest := placesOf(t, "lab.f",
		record.Part{Kind: record.PartCode, Name: "code", Digest: textDigest("c")}, argumentPart("y", "b"), argumentPart("x", "1.5"))
	want := []neighbourhood{
		{slot: first("labbook argument\x01\x05lab.f\x00", 3), digest: first("labbook arguments\x01\x05lab.f\x00\x02\x01x"+digest("1.5")+"\x01y"+digest("b"), 8)},
		{slot: first("labbook argument\x01\x05lab.f\x01\x01x", 3), digest: first("labbook arguments\x01\x05lab.f\x01\x01x\x01\x01y"+digest("b"), 8), value: 1.5, number: 1.5},
		{slot: first("labbook argument\x01\x05lab.f\x01\x01y", 3), digest: first("labbook arguments\x01\x05lab.f\x01\x01y\x01\x01x"+digest("1.5"), 8)},
	}
	if diff := cmp.Diff(want, places, cmp.AllowUnexported(neighbourhood{})); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if want := first("labbook rest\x01\x01\x04code\x04code"+digest("c"), 6); rest != want {
		t.Errorf("rest %x, want %x", rest, want)
	}
}

func TestNeighbourhoodsTellApart(t *testing.T) {
	t.Parallel()
	code := record.Part{Kind: record.PartCode, Name: "code", Digest: textDigest("c")}
	x, y := argumentPart("x", "1"), argumentPart("y", "2")
	places, rest := placesOf(t, "lab.f", code, x, y)
	moved, movedRest := placesOf(t, "lab.f", y, x, code)
	if diff := cmp.Diff(places, moved, cmp.AllowUnexported(neighbourhood{})); diff != "" || rest != movedRest {
		t.Errorf("positions count:\n%s", diff)
	}
	shares := func(function string, parts ...record.Part) (all, some bool) {
		other, _ := placesOf(t, function, parts...)
		for _, place := range other[1:] {
			some = some || slices.ContainsFunc(places[1:], func(p neighbourhood) bool { return p.slot == place.slot && p.digest == place.digest })
		}
		return other[0] == places[0], some
	}
	for _, test := range []struct {
		reason    string
		function  string
		parts     []record.Part
		all, some bool
	}{
		{"the same", "lab.f", []record.Part{x, y}, true, true},
		{"other code", "lab.f", []record.Part{{Kind: record.PartCode, Name: "code", Digest: textDigest("d")}, x, y}, true, true},
		{"one differs", "lab.f", []record.Part{x, argumentPart("y", "3")}, false, true},
		{"two differ", "lab.f", []record.Part{argumentPart("x", "3"), argumentPart("y", "3")}, false, false},
		{"another function", "lab.g", []record.Part{x, y}, false, false},
		{"another name", "lab.f", []record.Part{x, argumentPart("z", "2")}, false, false},
		{"values change places", "lab.f", []record.Part{argumentPart("x", "2"), argumentPart("y", "1")}, false, false},
		{"one less", "lab.f", []record.Part{x}, false, false},
		{"one more", "lab.f", []record.Part{x, y, argumentPart("z", "3")}, false, false},
	} {
		if all, some := shares(test.function, test.parts...); all != test.all || some != test.some {
			t.Errorf("%s: the same arguments %t, all but one %t; want %t, %t", test.reason, all, some, test.all, test.some)
		}
	}
	if other, _ := placesOf(t, "lab.f", argumentPart("x", "1"), argumentPart("x", "1")); len(other) != 3 || other[1] != other[2] {
		t.Errorf("two arguments alike are found in %+v", other)
	}
}

// Whoever has written it, a key must not keep a lab-book busy.
func TestKeyOfManyArguments(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]int{0: 1, 1: 2, mostLeftOut: 1 + mostLeftOut, mostLeftOut + 1: 1, 20_000: 1} {
		if places, _ := placesOf(t, "lab.f", slices.Repeat([]record.Part{argumentPart("x", "1")}, count)...); len(places) != want {
			t.Errorf("a key of %d arguments is found in %d places, want %d", count, len(places), want)
		}
	}
}

func TestNumberIn(t *testing.T) {
	t.Parallel()
	for preview, want := range map[string]float64{"1": 1, "-2.5": -2.5, "1e3": 1000, ".5": 0.5, "+7": 7, "0": 0} {
		if got, ok := numberIn(preview); !ok || got != want {
			t.Errorf("%q is %v, %t; want %v", preview, got, ok, want)
		}
	}
	for _, preview := range []string{"", "x", `"1"`, "NaN", "+Inf", "-Inf", "1e999", "1s", "1 2", "[1]", "-", "ß"} {
		if got, ok := numberIn(preview); ok {
			t.Errorf("%q is the number %v", preview, got)
		}
	}
}

func FuzzNumberIn(f *testing.F) {
	for _, seed := range []string{"1", "-0x1p-2", "1_000", "infinity", "0.1…"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, preview string) {
		if number, ok := numberIn(preview); ok && (number != number || number-number != 0) {
			t.Errorf("%q is taken for %v", preview, number)
		}
	})
}

// Each program declares the keys that it uses anew; what they are found by is there once,
// and the first call with them in each run.
func TestKeysThatAreDeclaredAgain(t *testing.T) {
	t.Parallel()
	b := create(t)
	declared := func(call int64) []event.Event {
		events := aRun("digits")
		key := *events[2].(*event.Key)
		key.Call = call
		return append(events[:2:2], &key)
	}
	apply(t, b, runUUID, declared(3)...)
	apply(t, b, runUUID, declared(8)...)
	apply(t, b, secondUUID, declared(0)...)
	apply(t, b, millionUUID(3), declared(5)...)
	got := contents(t, b.db, map[string][]string{"leave_one_out": {"key"}, "first_call": {"run", "key", "call"}})
	want := map[string][]string{"leave_one_out": {"[]interface {}{1}", "[]interface {}{1}"}, "first_call": {"[]interface {}{1, 1, 3}", "[]interface {}{3, 1, 5}"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A lab-book that an older version wrote has in the end what this one would have written.
func TestMigrationDerivesWhatIsTakenIn(t *testing.T) {
	t.Parallel()
	fresh := create(t)
	fill(t, fresh)
	for _, schema := range []int{1, 2, 3} {
		b, err := Create(t.Context(), oldBook(t, schema))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		columns := map[string][]string{
			"leave_one_out": {"era", "slot", "digest", "key", "rest", "value"},
			"key":           {"id", "stored", "duration", "result"},
		}
		if diff := cmp.Diff(contents(t, fresh.db, columns), contents(t, b.db, columns)); diff != "" {
			t.Errorf("schema %d (-taken in +migrated):\n%s", schema, diff)
		}
	}
}

// More keys than are worked on at once; and again, which changes nothing.
func TestDeriveAnew(t *testing.T) {
	t.Parallel()
	b := create(t)
	fill(t, b)
	var calls []*madeCall
	for i := range 2*keysAtOnce + 10 {
		calls = append(calls, &madeCall{id: record.CallID{Run: 7}, function: "lab.f", code: "v1", arguments: []string{"x=1", "y=" + textDigest(string(rune(i)))}, outcome: record.Miss, result: "A"})
	}
	take(t, b, calls)
	columns := map[string][]string{}
	for _, table := range derivedTables {
		columns[table] = shape(t, b.db)[table]
	}
	before := contents(t, b.db, columns)
	derive := func() error {
		return b.transactOn(t.Context(), func(conn *sql.Conn, tx *sql.Tx) error { return b.derive(t.Context(), conn, tx) })
	}
	for _, damage := range []string{"", "DELETE FROM leave_one_out WHERE key % 3 = 0; DELETE FROM sketch"} {
		if _, err := b.db.ExecContext(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(derive(), b.deriveAnew(t.Context())); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, contents(t, b.db, columns)); diff != "" {
			t.Errorf("after %q (-before +after):\n%.2000s", damage, diff)
		}
	}
}

// Where a function stands is learnt from the first program that says it.
func TestSourcesSayWhereTheyStand(t *testing.T) {
	t.Parallel()
	b := create(t)
	source := record.Source{Name: "lab.step", Text: "func step() {}", Via: "lab.train", File: "/src/m.go", Line: 9}
	older, moved := record.Source{Name: source.Name, Text: source.Text}, source
	moved.File = "/elsewhere/m.go"
	for _, s := range []record.Source{older, source, moved, older} {
		apply(t, b, runUUID, &event.Source{CodeDigest: hexDigest(9), Source: s})
	}
	got, err := b.Sources(t.Context(), hexDigest(9))
	if diff := cmp.Diff([]record.Source{source}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// A damaged snapshot has no sketch, and is in nobody's way.
func TestSnapshotWithoutSketch(t *testing.T) {
	t.Parallel()
	b := create(t)
	b.sketchOf = diffargs.SketchOf
	value := hex.EncodeToString([]byte("short"))
	apply(t, b, runUUID, &event.Snapshot{Digest: hexDigest(2), Blob: []byte("no snapshot")}, &event.Snapshot{Digest: value, Blob: []byte("x")})
	if rows := sizes(t, b); rows["sketch"] != 0 || rows["snapshot"] != 2 {
		t.Errorf("%d sketches of %d snapshots; want none of 2", rows["sketch"], rows["snapshot"])
	}
	if err := b.RemoveUnused(t.Context(), always, ignore); err != nil {
		t.Fatal(err)
	}
	if rows := sizes(t, b); rows["snapshot"] != 0 {
		t.Errorf("%d snapshots are left", rows["snapshot"])
	}
}
