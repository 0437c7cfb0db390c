package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
)

// State is what a store holds, as far as the index knows: records in the order
// of their keys, among them such of entries that are gone.
type State struct {
	Folders []string
	Records []Record

	numbers map[string]uint32
}

// number returns the number of a folder.
func (s *State) number(folder string) uint32 {
	n, ok := s.numbers[folder]
	if !ok {
		n = uint32(len(s.Folders))
		s.Folders = append(s.Folders, folder)
		s.numbers[folder] = n
	}
	return n
}

// Find returns what is known of an entry that is there.
func (s *State) Find(folder string, key Key) (Record, bool) {
	number, ok := s.numbers[folder]
	if !ok {
		return Record{}, false
	}
	at, found := s.search(&Record{Key: key, Function: number})
	if !found || s.Records[at].Size < 0 {
		return Record{}, false
	}
	return s.Records[at], true
}

// Totals returns how many entries there are, and their bytes.
func (s *State) Totals() (entries, size int64) {
	for i := range s.Records {
		if r := &s.Records[i]; r.Size >= 0 {
			entries++
			size += r.Size
		}
	}
	return entries, size
}

// Oldest returns the numbers of the records of entries that are there, those
// that were used longest ago first.
func (s *State) Oldest() []int {
	items := make([]item, 0, len(s.Records))
	for i := range s.Records {
		if r := &s.Records[i]; r.Size >= 0 {
			items = append(items, item{uint64(r.Used), uint32(i)})
		}
	}
	items = sortItems(items, make([]item, len(items)))
	order := make([]int, len(items))
	for i, it := range items {
		order[i] = int(it.at)
	}
	return order
}

// merge takes in what journals say, in any order.
func (s *State) merge(recent []Record) {
	if len(recent) == 0 {
		return
	}
	recent = unique(sorted(recent))
	if len(recent) < len(s.Records)/few {
		recent = s.update(recent)
	}
	// From the end on, so that the memory of many records can be used again.
	old := s.Records
	s.Records = slices.Grow(old, len(recent))[:len(old)+len(recent)]
	to := len(s.Records)
	for _, r := range slices.Backward(recent) {
		for len(old) > 0 && compareRecords(&old[len(old)-1], &r) > 0 {
			to--
			s.Records[to], old = old[len(old)-1], old[:len(old)-1]
		}
		if len(old) > 0 && compareRecords(&old[len(old)-1], &r) == 0 {
			r.combine(&old[len(old)-1])
			old = old[:len(old)-1]
		}
		if r.Changed > 0 {
			to--
			s.Records[to] = r
		}
		// Else somebody used what is not there, but in a program's memory.
	}
	s.Records = slices.Delete(s.Records, len(old), to)
}

// few is how many times as many records there have to be for looking up others
// among them to be quicker than going through all.
const few = 8

// update combines records with those that there are already, and returns the
// others.
func (s *State) update(recent []Record) (others []Record) {
	others = recent[:0]
	for _, r := range recent {
		at, found := s.search(&r)
		if found {
			s.Records[at].combine(&r)
		} else if r.Changed > 0 {
			others = append(others, r)
		}
	}
	return others
}

func (s *State) search(r *Record) (at int, found bool) {
	at = sort.Search(len(s.Records), func(i int) bool { return compareRecords(&s.Records[i], r) >= 0 })
	return at, at < len(s.Records) && compareRecords(&s.Records[at], r) == 0
}

// unique combines what is said of one entry, in records that are in order.
func unique(records []Record) []Record {
	result := records[:1]
	for i := 1; i < len(records); i++ {
		if last := &result[len(result)-1]; compareRecords(last, &records[i]) == 0 {
			last.combine(&records[i])
		} else {
			result = append(result, records[i])
		}
	}
	return result
}

// combine makes r what two know of the same entry. Applied twice, and in
// whatever order, it comes to the same.
func (r *Record) combine(other *Record) {
	// At equal times both come from one writer, who was killed in between or
	// told it to a snapshot already.
	if other.Changed > r.Changed || other.Changed == r.Changed && other.Size > r.Size {
		r.Changed, r.Size = other.Changed, other.Size
	}
	switch {
	case r.Used == 0, r.Used < 0 && other.Used > 0:
		r.Used = other.Used
	case other.Used != 0:
		r.Used = max(r.Used, other.Used)
	}
}

// sorted returns records in their order.
func sorted(records []Record) []Record {
	items := make([]item, len(records))
	for i := range records {
		items[i] = item{binary.BigEndian.Uint64(records[i].Key[:]), uint32(i)}
	}
	items = sortItems(items, make([]item, len(items)))
	result := make([]Record, len(records))
	for i, it := range items {
		result[i] = records[it.at]
	}
	// Keys are digests, which differ in their first bytes already; but for the
	// same entry in several journals, and for keys that are none.
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].order == items[from].order {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(result[from:to], func(a, b Record) int { return compareRecords(&a, &b) })
		}
		from = to
	}
	return result
}

func compareRecords(a, b *Record) int {
	// Most differ here.
	if x, y := binary.BigEndian.Uint64(a.Key[:]), binary.BigEndian.Uint64(b.Key[:]); x != y {
		return cmp.Compare(x, y)
	}
	if c := bytes.Compare(a.Key[8:], b.Key[8:]); c != 0 {
		return c
	}
	return cmp.Compare(a.Function, b.Function)
}
