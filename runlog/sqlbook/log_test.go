package sqlbook

import (
	"os"
	"strings"
	"testing"
)

// TestLogShrinks has the write-ahead log grow, since somebody reads all the while.
func TestLogShrinks(t *testing.T) {
	t.Parallel()
	b := create(t)
	p := printing{book: b}
	p.print(t, "first\n")
	reader, err := Open(t.Context(), b.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	reading, err := reader.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reading.ExecContext(t.Context(), "BEGIN; SELECT count(*) FROM run"); err != nil {
		t.Fatal(err)
	}
	logSize := func() int64 {
		t.Helper()
		info, err := os.Stat(b.Path() + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	line := strings.Repeat("a line of output\n", 1<<20/17)
	for range 20 {
		p.print(t, line)
	}
	if size := logSize(); size <= keptLog {
		t.Fatalf("the log has %d bytes, so that this shows nothing", size)
	}
	if _, err := reading.ExecContext(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := reading.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p.print(t, "last\n")
	}
	if size := logSize(); size > keptLog {
		t.Errorf("the log still has %d bytes, want at most %d", size, keptLog)
	}
}
