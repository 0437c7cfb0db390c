package sqlbook

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

func note(text string) []event.Event {
	return []event.Event{&event.Note{Note: record.Note{Text: text}}}
}

func TestForgetSpools(t *testing.T) {
	t.Parallel()
	b := create(t)
	const gone, there, alive = runUUID + "-main.spool", secondUUID + "-main.spool", "21234567-89ab-4def-8123-456789abcdef-main.spool"
	for _, name := range []string{gone, there, alive} {
		events := note("x")
		if name == alive { // its file was deleted under it
			events = append(events, &event.RunStart{Run: record.Run{Started: start}}, &event.Heartbeat{At: now()})
		}
		if err := b.Apply(t.Context(), name, name[:36], events, 0, 9); err != nil {
			t.Fatal(err)
		}
	}
	list := func() ([]string, error) { return []string{there}, nil }
	if n, err := b.ForgetSpools(t.Context(), list); err != nil || n != 1 {
		t.Errorf("%d forgotten, %v; want 1", n, err)
	}
	if known, err := b.KnownSpools(t.Context()); err != nil || !slices.Equal(known, []string{there, alive}) {
		t.Errorf("known are %q, %v", known, err)
	}
	broken := errors.New("no such folder")
	if _, err := b.ForgetSpools(t.Context(), func() ([]string, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("%v; want what list said", err)
	}
	if known, err := b.KnownSpools(t.Context()); err != nil || len(known) != 2 {
		t.Errorf("known are %q, %v", known, err)
	}
}

// One opener takes in, deletes and forgets a spool that another one has open: what
// the other does then comes to nothing, whenever it does it.
func TestTwoOpenersAndForgetting(t *testing.T) {
	t.Parallel()
	b := create(t)
	slow, err := Create(t.Context(), b.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	const rounds = 60
	for round := range rounds {
		name := fmt.Sprintf("spool-%d", round)
		var exists atomic.Bool
		exists.Store(true)
		isThere := func() (bool, error) { return exists.Load(), nil }
		var group sync.WaitGroup
		group.Go(func() { // takes it in, deletes it, forgets it
			err := b.ApplyFirst(t.Context(), name, runUUID, note(name), 9, isThere)
			if err != nil && !errors.Is(err, ErrMoved) {
				t.Error(err)
				return
			}
			exists.Store(false)
			if _, err := b.ForgetSpools(t.Context(), func() ([]string, error) { return nil, nil }); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() { // has read the same events
			err := slow.ApplyFirst(t.Context(), name, runUUID, note(name), 9, isThere)
			if err != nil && !errors.Is(err, ErrMoved) && !errors.Is(err, ErrGone) {
				t.Error(err)
			}
		})
		group.Wait()
	}
	run, err := b.Run(t.Context(), 1)
	if err != nil || len(run.Notes) != rounds {
		t.Errorf("%d notes, %v; want %d", len(run.Notes), err, rounds)
	}
	err = slow.ApplyFirst(t.Context(), "spool-0", runUUID, note("again"), 9, func() (bool, error) { return false, nil })
	if !errors.Is(err, ErrGone) {
		t.Errorf("%v; want ErrGone", err)
	}
	unknown := errors.New("permission denied")
	err = slow.ApplyFirst(t.Context(), "spool-0", runUUID, note("again"), 9, func() (bool, error) { return false, unknown })
	if !errors.Is(err, unknown) {
		t.Errorf("%v; want why it is not known", err)
	}
}
