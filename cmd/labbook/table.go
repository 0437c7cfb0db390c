package main

import (
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"

	"labbook/runlog/safetext"
)

// A table is text in columns as wide as what they hold. All of it is made
// harmless for a terminal.
type table struct {
	rows [][]string
}

func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = safetext.Line(cells[i])
	}
	t.rows = append(t.rows, cells)
}

// write prints the rows, each after the indent.
func (t *table) write(w io.Writer, indent string) error {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		padded := make([]string, len(row))
		for i, cell := range row {
			padded[i] = cell + strings.Repeat(" ", widths[i]-ansi.StringWidth(cell))
		}
		b.WriteString(strings.TrimRight(indent+strings.Join(padded, "  "), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// width is that of the terminal that is printed to, 0 if it is none.
func (a *app) width() int {
	file, ok := a.stdout.(*os.File)
	if !ok || !term.IsTerminal(file.Fd()) {
		return 0
	}
	width, _, err := term.GetSize(file.Fd())
	if err != nil {
		return 0
	}
	return width
}

// fit cuts the last column to what a terminal of that width has room for, if it
// has any.
func (t *table) fit(width int) {
	if width == 0 || len(t.rows) == 0 {
		return
	}
	last := len(t.rows[0]) - 1
	taken := 0
	for column := range last {
		widest := 0
		for _, row := range t.rows {
			widest = max(widest, ansi.StringWidth(row[column]))
		}
		taken += widest + 2
	}
	for _, row := range t.rows {
		row[last] = ansi.Truncate(row[last], max(width-taken, minColumn), "…")
	}
}

// minColumn is what a column that is cut keeps however narrow the terminal is.
const minColumn = 12
