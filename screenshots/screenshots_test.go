package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		line   string
		want   []span
	}{
		{"plain text is one span", "a word", []span{{0, 6, "a word", style{}}}},
		{"a sign stands alone", "a ● b", []span{{0, 2, "a ", style{}}, {2, 1, "●", style{}}, {3, 2, " b", style{}}}},
		{"a wide character takes two cells", "数b", []span{{0, 2, "数", style{}}, {2, 1, "b", style{}}}},
		{
			"a style until the next", "\x1b[1;38;2;1;2;3ma\x1b[0;7mb\x1b[mc",
			[]span{{0, 1, "a", style{front: "#010203", bold: true}}, {1, 1, "b", style{turned: true}}, {2, 1, "c", style{}}},
		},
		{
			"named and indexed colours", "\x1b[32;48;5;16ma\x1b[39;49;38;5;255mb",
			[]span{{0, 1, "a", style{front: palette[2], back: "#000000"}}, {1, 1, "b", style{front: "#eeeeee"}}},
		},
		{"a colour cut short is none", "\x1b[38;2;1ma", []span{{0, 1, "a", style{}}}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, parseLine(test.line), cmp.AllowUnexported(span{}, style{})); diff != "" {
				t.Errorf("spans of %q (-want +got):\n%s", test.line, diff)
			}
		})
	}
}

func TestDrawSVG(t *testing.T) {
	t.Parallel()
	picture := string(drawSVG("\x1b[31;7ma<b\x1b[m\n  c d  e ", 10, 2))
	for _, want := range []string{
		`width="112" height="84"`,
		`<rect x="14.0" y="34.0" width="25.2" height="18" fill="#f28b82"/>`,
		`<text x="14.0" y="47.5" fill="#16181d" textLength="25.2">a&lt;b</text>`,
		`<text x="30.8" y="65.5" fill="#d7dae0" textLength="25.2">c d</text>`,
		`<text x="72.8" y="65.5" fill="#d7dae0" textLength="8.4">e</text>`,
	} {
		if !strings.Contains(picture, want) {
			t.Errorf("no %s in\n%s", want, picture)
		}
	}
}

func TestRunDrawsEachPictureAlike(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	for _, folder := range []string{first, second} {
		if err := run(t.Context(), folder); err != nil {
			t.Fatal(err)
		}
	}
	for _, shot := range tour {
		a, errA := os.ReadFile(filepath.Join(first, shot.file))
		b, errB := os.ReadFile(filepath.Join(second, shot.file))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s is drawn differently the second time", shot.file)
		}
		if texts := countTexts(t, a); texts < height {
			t.Errorf("%s holds %d texts, fewer than there are lines", shot.file, texts)
		}
	}
}

// countTexts reads a picture as XML and counts its texts.
func countTexts(t *testing.T, picture []byte) int {
	t.Helper()
	n := 0
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		if element, ok := token.(xml.StartElement); ok && element.Name.Local == "text" {
			n++
		}
	}
}
