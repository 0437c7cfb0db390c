package tui_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"labbook/tui"
	"labbook/tui/headless"
	"labbook/tui/samplebook"
)

// A program shows the explorer with Run. Here it is driven without a terminal,
// to the reason why a call was computed.
func ExampleNew() {
	now := time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)
	model := tui.New(context.Background(), samplebook.New(samplebook.Study(now)), tui.Options{
		Now: func() time.Time { return now }, Poll: -1, Renderer: lipgloss.NewRenderer(io.Discard),
	})
	screen, err := headless.New(model, 70, 8)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := screen.Press("j", "enter", "2", "j", "j", "j", "w"); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(ansi.Strip(screen.View())) {
		fmt.Println(strings.TrimSpace(line))
	}
	// Output:
	// labbook › run 13 › why 13.21                                    15 %
	// Why call 13.21 of model.Train was computed
	// outcome     ○ miss
	// reason      argument-changed
	// argument x is the same but for float noise;
	// params.Columns holds the same elements in another order
	// lost        27 s
	// enter nearest call  r rerun  esc back  ? help  q quit
}
