package tui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// A column is one of a table's. Its width follows what is in it between least
// and most cells; what room is left goes to the columns that grow.
type column[T any] struct {
	title       string
	least, most int
	right       bool // aligned on the right
	rank        int  // the column of the highest rank goes first when room is short; 0 stays
	grow        bool
	cell        func(row *T, now time.Time) (text string, ink ink)
}

// columnGap is the space between two columns, and marker what stands before the
// first one to tell the selected row.
const (
	columnGap  = 2
	marker     = "▸ "
	unmarked   = "  "
	markerSize = 2
)

// A placed column is one that there is room for.
type placed struct{ index, width int }

// place decides which columns fit and how wide they are. Natural holds the width
// of the widest cell of each column.
func place[T any](columns []column[T], natural []int, width int) []placed {
	wanted := func(i int) int { return min(max(natural[i], columns[i].least), columns[i].most) }
	var kept []placed
	need := markerSize - columnGap
	for i := range columns {
		kept = append(kept, placed{i, columns[i].least})
		need += columns[i].least + columnGap
	}
	for need > width && len(kept) > 1 {
		worst := slices.MaxFunc(kept, func(a, b placed) int {
			return cmp.Compare(columns[a.index].rank, columns[b.index].rank)
		})
		if columns[worst.index].rank == 0 {
			break
		}
		need -= worst.width + columnGap
		kept = slices.DeleteFunc(kept, func(p placed) bool { return p == worst })
	}
	left := width - need
	byRank := make([]int, len(kept))
	for i := range byRank {
		byRank[i] = i
	}
	slices.SortStableFunc(byRank, func(a, b int) int {
		return cmp.Compare(columns[kept[a].index].rank, columns[kept[b].index].rank)
	})
	for _, i := range byRank {
		if extra := min(wanted(kept[i].index)-kept[i].width, left); extra > 0 {
			kept[i].width += extra
			left -= extra
		}
	}
	for i := range kept {
		if columns[kept[i].index].grow && left > 0 {
			kept[i].width += left
			left = 0
		}
	}
	return kept
}

// measure widens natural by the cells of rows.
func measure[T any](columns []column[T], natural []int, rows []T, now time.Time) {
	for i := range columns {
		natural[i] = max(natural[i], ansi.StringWidth(columns[i].title))
		for r := range rows {
			if natural[i] >= columns[i].most {
				break
			}
			text, _ := columns[i].cell(&rows[r], now)
			natural[i] = max(natural[i], ansi.StringWidth(text))
		}
	}
}

// tableHeader returns the line of titles.
func tableHeader[T any](columns []column[T], layout []placed, t *theme) string {
	var b strings.Builder
	b.WriteString(unmarked)
	for n, p := range layout {
		if n > 0 {
			b.WriteString(spaces(columnGap))
		}
		b.WriteString(align(columns[p.index].title, p.width, columns[p.index].right))
	}
	return t.faint.on(strings.TrimRight(b.String(), " "))
}

// tableRow returns the line of one row.
func tableRow[T any](columns []column[T], layout []placed, row *T, isSelected bool, t *theme, now time.Time) string {
	var b strings.Builder
	if isSelected {
		b.WriteString(marker)
	} else {
		b.WriteString(unmarked)
	}
	for n, p := range layout {
		if n > 0 {
			b.WriteString(spaces(columnGap))
		}
		text, ink := columns[p.index].cell(row, now)
		text = align(text, p.width, columns[p.index].right)
		if !isSelected { // a row in reverse keeps one colour throughout
			text = ink.on(text)
		}
		b.WriteString(text)
	}
	if isSelected {
		return t.selected.on(b.String())
	}
	return b.String()
}

func align(text string, width int, right bool) string {
	if right {
		return padLeft(text, width)
	}
	return pad(text, width)
}
