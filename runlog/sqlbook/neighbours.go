package sqlbook

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// eraBits says how many keys are an era of table leave_one_out: 1 << eraBits. The
// numbers of keys grow, and so do the eras.
const eraBits = 12

// A neighbourhood is where a key is found by its arguments but for one of them, or by
// all of them. It is a row of table leave_one_out.
//
//	digest    = first 8 bytes of H( "labbook arguments" version text(function) left arguments )
//	slot      = first 3 bytes of H( "labbook argument" version text(function) left )
//	rest      = first 6 bytes of H( "labbook rest" version count { text(kind) text(name) digest } )
//	left      = 0                        no argument is left out
//	          | 1 text(name)             the argument of that name is left out
//	arguments = count { text(name) digest }  of the others, by name and digest
//	version   = 1 byte: 1
//	text      = uvarint length, then the bytes
//	count     = uvarint
//
// H is diffargs.Sum, and numbers are big endian. The parts that are no arguments are in
// their order in the key. Where a function takes an argument does not matter, since it
// may take another one before it in the next version.
type neighbourhood struct {
	slot, digest int64
	value        any // of the argument that is left out: float64, or nil if it is no number
	number       float64
}

const neighbourVersion = 1

// A keyPart is a part as it is stored.
type keyPart struct {
	kind    record.PartKind
	name    string
	digest  []byte
	preview string
}

// keyPartsOf returns parts as they are stored.
func keyPartsOf(parts []record.Part) ([]keyPart, error) {
	list := make([]keyPart, len(parts))
	for i := range parts {
		p := &parts[i]
		digest, err := hex.DecodeString(p.Digest)
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", p.Name, err)
		}
		list[i] = keyPart{p.Kind, p.Name, digest, p.Preview}
	}
	return list, nil
}

// mostLeftOut bounds of how many arguments each is left out in turn, which costs their
// square. With more, a key is found by all of them only.
const mostLeftOut = 64

// neighbourhoods returns those of a key: by all of its arguments first, then by all but
// each one of them. Rest stands for the parts that are no arguments.
func neighbourhoods(function string, parts []keyPart) (places []neighbourhood, rest int64) {
	var room [8]keyPart
	arguments := room[:0]
	for i := range parts {
		if parts[i].kind == record.PartArgument {
			arguments = append(arguments, parts[i])
		}
	}
	slices.SortStableFunc(arguments, func(a, b keyPart) int {
		return cmp.Or(strings.Compare(a.name, b.name), bytes.Compare(a.digest, b.digest))
	})
	places = make([]neighbourhood, 0, 1+len(arguments))
	places = append(places, placeOf(function, arguments, -1))
	if len(arguments) <= mostLeftOut {
		for i := range arguments {
			places = append(places, placeOf(function, arguments, i))
		}
	}
	return places, restOf(parts, len(parts)-len(arguments))
}

// restOf stands for the parts that are no arguments, count of them.
func restOf(parts []keyPart, count int) int64 {
	var room [1024]byte
	message := append(append(room[:0], "labbook rest"...), neighbourVersion)
	message = binary.AppendUvarint(message, uint64(count))
	for i := range parts {
		if p := &parts[i]; p.kind != record.PartArgument {
			message = append(appendText(appendText(message, string(p.kind)), p.name), p.digest...)
		}
	}
	sum := diffargs.Sum(message)
	return int64(binary.BigEndian.Uint64(sum[:]) >> 16)
}

// placeOf returns where a key is found by its arguments but for that one; -1 stands for
// none of them.
func placeOf(function string, arguments []keyPart, but int) neighbourhood {
	var room [1024]byte
	message := append(append(room[:0], "labbook arguments"...), neighbourVersion)
	message = appendLeft(message, function, arguments, but)
	count := len(arguments)
	if but >= 0 {
		count--
	}
	message = binary.AppendUvarint(message, uint64(count))
	for i := range arguments {
		if i != but {
			message = append(appendText(message, arguments[i].name), arguments[i].digest...)
		}
	}
	sum := diffargs.Sum(message)
	place := neighbourhood{slot: slotOf(function, arguments, but), digest: int64(binary.BigEndian.Uint64(sum[:]))}
	if but >= 0 {
		if number, ok := numberIn(arguments[but].preview); ok {
			place.value, place.number = number, number
		}
	}
	return place
}

func slotOf(function string, arguments []keyPart, but int) int64 {
	var room [256]byte
	message := append(append(room[:0], "labbook argument"...), neighbourVersion)
	sum := diffargs.Sum(appendLeft(message, function, arguments, but))
	return int64(binary.BigEndian.Uint32(sum[:]) >> 8)
}

func appendLeft(message []byte, function string, arguments []keyPart, but int) []byte {
	message = appendText(message, function)
	if but < 0 {
		return append(message, 0)
	}
	return appendText(append(message, 1), arguments[but].name)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// numberIn is the number that a preview shows, if it shows one.
func numberIn(preview string) (float64, bool) {
	if preview == "" || !strings.ContainsRune("+-.0123456789", rune(preview[0])) {
		return 0, false
	}
	number, err := strconv.ParseFloat(preview, 64)
	return number, err == nil && !math.IsInf(number, 0) && !math.IsNaN(number)
}

// A keyPlace is where one key is found: a row of table leave_one_out.
type keyPlace struct {
	neighbourhood
	key, rest int64
}

// mostPlaces bounds how many of them wait to be inserted.
const mostPlaces = 50_000

// addNeighbours lets a key be found by its arguments.
func (a *applier) addNeighbours(key int64, function string, parts []keyPart) error {
	places, rest := neighbourhoods(function, parts)
	for _, place := range places {
		a.places = append(a.places, keyPlace{place, key, rest})
	}
	if len(a.places) < mostPlaces {
		return nil
	}
	return a.flushNeighbours()
}

// flushNeighbours inserts what waits in the order in which the table has it: rows that
// come to lie on one page are inserted one after the other.
func (a *applier) flushNeighbours() error {
	slices.SortFunc(a.places, func(x, y keyPlace) int {
		return cmp.Or(cmp.Compare(x.key>>eraBits, y.key>>eraBits), cmp.Compare(x.slot, y.slot), cmp.Compare(x.digest, y.digest), cmp.Compare(x.key, y.key))
	})
	for i := range a.places {
		p := &a.places[i]
		if err := a.addRow(a.bulks.neighbours, p.key>>eraBits, p.slot, p.digest, p.key, p.rest, p.value); err != nil {
			return err
		}
	}
	a.places = a.places[:0]
	return nil
}

// removeNeighbours takes a key that is about to go out of where it is found.
func removeNeighbours(ctx context.Context, tx *sql.Tx, key int64) error {
	var function string
	err := tx.QueryRowContext(ctx, "SELECT name FROM func JOIN key ON key.func = func.id WHERE key.id = ?", key).Scan(&function)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // of a damaged lab-book: a check finds both
	}
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, "SELECT kind, name, digest, preview FROM part WHERE key = ? ORDER BY position", key)
	parts, err := collect(rows, err, func(row scanner) (p keyPart, err error) {
		return p, row.Scan(&p.kind, &p.name, &p.digest, &p.preview)
	})
	if err != nil {
		return err
	}
	places, _ := neighbourhoods(function, parts)
	for i := range places {
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM leave_one_out WHERE era = ? AND slot = ? AND digest = ? AND key = ?",
				key>>eraBits, places[i].slot, places[i].digest, key)
		}
	}
	return err
}

// keysAtOnce is for how many keys the parts are in memory while their neighbourhoods are
// made.
const keysAtOnce = 1000

// addAllNeighbours lets all keys be found by their arguments that are not: those of an
// older lab-book, and those that an older program added meanwhile.
func (a *applier) addAllNeighbours() error {
	last := int64(0)
	for {
		end, err := a.id("SELECT coalesce(max(id), 0) FROM (SELECT id FROM key WHERE id > ? ORDER BY id LIMIT ?)", last, keysAtOnce)
		if err != nil || end == 0 {
			return err
		}
		if err := a.addNeighboursBetween(last, end); err != nil {
			return err
		}
		last = end
	}
}

// addNeighboursBetween adds those of the keys after one key up to another.
func (a *applier) addNeighboursBetween(after, last int64) error {
	functions := map[int64]string{}
	rows, err := a.tx.QueryContext(a.ctx, "SELECT key.id, func.name FROM key JOIN func ON func.id = key.func WHERE key.id > ? AND key.id <= ?", after, last)
	_, err = collect(rows, err, func(row scanner) (none struct{}, err error) {
		var key int64
		var name string
		err = row.Scan(&key, &name)
		functions[key] = name
		return none, err
	})
	if err != nil {
		return err
	}
	parts := map[int64][]keyPart{}
	rows, err = a.tx.QueryContext(a.ctx, "SELECT key, kind, name, digest, preview FROM part WHERE key > ? AND key <= ? ORDER BY key, position", after, last)
	_, err = collect(rows, err, func(row scanner) (none struct{}, err error) {
		var key int64
		var p keyPart
		err = row.Scan(&key, &p.kind, &p.name, &p.digest, &p.preview)
		parts[key] = append(parts[key], p)
		return none, err
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(functions)) {
		if len(parts[key]) == 0 {
			continue // nobody has said what it is made of
		}
		if err := a.addNeighbours(key, functions[key], parts[key]); err != nil {
			return fmt.Errorf("key %d: %w", key, err)
		}
	}
	return nil
}
