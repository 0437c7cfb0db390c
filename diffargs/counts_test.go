package diffargs

import (
	"bytes"
	"container/list"
	"context"
	"database/sql" //nolint:depguard // only its types, which users have in theirs
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"math"
	"math/big"
	"math/rand" //nolint:depguard // users may have it in theirs
	randv2 "math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unique"
	"weak"
)

type contextKey struct{}

// Types of the standard library and of users that are more than they look.
type (
	byName map[string]byName
	holder struct{ io.Reader }
	job    struct {
		context.Context //nolint:containedctx // such types exist
		N               int
	}
	taggedJob struct {
		context.Context `labbook:"-"` //nolint:containedctx // such types exist
		N               int
	}
	box[T any] struct{ Held T }
	guarded    struct {
		sync.RWMutex
		Done sync.WaitGroup
		N    int
	}
	huge struct {
		Grid [1 << 17]float64
		Name string
	}
)

func hugeWith(index int, x float64) *huge {
	h := &huge{Name: "h"}
	h.Grid[index] = x
	return h
}

func listOf(values ...any) *list.List {
	l := list.New()
	for _, v := range values {
		l.PushBack(v)
	}
	return l
}

func atomicValue(v any) *atomic.Value {
	var a atomic.Value
	a.Store(v)
	return &a
}

func written(text string) *strings.Builder {
	var b strings.Builder
	b.WriteString(text)
	return &b
}

// What counts of a value: each row has two values that are equal, and one that
// is another.
func TestWhatCounts(t *testing.T) {
	t.Parallel()
	longer, used := regexp.MustCompile("a+|b"), regexp.MustCompile("a+")
	longer.Longest()
	used.FindString("baaa")
	drawn := randv2.NewPCG(1, 2)
	drawn.Uint64()
	open := &sync.RWMutex{}
	open.Lock()
	var noReader io.Reader
	var nilBuffer *bytes.Buffer
	unreadable := "a\xffb"
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	nan := math.NaN()
	rows := []struct {
		reason         string
		a, same, other any
	}{
		{"raw JSON counts by its bytes", json.RawMessage(`{"a":1}`), json.RawMessage(`{"a":1}`), json.RawMessage(`{"a": 1}`)},
		{"a JSON number by its text", json.Number("1"), json.Number("1"), json.Number("1.0")},
		{"an address by its parts", mustURL("http://a@b/c?d"), mustURL("http://a@b/c?d"), mustURL("http://x@b/c?d")},
		{"an IP by its bytes, of which there may be 4 or 16", net.IPv4(1, 2, 3, 4), net.ParseIP("1.2.3.4"), net.IPv4(1, 2, 3, 4).To4()},
		{"a prefix by address and length", netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/9")},
		{"a regular expression, used or not", regexp.MustCompile("a+"), used, regexp.MustCompile("a*")},
		{"and how it matches", regexp.MustCompile("a+|b"), regexp.MustCompile("a+|b"), longer},
		{"not whether a lock is held", &guarded{N: 1}, lockedGuard(1), &guarded{N: 2}},
		{"a pointer to a lock is nil or not", struct{ L *sync.RWMutex }{&sync.RWMutex{}}, struct{ L *sync.RWMutex }{open}, struct{ L *sync.RWMutex }{}},
		{"an atomic number", atomicInt(5), atomicInt(5), atomicInt(6)},
		{"an atomic value", atomicValue("a"), atomicValue("a"), atomicValue(1)},
		{"a canonical value", unique.Make("a"), unique.Make("a"), unique.Make("b")},
		{"what may be NULL", sql.NullString{String: "a", Valid: true}, sql.NullString{String: "a", Valid: true}, sql.NullString{String: "a"}},
		{"and its type", sql.Null[int]{V: 1, Valid: true}, sql.Null[int]{V: 1, Valid: true}, sql.Null[int8]{V: 1, Valid: true}},
		{"an error by type and text, not by address", errors.New("a"), errors.New("a"), errors.New("b")},
		{"with the errors that it wraps", fmt.Errorf("a: %w", io.EOF), fmt.Errorf("a: %w", io.EOF), fmt.Errorf("a: %w", io.ErrUnexpectedEOF)},
		{"not by its text alone", fmt.Errorf("a: %w", io.EOF), fmt.Errorf("a: %w", io.EOF), fmt.Errorf("a: %v", io.EOF)}, //nolint:errorlint // that is the point
		{"an error of the system", &fs.PathError{Op: "open", Path: "a", Err: syscall.Errno(2)}, &fs.PathError{Op: "open", Path: "a", Err: syscall.Errno(2)}, &fs.PathError{Op: "open", Path: "a", Err: syscall.Errno(13)}},
		{"a random generator by its state", randv2.NewPCG(1, 2), randv2.NewPCG(1, 2), drawn},
		{"the older one, too", rand.New(rand.NewSource(1)), rand.New(rand.NewSource(1)), rand.New(rand.NewSource(2))},
		{"a list by its elements in order", listOf(1, "a"), listOf(1, "a"), listOf("a", 1)},
		{"what a builder holds", written("abc"), written("abc"), written("abd")},
		{"what a reader has yet to give", strings.NewReader("abc"), strings.NewReader("abc"), strings.NewReader("abd")},
		{"a header by its values in order", http.Header{"A": {"1", "2"}}, http.Header{"A": {"1", "2"}}, http.Header{"A": {"2", "1"}}},
		{"an embedded interface by what it holds", holder{strings.NewReader("a")}, holder{strings.NewReader("a")}, holder{}},
		{"a nil pointer in an interface is no nil interface", holder{nilBuffer}, holder{nilBuffer}, holder{noReader}},
		{"a generic type by its arguments", box[int]{1}, box[int]{1}, box[int64]{1}},
		{"and by where those come from", box[label]{"a"}, box[label]{"a"}, box[string]{"a"}},
		{"nothing by its type", struct{}{}, struct{}{}, [0]int{}},
		{"no functions", [0]func(){}, [0]func(){}, [0]func(int){}},
		{"none of many", [1 << 30]struct{}{}, [1 << 30]struct{}{}, [1<<30 + 1]struct{}{}},
		{"a type that holds itself in maps", byName{"a": {"b": nil}}, byName{"a": {"b": nil}}, byName{"a": {"b": {}}}},
		{"keys that are NaN", map[float64]string{nan: "a", nan * 2: "b"}, map[float64]string{nan: "b", -nan: "a"}, map[float64]string{nan: "a", -nan: "a"}}, //nolint:staticcheck // it knows of no NaN that differ
		{"a NaN in a key", map[any]int{[1]any{nan}: 1}, map[any]int{[1]any{-nan}: 1}, map[any]int{[1]any{nan}: 2}},
		{"keys of unlike types", map[any]int{1: 1, "1": 2, nil: 3}, map[any]int{nil: 3, "1": 2, 1: 1}, map[any]int{int8(1): 1, "1": 2, nil: 3}},
		{"bytes that are no text", unreadable, strings.Clone(unreadable), strings.ToValidUTF8(unreadable, "\uFFFD")},
		{"as keys", map[string]int{unreadable: 1}, map[string]int{unreadable: 1}, map[string]int{"a\xfeb": 1}},
		{"a long array in a struct", hugeWith(1<<17-1, 1), hugeWith(1<<17-1, 1), hugeWith(1<<17-2, 1)},
		{"and NaN in it", hugeWith(7, nan), hugeWith(7, math.Float64frombits(0xFFF8000000000001)), hugeWith(7, 0)},
		{"what is hidden in others' types", big.NewInt(7), new(big.Int).SetBytes([]byte{0, 7}), big.NewInt(-7)},
		{"a month is no number", time.May, time.Month(5), 5},
		{"a time in an interface", []any{noon}, []any{noon.Local().In(time.UTC)}, []any{noon.Add(1)}},
		{"a context that is left out", taggedJob{nil, 1}, taggedJob{t.Context(), 1}, taggedJob{nil, 2}},
	}
	for _, row := range rows {
		a, same, other := mustDigest(t, row.a), mustDigest(t, row.same), mustDigest(t, row.other)
		if a != same {
			t.Errorf("%s: equal values have digests %s and %s", row.reason, a.Short(), same.Short())
		}
		if a == other {
			t.Errorf("%s: unlike values have the same digest", row.reason)
		}
		for _, pair := range []struct {
			value any
			equal bool
		}{{row.same, true}, {row.other, false}} {
			differences, err := DiffValues(row.a, pair.value)
			if err != nil || (len(differences) == 0) != pair.equal {
				t.Errorf("%s: equal %t, differences %v, %v", row.reason, pair.equal, differences, err)
			}
		}
		portable := &encoder{plans: portablePlans}
		v := reflect.New(reflect.TypeOf(row.a))
		v.Elem().Set(reflect.ValueOf(row.a))
		if d, err := portable.value(portablePlans.get(v.Type().Elem()), v.UnsafePointer()); d != a || err != nil {
			t.Errorf("%s: element by element %s, %v, want %s", row.reason, d.Short(), err, a.Short())
		}
	}
}

func mustURL(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

func atomicInt(n int64) *atomic.Int64 {
	var a atomic.Int64
	a.Store(n)
	return &a
}

func lockedGuard(n int) *guarded {
	g := &guarded{N: n}
	g.Lock()
	g.Done.Add(1)
	return g
}

// What cannot count is refused with the path to it and a reason.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	live, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	one := 1
	rows := []struct {
		value        any
		path, reason string
	}{
		{t.Context(), "", "a context belongs to one call"},
		{live, "", "a context belongs to one call"},
		{context.WithValue(live, contextKey{}, one), "", "a context belongs to one call"},
		{job{}, ".Context", "a context belongs to one call"},
		{[]any{1, job{live, 1}}, "[1].Context", "a context belongs to one call"},
		{map[string]context.Context{}, "[]", "a context belongs to one call"},
		{weak.Make(&one), "", "what it points to may be gone; the value itself can be"},
		{struct{ W []weak.Pointer[int] }{}, ".W[]", "what it points to may be gone; the value itself can be"},
		{&atomic.Uintptr{}, "", "it may be an address; a number can be an atomic.Uint64"},
		{&atomic.Pointer[int]{}, "", "what it holds is private"},
		{atomicValue(func() {}), ".v", "functions cannot be compared"},
		{sync.OnceFunc(func() {}), "", "functions cannot be compared"},
		{iter.Seq[int](nil), "", "functions cannot be compared"},
		{box[iter.Seq2[int, error]]{}, ".Held", "functions cannot be compared"},
		{http.DefaultClient, ".CheckRedirect", "functions cannot be compared"},
		{&http.Request{}, ".GetBody", "functions cannot be compared"},
		{&sql.DB{}, ".freeConn[].onPut[]", "functions cannot be compared"},
		{time.NewTimer(time.Hour), ".C", "a channel belongs to one process"},
		{slog.New(slog.NewTextHandler(os.Stderr, nil)), ".handler.commonHandler.opts.ReplaceAttr", "functions cannot be compared"},
		{holder{os.Stdin}, ".Reader", "an open file belongs to one process; its path or its contents can be"},
		{reflect.ValueOf(1), "", "what it refers to may not be readable; its Interface() can be"},
		{reflect.Method{}, ".Func", "what it refers to may not be readable; its Interface() can be"},
		{[1]func(){}, "[]", "functions cannot be compared"},
		{map[any]int{make(chan int): 1}, "[key chan int]", "a channel belongs to one process"},
	}
	for _, row := range rows {
		_, err := Of(row.value)
		refusal, ok := errors.AsType[*UnkeyableError](err)
		if !ok {
			t.Errorf("%T: error %v, want an *UnkeyableError", row.value, err)
			continue
		}
		if refusal.Path != row.path || refusal.Reason != row.reason {
			t.Errorf("%T: path %q, reason %q, want %q, %q", row.value, refusal.Path, refusal.Reason, row.path, row.reason)
		}
		if _, err := Take(reflect.ValueOf(row.value), Limits{}); err == nil {
			t.Errorf("%T: a snapshot was taken", row.value)
		}
		if preview := Preview(row.value, 80); preview == "" {
			t.Errorf("%T: no preview", row.value)
		}
	}
}
