package main

import (
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

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
