package tui

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"
)

// A shelf is a source of numbers, the greatest first, for a list.
type shelf struct {
	numbers []int
	reads   int
	err     error
}

func (s *shelf) fetch(_ context.Context, after *int, limit int) ([]int, error) {
	s.reads++
	if s.err != nil {
		return nil, s.err
	}
	rest := s.numbers
	if after != nil {
		rest = slices.DeleteFunc(slices.Clone(rest), func(n int) bool { return n >= *after })
	}
	return slices.Clone(rest[:min(limit, len(rest))]), nil
}

// fill holds the numbers from most down to 1.
func (s *shelf) fill(most int) {
	s.numbers = nil
	for n := most; n > 0; n-- {
		s.numbers = append(s.numbers, n)
	}
}

func newNumberList(t *testing.T) *list[int, int] {
	t.Helper()
	k := &kit{ctx: t.Context(), theme: newTheme(renderer(termenv.Ascii)), keys: newKeys(), now: testNow}
	l := newList(k, func(n *int) int { return *n }, []column[int]{
		{title: "n", least: 3, most: 9, cell: func(n *int, _ time.Time) (string, ink) { return strconv.Itoa(*n), ink{} }},
	})
	l.setSize(20, 11) // ten rows and the titles
	return &l
}

// settleList runs commands until none is left.
func settleList(t *testing.T, l *list[int, int], cmd tea.Cmd) {
	t.Helper()
	for range 1000 {
		if cmd == nil {
			return
		}
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, cmd := range batch {
				settleList(t, l, cmd)
			}
			return
		}
		cmd = l.take(msg)
	}
	t.Fatal("the list asks without end")
}

func TestListKeepsTheSelectionByID(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  string
		cursor  int // selects number 100−cursor
		change  func(*shelf)
		want    int // selected
		wantTop int // number on the first line
	}{
		{"new rows at the head come into sight", 3, func(s *shelf) { s.fill(102) }, 97, 102},
		{"a selection at the head stays on its row", 0, func(s *shelf) { s.fill(103) }, 100, 103},
		{"new rows push the selection no further than the last line", 9, func(s *shelf) { s.fill(105) }, 91, 100},
		{"scrolled down, nothing on the screen moves", 50, func(s *shelf) { s.fill(120) }, 50, 59},
		{"rows above that go move nothing either", 50, func(s *shelf) { s.numbers = s.numbers[7:] }, 50, 59},
		{"the row itself goes: the next takes its place", 50, func(s *shelf) { s.numbers = slices.Delete(s.numbers, 50, 51) }, 49, 59},
		{"all go but one", 50, func(s *shelf) { s.fill(1) }, 1, 1},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			var s shelf
			s.fill(100)
			l := newNumberList(t)
			settleList(t, l, l.show(s.fetch))
			settleList(t, l, l.moveTo(test.cursor))
			test.change(&s)
			settleList(t, l, l.refresh())
			if got := *l.selected(); got != test.want {
				t.Errorf("selected %d, want %d", got, test.want)
			}
			if got := l.rows[l.top]; got != test.wantTop {
				t.Errorf("the first line is %d, want %d", got, test.wantTop)
			}
			if !slices.Equal(l.rows, s.numbers) {
				t.Errorf("rows %v, want %v", l.rows, s.numbers)
			}
		})
	}
}

func TestListReadsPagesAsTheCursorComesNear(t *testing.T) {
	t.Parallel()
	var s shelf
	s.fill(5 * pageSize / 2)
	l := newNumberList(t)
	settleList(t, l, l.show(s.fetch))
	if len(l.rows) != pageSize || s.reads != 1 {
		t.Fatalf("%d rows in %d reads to begin with, want %d in 1", len(l.rows), s.reads, pageSize)
	}
	settleList(t, l, l.moveTo(pageSize/2))
	if s.reads != 1 {
		t.Errorf("%d reads with the end out of sight, want 1", s.reads)
	}
	for range 3 {
		settleList(t, l, l.moveTo(len(l.rows)-1))
	}
	if !slices.Equal(l.rows, s.numbers) || l.hasMore {
		t.Errorf("%d rows, more: %t; want all %d", len(l.rows), l.hasMore, len(s.numbers))
	}
	reads := s.reads
	settleList(t, l, l.moveTo(len(l.rows)-1))
	if s.reads != reads {
		t.Error("a read beyond the end that was reached")
	}
}

func TestListRefreshKeepsWhatWasPagedIn(t *testing.T) {
	t.Parallel()
	var s shelf
	s.fill(refreshSize + 3*pageSize)
	l := newNumberList(t)
	settleList(t, l, l.show(s.fetch))
	for l.hasMore {
		settleList(t, l, l.moveTo(len(l.rows)-1))
	}
	s.fill(len(s.numbers) + 5)
	settleList(t, l, l.refresh())
	if !slices.Equal(l.rows, s.numbers) {
		t.Errorf("%d rows after a refresh, want %d", len(l.rows), len(s.numbers))
	}
	if got := *l.selected(); got != 1 {
		t.Errorf("selected %d, want 1", got)
	}
}

func TestListDropsAPageOfRowsThatWereReplaced(t *testing.T) {
	t.Parallel()
	var s, other shelf
	s.fill(3 * pageSize)
	other.numbers = []int{7, 5, 3}
	l := newNumberList(t)
	settleList(t, l, l.show(s.fetch))
	late := l.moveTo(len(l.rows) - 1)
	settleList(t, l, l.show(other.fetch))
	settleList(t, l, late)
	if !slices.Equal(l.rows, other.numbers) {
		t.Errorf("rows %v, want %v", l.rows, other.numbers)
	}
}

func TestListDropsAPageThatFollowsARowThatIsGone(t *testing.T) {
	t.Parallel()
	var s shelf
	s.fill(3 * pageSize)
	l := newNumberList(t)
	settleList(t, l, l.show(s.fetch))
	page := l.moveTo(len(l.rows) - 1)()
	s.fill(10)
	settleList(t, l, l.refresh())
	settleList(t, l, l.take(page))
	if !slices.Equal(l.rows, s.numbers) {
		t.Errorf("rows %v, want %v", l.rows, s.numbers)
	}
}

func TestListShowsTheOldRowsUntilTheNewCome(t *testing.T) {
	t.Parallel()
	var s shelf
	s.fill(3)
	l := newNumberList(t)
	settleList(t, l, l.show(s.fetch))
	l.show((&shelf{numbers: []int{9}}).fetch)
	if text := strings.Join(l.view(nil), "\n"); !strings.Contains(text, "3") {
		t.Errorf("while the new rows are read, the screen shows\n%s", text)
	}
}

func TestListGoesOnAfterAnError(t *testing.T) {
	t.Parallel()
	var s shelf
	s.fill(2 * pageSize)
	l := newNumberList(t)
	settleList(t, l, l.show(s.fetch))
	s.err = errDisk
	settleList(t, l, l.moveTo(len(l.rows)-1))
	if !errors.Is(l.err(), errDisk) || len(l.rows) != pageSize {
		t.Fatalf("error %v with %d rows, want %v and the old ones", l.err(), len(l.rows), errDisk)
	}
	s.err = nil
	settleList(t, l, l.moveTo(len(l.rows)-1))
	if l.err() != nil || len(l.rows) != 2*pageSize {
		t.Errorf("error %v with %d rows, want none and all", l.err(), len(l.rows))
	}
}

func TestListMouse(t *testing.T) {
	t.Parallel()
	var s shelf
	s.fill(100)
	l := newNumberList(t)
	settleList(t, l, l.show(s.fetch))
	click := func(y int) (opens bool) {
		_, opens = l.mouse(tea.MouseMsg{Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
		return opens
	}
	if click(4) || *l.selected() != 97 {
		t.Errorf("a click on the fourth row selects %d", *l.selected())
	}
	if !click(4) {
		t.Error("a second click does not open the row")
	}
	if click(0) || *l.selected() != 97 {
		t.Error("a click on the titles does something")
	}
	l.mouse(tea.MouseMsg{Action: tea.MouseActionPress, Button: tea.MouseButtonWheelDown})
	if *l.selected() != 97-wheelStep {
		t.Errorf("the wheel moves to %d, want %d", *l.selected(), 97-wheelStep)
	}
	l.mouse(tea.MouseMsg{Y: 3, Action: tea.MouseActionRelease, Button: tea.MouseButtonLeft})
	if *l.selected() != 97-wheelStep {
		t.Error("releasing a button does something")
	}
}
