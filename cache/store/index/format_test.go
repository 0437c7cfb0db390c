package index

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var withoutMemory = cmp.AllowUnexported(Record{})

func sampleState() *State {
	s := &State{numbers: make(map[string]uint32)}
	f, g := s.number("p.f"), s.number("p.g")
	s.Records = []Record{
		{Key: Key{1}, Function: f, Size: 0x0102, Changed: 0x11, Used: 0x1234},
		{Key: Key{1}, Function: g, Size: removedSize, Changed: 0x0a, Used: 1}, // too old to be remembered
		{Key: Key{2, 31: 9}, Function: g, Size: removedSize, Changed: 0x2000, Used: 0x20},
	}
	return s
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestExactBytesOfASnapshot(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := writeSnapshot(&got, sampleState(), 0x1000); err != nil {
		t.Fatal(err)
	}
	names := unhex(t, "0300 702e66 0300 702e67")
	records := unhex(t, `
		0100000000000000 0000000000000000 0000000000000000 0000000000000000
		00000000 00000000 0201000000000000 1100000000000000 3412000000000000
		0200000000000000 0000000000000000 0000000000000000 0000000000000009
		01000000 00000000 ffffffffffffffff 0020000000000000 2000000000000000`)
	sum := func(b []byte) []byte {
		return binary.LittleEndian.AppendUint32(nil, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	}
	want := unhex(t, "4c42494e444558 01 0010000000000000 0200000000000000 0a000000")
	want = append(want, sum(names)...)
	want = append(want, make([]byte, 28)...)
	want = append(want, sum(want)...)
	want = append(append(append(want, names...), records...), sum(records)...)
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", hex.Dump(got.Bytes()), hex.Dump(want))
	}
	s, cutoff, err := readSnapshot(bytes.NewReader(want), int64(len(want)), noRoom)
	if err != nil || cutoff != 0x1000 {
		t.Fatalf("cutoff %d, %v", cutoff, err)
	}
	expected := sampleState()
	expected.Records = slices.Delete(expected.Records, 1, 2)
	if diff := cmp.Diff(expected.Records, s.Records, withoutMemory); diff != "" {
		t.Error(diff)
	}
}

func TestExactBytesOfAJournal(t *testing.T) {
	t.Parallel()
	if bigEndian {
		t.Skip("journals are in the order of the machine, and these bytes in the other")
	}
	dir := filepath.Join(t.TempDir(), "index")
	x := New(dir, Options{Now: func() time.Time { return time.Unix(0, 0x1000) }})
	key := Key{1, 31: 2}
	mark := x.Put("p.f", &key, 0x0102)
	mark.Done()
	x.Seen(strings.Repeat("n", 60), &Key{3}, 7, 0x0fff)
	path := x.journal.path
	if path == "" {
		t.Skip("this system has no mappings")
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := unhex(t, "4c424a4f55524e 01 0100000000000000")
	want = binary.LittleEndian.AppendUint64(want, uint64(os.Getpid()))
	want = append(want, unhex(t, "0010000000000000")...)
	want = append(want, make([]byte, 32)...)
	name := append(unhex(t, "02000000 03000000"), "p.f"...)
	want = append(append(want, name...), make([]byte, 64-len(name))...)
	want = append(want, unhex(t, `01000000 01000000
		0100000000000000 0000000000000000 0000000000000000 0000000000000002
		0201000000000000 0110000000000000 0110000000000000`)...)
	name = append(unhex(t, "02000000 3c000000"), strings.Repeat("n", 60)...)
	want = append(append(want, name...), make([]byte, 128-len(name))...)
	want = append(want, unhex(t, `01000000 02000000
		0300000000000000 0000000000000000 0000000000000000 0000000000000000
		0700000000000000 ff0f000000000000 ff0f000000000000`)...)
	want = append(want, make([]byte, firstSlots*slotSize-len(want))...)
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", hex.Dump(got), hex.Dump(want))
	}
}

func FuzzReadSnapshot(f *testing.F) {
	var b bytes.Buffer
	if err := writeSnapshot(&b, sampleState(), 0); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes(), true)
	f.Add(b.Bytes()[:70], false)
	f.Fuzz(func(t *testing.T, b []byte, mend bool) {
		if mend && len(b) >= snapshotHeader+4 {
			// Else nothing would come past the checksums.
			b = bytes.Clone(b)
			names := min(uint64(binary.LittleEndian.Uint32(b[24:])), uint64(len(b)-snapshotHeader-4))
			binary.LittleEndian.PutUint64(b[16:], (uint64(len(b))-snapshotHeader-4-names)/slotSize)
			binary.LittleEndian.PutUint32(b[28:], crc32.Checksum(b[snapshotHeader:snapshotHeader+names], castagnoli))
			binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
			binary.LittleEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[snapshotHeader+names:len(b)-4], castagnoli))
		}
		s, cutoff, err := readSnapshot(bytes.NewReader(b), int64(len(b)), noRoom)
		if err != nil {
			return
		}
		s.Totals()
		s.Oldest()
		var again bytes.Buffer
		if err := writeSnapshot(&again, s, cutoff); err != nil {
			t.Fatal(err)
		}
		back, _, err := readSnapshot(bytes.NewReader(again.Bytes()), int64(again.Len()), noRoom)
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		s.Records = slices.DeleteFunc(s.Records, func(r Record) bool { return !r.keep(cutoff) })
		if len(back.Records) != len(s.Records) || len(s.Records) > 0 && !cmp.Equal(back.Records, s.Records, withoutMemory) {
			t.Fatal("what was read is another when read again")
		}
	})
}

func FuzzScan(f *testing.F) {
	j := ownJournal(7)
	for i := range 3 {
		s, err := j.entry([]string{"a", strings.Repeat("b", 100)}[i%2], &Key{byte(i)})
		if err != nil {
			f.Fatal(err)
		}
		s.size.Store(int64(i))
		s.changed.Store(5)
	}
	f.Add(bytesOf(j.segment.slots[:j.n]), int64(0))
	f.Add(bytesOf(j.segment.slots[:4]), int64(5))
	f.Fuzz(func(t *testing.T, b []byte, cutoff int64) {
		slots := newSlots((len(b) + slotSize - 1) / slotSize)
		copy(bytesOf(slots), b)
		s := &State{numbers: make(map[string]uint32)}
		var records []Record
		scan(slots, cutoff, func(name string, r Record) {
			r.Function = s.number(name)
			records = append(records, r)
		})
		if len(records) > len(slots) {
			t.Fatal("more entries than slots")
		}
		want := naive(records)
		s.merge(records)
		for i := range s.Records {
			r := s.Records[i]
			if i > 0 && compareRecords(&s.Records[i-1], &r) >= 0 {
				t.Fatal("records out of order")
			}
			if r.Changed < 0 || r.Used < 0 || r.Size < removedSize {
				t.Fatalf("a record that makes no sense: %+v", r)
			}
		}
		if len(want) != len(s.Records) {
			t.Fatalf("%d records, and should be %d", len(s.Records), len(want))
		}
	})
}

// naive is which entries records speak of.
func naive(records []Record) map[Record]bool {
	want := map[Record]bool{}
	for _, r := range records {
		if r.Changed > 0 {
			want[Record{Key: r.Key, Function: r.Function}] = true
		}
	}
	return want
}

// However what is known is split and ordered, merging it comes to the same.
func TestMergingIsIdempotentAndOrderless(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []Record
		for range 1 + random.IntN(300) {
			r := Record{Key: Key{byte(random.IntN(8)), 20: byte(random.IntN(3))}, Function: uint32(random.IntN(2)), Used: random.Int64N(50)}
			if random.IntN(3) > 0 {
				r.Size, r.Changed = random.Int64N(5)-1, 1+random.Int64N(50)
			}
			all = append(all, r)
		}
		// Use of what nobody says is there may be forgotten: somebody does.
		for key := range 8 {
			for sub := range 3 {
				for f := range uint32(2) {
					all = append(all, Record{Key: Key{byte(key), 20: byte(sub)}, Function: f, Size: 9, Changed: 51})
				}
			}
		}
		want := map[Record]Record{}
		for _, r := range all {
			at := Record{Key: r.Key, Function: r.Function}
			w, ok := want[at]
			if !ok {
				w = at
			}
			if r.Changed > w.Changed || r.Changed == w.Changed && r.Size > w.Size {
				w.Changed, w.Size = r.Changed, r.Size
			}
			w.Used = max(w.Used, r.Used)
			want[at] = w
		}
		s := &State{}
		s.merge(slices.Clone(all[len(all)-48:]))
		parts := [][]Record{all[:len(all)/2], all[len(all)/3:]}
		if random.IntN(2) == 0 {
			parts = slices.Collect(slices.Chunk(all, 3)) // which are looked up
		}
		for _, part := range parts {
			part = slices.Clone(part)
			random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
			s.merge(part)
		}
		got := map[Record]Record{}
		for i, r := range s.Records {
			if i > 0 && compareRecords(&s.Records[i-1], &r) >= 0 {
				t.Fatal("records out of order")
			}
			got[Record{Key: r.Key, Function: r.Function}] = r
		}
		if diff := cmp.Diff(want, got, withoutMemory); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

func TestSortItems(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		items := make([]item, random.IntN(500))
		shift := random.IntN(64)
		for i := range items {
			items[i] = item{random.Uint64() >> shift, uint32(i)}
		}
		want := slices.Clone(items)
		slices.SortStableFunc(want, func(a, b item) int {
			switch {
			case a.order < b.order:
				return -1
			case a.order > b.order:
				return 1
			}
			return 0
		})
		if got := sortItems(items, make([]item, len(items))); !slices.Equal(got, want) {
			t.Fatalf("%d items of %d bits are not in order", len(items), 64-shift)
		}
	}
}

func noRoom(*State, int64) int { return 0 }
