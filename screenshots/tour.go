package main

import (
	"context"
	"io"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"labbook/tui"
	"labbook/tui/headless"
)

// The size of the terminal in the pictures, in cells.
const width, height = 100, 30

// A shot is a picture and the keys that lead to what is on it.
type shot struct {
	file string
	keys []string
}

var tour = []shot{
	{"runs.svg", []string{"j", "j"}},
	{"run.svg", []string{"j", "j", "enter"}},
	{"calls.svg", []string{"j", "j", "enter", "2", "j", "j", "j"}},
	{"why-miss.svg", []string{"j", "j", "enter", "2", "j", "j", "j", "w"}},
	{"output.svg", []string{"enter", "4"}},
}

// take starts an explorer of book and returns its screen once the keys are
// pressed.
func take(ctx context.Context, book tui.Book, now time.Time, s shot) (string, error) {
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.TrueColor)
	renderer.SetHasDarkBackground(true)
	model := tui.New(ctx, book, tui.Options{
		Now:      func() time.Time { return now },
		Poll:     -1, // the pictures stand still
		Renderer: renderer,
	})
	screen, err := headless.New(model, width, height)
	if err != nil {
		return "", err
	}
	if err := screen.Press(s.keys...); err != nil {
		return "", err
	}
	return screen.View(), nil
}
