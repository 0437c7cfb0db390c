package tui

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"labbook/tui/headless"
	"labbook/tui/samplebook"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testNow = time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)

// renderer returns one that knows the colours of a profile on a dark terminal.
func renderer(profile termenv.Profile) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(true)
	return r
}

// open starts an explorer of book without colours; time stands still and
// nothing is polled.
func open(t *testing.T, book Book, width, height int) *headless.Screen {
	t.Helper()
	return openWith(t, book, Options{Renderer: renderer(termenv.Ascii)}, width, height)
}

func openWith(t *testing.T, book Book, options Options, width, height int) *headless.Screen {
	t.Helper()
	options.Poll = -1
	if options.Now == nil {
		options.Now = func() time.Time { return testNow }
	}
	screen, err := headless.New(&guardedModel{New(t.Context(), &guardedBook{Book: book, t: t}, options)}, width, height)
	if err != nil {
		t.Fatal(err)
	}
	return screen
}

func press(t *testing.T, screen *headless.Screen, keys ...string) {
	t.Helper()
	if err := screen.Press(keys...); err != nil {
		t.Fatal(err)
	}
}

func send1(t *testing.T, screen *headless.Screen, msg tea.Msg) {
	t.Helper()
	if err := screen.Send(msg); err != nil {
		t.Fatal(err)
	}
}

func typeText(t *testing.T, screen *headless.Screen, text string) {
	t.Helper()
	if err := screen.Type(text); err != nil {
		t.Fatal(err)
	}
}

var errDisk = errors.New("read the lab-book: disk I/O error")

// pages are ways to each page of the explorer.
var pages = []struct {
	name  string
	keys  []string
	typed string
	then  []string
}{
	{name: "runs"},
	{name: "filter", keys: []string{"/"}},
	{name: "filtered", keys: []string{"/"}, typed: "status:failed", then: []string{"enter"}},
	{name: "mistake", keys: []string{"/"}, typed: "outcome:mist", then: []string{"enter"}},
	{name: "overview", keys: []string{"j", "j", "enter"}},
	{name: "calls", keys: []string{"j", "enter", "2", "j", "j"}},
	{name: "longest", keys: []string{"enter", "2", "s"}},
	{name: "batches", keys: []string{"enter", "3"}},
	{name: "tasks", keys: []string{"j", "j", "enter", "3", "enter", "G", "k", "k", "k"}},
	{name: "output", keys: []string{"G", "k", "k", "enter", "4"}},
	{name: "causes", keys: []string{"j", "enter", "5", "j"}},
	{name: "call", keys: []string{"j", "j", "enter", "2", "j", "j", "j", "enter"}},
	{name: "why-miss", keys: []string{"j", "j", "enter", "2", "j", "j", "j", "w"}},
	{name: "why-first", keys: []string{"enter", "2", "j", "j", "w"}},
	{name: "help", keys: []string{"?"}},
	{name: "dialog", keys: []string{"enter", "r"}},
}

var sizes = [][2]int{{80, 24}, {60, 15}, {200, 60}}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, page := range pages {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", page.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				screen := open(t, samplebook.New(samplebook.Study(testNow)), size[0], size[1])
				press(t, screen, page.keys...)
				typeText(t, screen, page.typed)
				press(t, screen, page.then...)
				compareGolden(t, screen)
			})
		}
	}
}

func TestGoldenWithoutData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		book Book
	}{
		{"empty", samplebook.New(samplebook.Content{})},
		{"unreadable", &failingBook{Book: samplebook.New(samplebook.Content{}), err: errDisk}},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", test.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				compareGolden(t, open(t, test.book, size[0], size[1]))
			})
		}
	}
}

func compareGolden(t *testing.T, screen *headless.Screen) {
	t.Helper()
	path := filepath.Join("testdata", filepath.Base(t.Name())+".golden")
	got := plain(screen.View()) + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./tui -update", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the screen differs from %s (-want +got):\n%s", path, diff)
	}
}

// plain is a screen as text, without the spaces that nobody sees.
func plain(view string) string {
	lines := strings.Split(ansi.Strip(view), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// openModel starts a model and presses keys.
func openModel(model tea.Model, width, height int, keys ...string) (*headless.Screen, error) {
	screen, err := headless.New(model, width, height)
	if err != nil {
		return nil, err
	}
	return screen, screen.Press(keys...)
}
