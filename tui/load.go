package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"
)

// A load brings a value from the lab-book to a page and keeps the last one that
// came until a newer one does. The zero load is ready to use.
type load[T any] struct {
	value T
	known bool  // a value has come
	err   error // of the last answer
	busy  bool

	id     int // tells its answers from those of other loads
	seq    int // of the last question; answers to older ones are dropped
	again  bool
	fetch  func(context.Context) (T, error)
	cancel context.CancelFunc
}

// An answer is what the command of a load brings back.
type answer[T any] struct {
	id, seq int
	value   T
	err     error
}

// start asks for a value, instead of any that was asked for before. It is
// fetched in another goroutine, so fetch must use nothing that the page changes.
func (l *load[T]) start(k *kit, fetch func(context.Context) (T, error)) tea.Cmd {
	if l.id == 0 {
		k.loads++
		l.id = k.loads
	}
	l.abandon()
	ctx, cancel := context.WithCancel(k.ctx)
	l.seq++
	l.fetch, l.cancel, l.busy = fetch, cancel, true
	id, seq := l.id, l.seq
	return func() tea.Msg {
		value, err := fetch(ctx)
		return answer[T]{id: id, seq: seq, value: value, err: err}
	}
}

// refresh asks the last question again. One that is under way is waited for
// first: were it cancelled, a lab-book that changes faster than it is read would
// never be shown.
func (l *load[T]) refresh(k *kit) tea.Cmd {
	if l.fetch == nil {
		return nil
	}
	if l.busy {
		l.again = true
		return nil
	}
	return l.start(k, l.fetch)
}

// abandon drops the question that is under way.
func (l *load[T]) abandon() {
	if l.cancel != nil {
		l.cancel()
	}
	l.seq++
	l.busy, l.again, l.cancel = false, false, nil
}

// take keeps the answer to the last question and reports whether msg was that.
// After an error the old value stays. The command, if any, asks again.
func (l *load[T]) take(k *kit, msg tea.Msg) (tea.Cmd, bool) {
	got, ok := msg.(answer[T])
	if !ok || got.id != l.id || got.seq != l.seq {
		return nil, false
	}
	l.cancel()
	l.busy, l.err, l.cancel = false, got.err, nil
	if got.err == nil {
		l.value, l.known = got.value, true
	}
	if !l.again {
		return nil, true
	}
	l.again = false
	return l.start(k, l.fetch), true
}
