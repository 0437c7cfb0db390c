package tui

import (
	"context"
	"errors"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func fetchNumber(n int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) { return n, ctx.Err() }
}

func TestLoadDropsStaleAnswers(t *testing.T) {
	t.Parallel()
	k := &kit{ctx: t.Context()}
	var l load[int]
	first := l.start(k, fetchNumber(1))
	second := l.start(k, fetchNumber(2))
	if _, ok := l.take(k, second()); !ok || l.value != 2 {
		t.Fatalf("the answer to the last question was not taken: %+v", l)
	}
	if _, ok := l.take(k, first()); ok || l.value != 2 || l.err != nil {
		t.Fatalf("the answer to an older question was taken: %+v", l)
	}
}

func TestLoadCancelsWhatIsSuperseded(t *testing.T) {
	t.Parallel()
	k := &kit{ctx: t.Context()}
	var l load[int]
	first := l.start(k, fetchNumber(1))
	l.start(k, fetchNumber(2))
	if err := first().(answer[int]).err; !errors.Is(err, context.Canceled) {
		t.Errorf("the superseded read went on: %v", err)
	}
}

func TestLoadIgnoresOthers(t *testing.T) {
	t.Parallel()
	k := &kit{ctx: t.Context()}
	var mine, other load[int]
	mine.start(k, fetchNumber(1))
	answered := other.start(k, fetchNumber(2))
	if _, ok := mine.take(k, answered()); ok {
		t.Error("a load took the answer to another's question")
	}
	if _, ok := mine.take(k, tea.KeyMsg{}); ok {
		t.Error("a load took a key for an answer")
	}
}

func TestLoadKeepsTheOldValueAfterAnError(t *testing.T) {
	t.Parallel()
	k := &kit{ctx: t.Context()}
	var l load[int]
	l.take(k, l.start(k, fetchNumber(1))())
	l.take(k, l.start(k, func(context.Context) (int, error) { return 0, errDisk })())
	if !l.known || l.value != 1 || !errors.Is(l.err, errDisk) {
		t.Errorf("after an error: %+v, want value 1 and the error", l)
	}
	l.take(k, l.start(k, fetchNumber(3))())
	if l.value != 3 || l.err != nil {
		t.Errorf("after a good answer: %+v, want value 3 and no error", l)
	}
}

func TestLoadRefreshWaitsForTheAnswerUnderWay(t *testing.T) {
	t.Parallel()
	k := &kit{ctx: t.Context()}
	var l load[int]
	if cmd := l.refresh(k); cmd != nil {
		t.Error("a refresh before any question reads something")
	}
	reads := 0
	cmd := l.start(k, func(context.Context) (int, error) { reads++; return reads, nil })
	for range 3 {
		if again := l.refresh(k); again != nil {
			t.Error("a refresh started a second read beside the first")
		}
	}
	again, ok := l.take(k, cmd())
	if !ok || again == nil {
		t.Fatalf("the answer was taken: %t, and asked for again: %t; want both", ok, again != nil)
	}
	if more, _ := l.take(k, again()); more != nil || l.value != 2 {
		t.Errorf("after the refresh: value %d, asks again: %t; want 2 and no", l.value, more != nil)
	}
}
