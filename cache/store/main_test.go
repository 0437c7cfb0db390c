package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"labbook/cache/store"
	"labbook/runlog/record"
)

const (
	function = "labbook/tests/programs/digits.trainModel"
	roleEnv  = "STORE_TEST_ROLE"
	dirEnv   = "STORE_TEST_DIR"
)

// TestMain makes the test binary a writer when another test starts it as one.
func TestMain(m *testing.M) {
	switch role := os.Getenv(roleEnv); role {
	case "":
		os.Exit(m.Run())
	case "writer":
		os.Exit(writerRole(os.Getenv(dirEnv)))
	case "claimant":
		os.Exit(claimantRole(os.Getenv(dirEnv)))
	case "merger":
		os.Exit(mergerRole(os.Getenv(dirEnv)))
	case "evicting":
		os.Exit(evictingRole(os.Getenv(dirEnv)))
	default:
		os.Exit(platformRole(role, os.Getenv(dirEnv)))
	}
}

// writerRole writes and reads a few keys again and again, as several processes
// do at once.
func writerRole(dir string) int {
	s := store.Open(dir, store.Limits{})
	for i := range 60 {
		key := keyOf(i % 3)
		if err := s.Put(function, key, meta(), payloadOf(os.Getpid()*1000+i)); err != nil {
			fmt.Fprintln(os.Stderr, "put:", err)
			return 1
		}
		e, err := s.Get(function, key)
		if err != nil {
			fmt.Fprintln(os.Stderr, "get:", err)
			return 1
		}
		if !isPayload(e.Payload) {
			fmt.Fprintln(os.Stderr, "payload of mixed origin")
			return 1
		}
	}
	return 0
}

// payloadOf returns bytes that tell whether they come from one writer.
func payloadOf(n int) []byte {
	return bytes.Repeat([]byte(strconv.Itoa(n)+","), 1+n%20_000)
}

func isPayload(b []byte) bool {
	text, _, _ := bytes.Cut(b, []byte(","))
	n, err := strconv.Atoi(string(text))
	return err == nil && bytes.Equal(b, payloadOf(n))
}

func keyOf(n int) store.Key {
	return store.Key{byte(n), 0xab, 31: byte(n >> 8)}
}

func meta() store.Meta {
	return store.Meta{
		Created:    time.Unix(1_700_000_000, 123_456_789),
		Duration:   1500 * time.Millisecond,
		OriginRun:  "01890a5d-ac96-774b-bcce-b302099a8057",
		OriginCall: 57,
		Parts:      []record.Part{{Position: 0, Kind: record.PartArgument, Name: "x", Digest: "00ff", Preview: "[]float64[3] 1 <2> 3"}},
	}
}

func put(t testing.TB, s *store.Store, key store.Key, payload []byte) {
	t.Helper()
	if err := s.Put(function, key, meta(), payload); err != nil {
		t.Fatal(err)
	}
}

func wantCorrupt(t testing.TB, err error, what string) {
	t.Helper()
	if _, ok := errors.AsType[*store.CorruptError](err); !ok {
		t.Errorf("%s: got %v, want a *CorruptError", what, err)
	}
}
