package event

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"labbook/runlog/record"
)

// everyKind returns an empty event of every kind, and fails if one of the
// numbers between has none.
func everyKind(t testing.TB) []Event {
	t.Helper()
	var all []Event
	for k := kindRunStart; ; k++ {
		e := newEvent(k)
		if e == nil {
			break
		}
		if e.kind() != k {
			t.Fatalf("newEvent(%d) is a %T, of kind %d", k, e, e.kind())
		}
		all = append(all, e)
	}
	if last := all[len(all)-1].kind(); last != kindResult {
		t.Fatalf("the kinds end at %d; after it newEvent knows no more", last)
	}
	return all
}

// fill sets every field of v to something that is not zero.
func fill(v reflect.Value, random *rand.Rand) {
	if at, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
		*at = time.Unix(0, 1+random.Int64N(1<<60))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), random)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+random.IntN(3), 3))
		for i := range v.Len() {
			fill(v.Index(i), random)
		}
	case reflect.String:
		v.SetString(string(rune('a'+random.IntN(26))) + "ü\x00")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(random.NormFloat64())
	case reflect.Uint8:
		v.SetUint(uint64(1 + random.IntN(255)))
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + random.Int64N(1<<31-1))
	default:
		panic("a kind of field that no event had before: " + v.Type().String())
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, want := range everyKind(t) {
		for range 20 {
			fill(reflect.ValueOf(want).Elem(), random)
			got, err := Decode(Append(nil, want))
			if err != nil {
				t.Fatalf("%T: %v", want, err)
			}
			// Runs are kept as JSON, whose times have no monotonic part and
			// may be in another location.
			sameInstant := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
			if diff := cmp.Diff(want, got, sameInstant, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%T (-written +read):\n%s", want, diff)
			}
		}
	}
}

func TestZeroEventsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, want := range everyKind(t) {
		got, err := Decode(Append(nil, want))
		if err != nil {
			t.Fatalf("%T: %v", want, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%T (-written +read):\n%s", want, diff)
		}
	}
}

func TestExactBytes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		event Event
		want  string
	}{
		{&Metric{record.Metric{Name: "acc", Step: 3, Value: 0.5, At: time.Unix(0, 200)}}, "0f" + "03616363" + "06" + "000000000000e03f" + "9003"},
		{&Output{Stream: record.Stdout, Offset: 1, At: time.Unix(0, 1), Bytes: []byte("hi")}, "0e" + "067374646f7574" + "02" + "02" + "026869"},
		{&Tag{Tag: ""}, "1100"},
		{
			&Function{
				Number: 1, Function: record.Function{Name: "f", CodeDigest: "c", CodeKind: "s", Line: 3},
				Cache: record.Cache{Folder: "/c", IsNew: true, Limits: "l"},
			},
			"05" + "02" + "0166" + "0163" + "0173" + "00" + "06" + "022f63" + "02" + "016c",
		},
		{&Source{CodeDigest: "c", Source: record.Source{Name: "f", Text: "t", Via: "v", File: "m.go", Line: 3}}, "06" + "0163" + "0166" + "0174" + "0176" + "046d2e676f" + "06"},
		{&Key{Key: []byte{7}, Function: 1, Parts: []record.Part{{Position: 1, Kind: "code", Name: "n", Digest: "d", Preview: "p"}}, Call: 2}, "07" + "0107" + "02" + "01" + "02" + "04636f6465" + "016e" + "0164" + "0170" + "04"},
		{&Result{Call: 3, Values: []record.ResultValue{{Path: ".W", Digest: "ab"}, {Digest: "cd"}}}, "19" + "06" + "02" + "022e57" + "026162" + "00" + "026364"},
		{&Heartbeat{Usage: Usage{MaxRSS: -1}}, "04" + "00" + "00" + "00" + "01"},
	} {
		if got := hex.EncodeToString(Append(nil, test.event)); got != test.want {
			t.Errorf("%T is written as %s, want %s", test.event, got, test.want)
		}
	}
}

func TestLaterFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	got, err := Decode(append(Append(nil, &Tag{Tag: "x"}), "what a later version adds"...))
	if diff := cmp.Diff(&Tag{Tag: "x"}, got); err != nil || diff != "" {
		t.Errorf("error %v, difference:\n%s", err, diff)
	}
}

// What was written before an event had all of its fields is read without them.
func TestEarlierFieldsSuffice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		written string
		want    Event
	}{
		{"06" + "0163" + "0166" + "0174", &Source{CodeDigest: "c", Source: record.Source{Name: "f", Text: "t"}}},
		{"05" + "02" + "0166" + "0163" + "0173" + "00" + "06", &Function{Number: 1, Function: record.Function{Name: "f", CodeDigest: "c", CodeKind: "s", Line: 3}}},
		{"07" + "0107" + "02" + "00", &Key{Key: []byte{7}, Function: 1}},
	} {
		data, err := hex.DecodeString(test.written)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(data)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("error %v, difference:\n%s", err, diff)
		}
	}
}

// earlierLength is how long an event was before fields were appended to it; 0 if none
// were.
func earlierLength(e Event) int {
	switch e := e.(type) {
	case *Source:
		old := Source{CodeDigest: e.CodeDigest, Source: record.Source{Name: e.Name, Text: e.Text}}
		return len(Append(nil, &old)) - len("\x00\x00\x00")
	case *Function:
		old := Function{Number: e.Number, Function: e.Function}
		return len(Append(nil, &old)) - len("\x00\x00\x00")
	case *Key:
		old := Key{Key: e.Key, Function: e.Function, Parts: e.Parts}
		return len(Append(nil, &old)) - len("\x00")
	}
	return 0
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	_, err := Decode([]byte{200, 1, 2})
	var unknown *UnknownError
	if !errors.As(err, &unknown) || unknown.Kind != 200 {
		t.Errorf("Decode = %v, want an *UnknownError of kind 200", err)
	}
}

func TestTruncated(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, e := range everyKind(t) {
		fill(reflect.ValueOf(e).Elem(), random)
		whole := Append(nil, e)
		for n := range len(whole) {
			if _, err := Decode(whole[:n]); err == nil && n != earlierLength(e) {
				t.Fatalf("%T: its first %d of %d bytes are decoded without an error", e, n, len(whole))
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, e := range everyKind(f) {
		f.Add(Append(nil, e))
		fill(reflect.ValueOf(e).Elem(), random)
		f.Add(Append(nil, e))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(data)
		if err != nil {
			return
		}
		// What was read is written and read again as the same.
		again, err := Decode(Append(nil, e))
		if err != nil {
			t.Fatalf("%T: written again, it cannot be read: %v", e, err)
		}
		if diff := cmp.Diff(e, again, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%T (-read +again):\n%s", e, diff)
		}
	})
}

// CallEnd is written by hand: as the list of its fields says.
func FuzzCallEnd(f *testing.F) {
	f.Add(int64(1), int64(-1), int64(1<<62), []byte("key"), "text", true)
	f.Add(int64(-1<<63), int64(0), int64(300), []byte(nil), "", false)
	f.Fuzz(func(t *testing.T, a, b, c int64, key []byte, text string, timed bool) {
		e := &CallEnd{
			Call: a, Scope: Scope{Call: b, Batch: c, Task: a ^ b}, Function: c, Key: key, Outcome: record.Outcome(text), Reason: record.ReasonKind(text[:len(text)/2]),
			Detail: text[len(text)/2:], OriginRun: text, OriginCall: b ^ c, Duration: time.Duration(a), Saved: time.Duration(b), ResultDigest: key,
			ResultBytes: c, Error: text, StoreError: text[len(text)/3:],
		}
		if timed {
			e.Started = time.Unix(0, c)
		}
		listed := coder{buf: []byte{byte(kindCallEnd)}}
		e.fields(&listed)
		if got := e.Append(nil); !bytes.Equal(got, listed.buf) {
			t.Errorf("%+v is written as\n%x, its fields are\n%x", e, got, listed.buf)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	digest := make([]byte, 32)
	e := &CallEnd{
		Call: 57_000, Scope: Scope{Task: -1}, Function: 1, Key: digest, Outcome: record.Hit,
		OriginRun: "01234567-89ab-4def-8123-456789abcdef", OriginCall: 1,
		Started: time.Now(), Duration: 1000, Saved: time.Second, ResultDigest: digest, ResultBytes: 8,
	}
	buffer := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buffer = Append(buffer[:0], e)
	}
}
