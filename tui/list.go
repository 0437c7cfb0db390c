package tui

import (
	"context"
	"slices"

	tea "github.com/charmbracelet/bubbletea"
)

// pageSize is how many rows are read at a time, and refreshSize how many of the
// newest are read again when the lab-book has changed. maxRows bounds the list.
const (
	pageSize    = 200
	refreshSize = 1000
	maxRows     = 50_000
)

// A fetcher reads the rows that follow after, or the first ones if it is nil.
// It runs outside Update.
type fetcher[T any] func(ctx context.Context, after *T, limit int) ([]T, error)

// A list is a table whose rows are read in pages as the cursor comes near its
// end. The selection stays on a row, not on a place, when rows come and go.
type list[T any, K comparable] struct {
	kit     *kit
	columns []column[T]
	id      func(*T) K

	rows    []T
	hasMore bool
	cursor  int
	top     int // first row on the screen
	natural []int
	width   int
	height  int // with the line of titles

	fetch   fetcher[T]
	replace bool // the next answer is to another question: no old row stays
	home    bool // and the cursor goes to its first row
	head    load[leading[T]]
	tail    load[following[T, K]]
}

// leading is what there is at the beginning, up to limit rows.
type leading[T any] struct {
	limit int
	rows  []T
}

// following is a page that comes after a row.
type following[T any, K comparable] struct {
	after K
	rows  []T
}

func newList[T any, K comparable](k *kit, id func(*T) K, columns []column[T]) list[T, K] {
	return list[T, K]{kit: k, columns: columns, id: id, natural: make([]int, len(columns))}
}

// show asks for the rows of another fetcher. Until they come, the old ones stay.
func (l *list[T, K]) show(fetch fetcher[T]) tea.Cmd {
	l.fetch, l.replace = fetch, true
	l.tail.abandon()
	return l.readHead(pageSize)
}

func (l *list[T, K]) readHead(limit int) tea.Cmd {
	fetch := l.fetch
	return l.head.start(l.kit, func(ctx context.Context) (leading[T], error) {
		rows, err := fetch(ctx, nil, limit)
		return leading[T]{limit, rows}, err
	})
}

// refresh asks for the newest rows again.
func (l *list[T, K]) refresh() tea.Cmd {
	if l.fetch == nil {
		return nil
	}
	if l.head.busy {
		return l.head.refresh(l.kit)
	}
	return l.readHead(min(max(len(l.rows), pageSize), refreshSize))
}

// take keeps msg if it is an answer to this list.
func (l *list[T, K]) take(msg tea.Msg) tea.Cmd {
	if again, ok := l.head.take(l.kit, msg); ok {
		if l.head.err == nil {
			l.merge(l.head.value)
			l.head.value = leading[T]{}
		}
		return tea.Batch(again, l.more())
	}
	if _, ok := l.tail.take(l.kit, msg); ok && l.tail.err == nil {
		l.append(l.tail.value)
		l.tail.value = following[T, K]{}
		return l.more()
	}
	return nil
}

// merge puts the newest rows in the place of what they overlap with.
func (l *list[T, K]) merge(head leading[T]) {
	selected, hasSelected := l.selectedID()
	isFull := len(head.rows) >= head.limit
	switch old := l.rows; {
	case l.replace:
		l.rows, l.hasMore = head.rows, isFull
		clear(l.natural)
	case !isFull: // that was all there is
		l.rows, l.hasMore = head.rows, false
	default:
		if i := l.indexOf(l.id(&head.rows[len(head.rows)-1])); i >= 0 {
			l.rows = append(slices.Clip(head.rows), old[i+1:]...)
		} else {
			l.rows, l.hasMore = head.rows, true
			l.tail.abandon()
		}
	}
	measure(l.columns, l.natural, head.rows, l.kit.now)
	if hasSelected && !l.home {
		if i := l.indexOf(selected); i >= 0 {
			if l.top > 0 { // at the top new rows come into sight
				l.top += i - l.cursor
			}
			l.cursor = i
		} else if l.replace {
			l.cursor = 0
		}
	} else {
		l.cursor = 0
	}
	l.replace, l.home = false, false
	l.settle()
}

func (l *list[T, K]) append(page following[T, K]) {
	if len(l.rows) == 0 || l.id(&l.rows[len(l.rows)-1]) != page.after {
		return // the rows have changed meanwhile; more asks again
	}
	l.rows = append(l.rows, page.rows...)
	l.hasMore = len(page.rows) > 0 && len(l.rows) < maxRows
	measure(l.columns, l.natural, page.rows, l.kit.now)
}

// more asks for the next page if the cursor is near the end of what is there.
func (l *list[T, K]) more() tea.Cmd {
	if !l.hasMore || l.tail.busy || l.head.busy || l.tail.err != nil || l.cursor+2*l.height+1 < len(l.rows) {
		return nil
	}
	last := l.rows[len(l.rows)-1]
	after, fetch := l.id(&last), l.fetch
	return l.tail.start(l.kit, func(ctx context.Context) (following[T, K], error) {
		rows, err := fetch(ctx, &last, pageSize)
		return following[T, K]{after, rows}, err
	})
}

func (l *list[T, K]) indexOf(id K) int {
	for i := range l.rows {
		if l.id(&l.rows[i]) == id {
			return i
		}
	}
	return -1
}

// selected returns the row under the cursor, nil if there is none.
func (l *list[T, K]) selected() *T {
	if l.cursor >= len(l.rows) {
		return nil
	}
	return &l.rows[l.cursor]
}

func (l *list[T, K]) selectedID() (id K, ok bool) {
	if row := l.selected(); row != nil {
		return l.id(row), true
	}
	return id, false
}

func (l *list[T, K]) setSize(width, height int) {
	l.width, l.height = width, height
	l.settle()
}

// settle brings the cursor into the list and onto the screen.
func (l *list[T, K]) settle() {
	l.cursor = max(min(l.cursor, len(l.rows)-1), 0)
	visible := max(l.height-1, 1)
	l.top = max(min(l.top, l.cursor, len(l.rows)-visible), l.cursor-visible+1, 0)
}

// view returns the table, or what empty says if there are no rows.
func (l *list[T, K]) view(empty []string) []string {
	if len(l.rows) == 0 {
		switch {
		case l.head.err != nil:
			return []string{"", unmarked + "nothing could be read"}
		case !l.head.known:
			return []string{"", unmarked + l.kit.theme.faint.on("reading…")}
		}
		lines := []string{""}
		for _, line := range empty {
			for _, part := range wrap(line, l.width-2*markerSize) {
				lines = append(lines, unmarked+part)
			}
		}
		return lines
	}
	layout := place(l.columns, l.natural, l.width)
	lines := []string{tableHeader(l.columns, layout, &l.kit.theme)}
	for i := l.top; i < len(l.rows) && len(lines) < l.height; i++ {
		lines = append(lines, tableRow(l.columns, layout, &l.rows[i], i == l.cursor, &l.kit.theme, l.kit.now))
	}
	return lines
}

// count says how many rows there are, "200+" if more can be read.
func (l *list[T, K]) count() string {
	return countOf(len(l.rows), l.hasMore || len(l.rows) >= maxRows)
}

// err is what went wrong in the last read.
func (l *list[T, K]) err() error {
	if l.head.err != nil {
		return l.head.err
	}
	return l.tail.err
}
