package safetext

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func ExampleWriter() {
	w := NewWriter(os.Stdout)
	fmt.Fprint(w, "10%\r50%\r100")
	fmt.Fprint(w, "%\n\x1b]0;a title\adone")
	fmt.Println("nothing is held back:", w.Close())
	// Output:
	// 100%
	// donenothing is held back: <nil>
}

type brokenPipe struct{ writes int }

var errBroken = errors.New("broken pipe")

func (b *brokenPipe) Write([]byte) (int, error) {
	b.writes++
	return 0, errBroken
}

func TestWriterStopsAtAnError(t *testing.T) {
	t.Parallel()
	var broken brokenPipe
	w := NewWriter(&broken)
	if _, err := fmt.Fprint(w, "no newline"); err != nil {
		t.Errorf("Write before anything was due: %v", err)
	}
	for range 2 {
		if n, err := fmt.Fprint(w, "\n"); n != 0 || !errors.Is(err, errBroken) {
			t.Errorf("Write = %d, %v, want 0, %v", n, err, errBroken)
		}
	}
	if err := w.Close(); !errors.Is(err, errBroken) {
		t.Errorf("Close = %v, want %v", err, errBroken)
	}
	if broken.writes != 1 {
		t.Errorf("%d writes after an error, want none", broken.writes-1)
	}
}

func TestWriterStartsAnewAfterClose(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	w := NewWriter(&b)
	for _, text := range []string{"\x1b[31mred", "plain"} {
		fmt.Fprint(w, text)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := b.String(), "\x1b[31mred\x1b[mplain"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}
