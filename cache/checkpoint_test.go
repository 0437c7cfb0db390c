package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/diffargs"
)

type training struct {
	Weights []float64
	Seed    uint64
	Losses  map[int]float64
}

// step is one step of a training that depends on all that came before.
func (s *training) step(i int) {
	s.Seed = s.Seed*6364136223846793005 + 1442695040888963407
	for j := range s.Weights {
		s.Weights[j] = s.Weights[j]*0.999 + float64(s.Seed>>(j%40)&0xff)
	}
	if s.Losses == nil {
		s.Losses = make(map[int]float64)
	}
	s.Losses[i%7] = s.Weights[i%len(s.Weights)]
}

func untrained() training { return training{Weights: make([]float64, 100), Seed: 42} }

// trained is what n steps without an interruption make.
func trained(n int) training {
	s := untrained()
	for i := range n {
		s.step(i)
	}
	return s
}

// savesOf lists the files of all checkpoints in m, without the digests.
func savesOf(t *testing.T, m *Memory) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(filepath.Join(m.dir, checkpointFolder), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !entry.IsDir() {
			step, _, _ := strings.Cut(entry.Name(), "-")
			names = append(names, strings.TrimLeft(step, "0"))
			if info, err := entry.Info(); err != nil || info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
				t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestLoopGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	m := memory(t)
	var made []int
	// Each loop dies in the step after the given number of steps.
	for _, most := range []int{0, 1, 13, 6, 100} {
		cp := NewCheckpoint[training](m, "train", CheckpointOptions{Every: 3}, "x", 0.5)
		state := untrained()
		steps := 0
		for i, err := range cp.Loop(t.Context(), &state, 40) {
			if err != nil {
				t.Fatal(err)
			}
			state.step(i)
			if steps == most {
				break
			}
			steps++
			made = append(made, i)
		}
		if most == 100 {
			if diff := cmp.Diff(trained(40), state); diff != "" {
				t.Errorf("(-uninterrupted +resumed):\n%s", diff)
			}
		}
		cp.Close()
	}
	// Saved after 3, 6, 9, ... steps that were made in a row.
	want := []int{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 13, 14, 15, 16, 17}
	for i := 18; i < 40; i++ {
		want = append(want, i)
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("steps (-want +made):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"39", "40", aboutName}, savesOf(t, m)); diff != "" {
		t.Errorf("saves (-want +kept):\n%s", diff)
	}

	cp := NewCheckpoint[training](m, "train", CheckpointOptions{}, "x", 0.5)
	state := untrained()
	for i, err := range cp.Loop(t.Context(), &state, 40) {
		t.Errorf("a loop that has ended makes step %d, %v", i, err)
	}
	if diff := cmp.Diff(trained(40), state); diff != "" {
		t.Errorf("the result of a loop that has ended:\n%s", diff)
	}
	if err := cp.Done(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string(nil), savesOf(t, m)); diff != "" {
		t.Errorf("left after Done: %s", diff)
	}
}

func TestCheckpointOfOtherParameters(t *testing.T) {
	t.Parallel()
	m := memory(t)
	first := NewCheckpoint[int](m, "train", CheckpointOptions{}, 0.5)
	state := 7
	if _, err := first.Resume(&state); err != nil {
		t.Fatal(err)
	}
	if err := first.Save(1, &state); err != nil {
		t.Fatal(err)
	}
	first.Close()
	resume := func(reason string, step int, cp interface{ Resume(*int) (int, error) }) {
		t.Helper()
		state := 0
		if got, err := cp.Resume(&state); got != step || err != nil || state != 7*min(step, 1) {
			t.Errorf("%s: step %d, %v, state %d", reason, got, err, state)
		}
	}
	resume("the same", 1, NewCheckpoint[int](m, "train", CheckpointOptions{Keep: 5}, 0.5))
	resume("another value", 0, NewCheckpoint[int](m, "train", CheckpointOptions{}, 0.25))
	resume("one more value", 0, NewCheckpoint[int](m, "train", CheckpointOptions{}, 0.5, 1))
	resume("another name", 0, NewCheckpoint[int](m, "test", CheckpointOptions{}, 0.5))
	resume("another memory", 0, NewCheckpoint[int](memory(t), "train", CheckpointOptions{}, 0.5))
	resume("a memory that is off", 0, NewCheckpoint[int](New(m.dir, Options{Off: true}), "train", CheckpointOptions{}, 0.5))
	resume("no memory", 0, NewCheckpoint[int](nil, "train", CheckpointOptions{}, 0.5))
	other := NewCheckpoint[int32](m, "train", CheckpointOptions{}, 0.5)
	if step, err := other.Resume(new(int32)); step != 0 || err != nil {
		t.Errorf("another type of state: step %d, %v", step, err)
	}
}

func TestCheckpointStatesOfManyKinds(t *testing.T) {
	t.Parallel()
	roundTrip(t, 42)
	roundTrip(t, []float64{1, 2})
	roundTrip(t, map[string]int{"a": 1})
	roundTrip(t, &training{Seed: 3})
	roundTrip(t, training{Weights: []float64{1}})
	roundTrip(t, [2]string{"a", "b"})
}

func roundTrip[S any](t *testing.T, want S) {
	t.Helper()
	m := memory(t)
	cp := NewCheckpoint[S](m, "kinds", CheckpointOptions{Sync: true})
	if _, err := cp.Resume(new(S)); err != nil {
		t.Fatal(err)
	}
	if err := cp.Save(1, &want); err != nil {
		t.Fatalf("%T: %v", want, err)
	}
	var got S
	if step, err := cp.Resume(&got); step != 1 || err != nil {
		t.Errorf("%T: step %d, %v", want, step, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T: (-saved +resumed):\n%s", want, diff)
	}
}

func TestCheckpointsThatCannotBe(t *testing.T) {
	t.Parallel()
	m := memory(t)
	_, err := NewCheckpoint[int](m, "a/b", CheckpointOptions{}).Resume(new(int))
	wantError(t, "a path as name", err, errCheckpointName)
	for _, name := range []string{"", ".", "..", "ä", strings.Repeat("a", 101), "a."} {
		if isCheckpointName(name) {
			t.Errorf("%q is a name", name)
		}
	}
	_, err = NewCheckpoint[any](m, "a", CheckpointOptions{}).Resume(new(any))
	wantError(t, "an interface", err, errInterfaceState)
	if _, err = NewCheckpoint[func()](m, "a", CheckpointOptions{}).Resume(new(func())); err == nil {
		t.Error("a function is a state")
	}
	_, err = NewCheckpoint[int](m, "a", CheckpointOptions{}, 1, func() {}).Resume(new(int))
	if _, ok := errors.AsType[*diffargs.UnkeyableError](err); !ok || !strings.Contains(err.Error(), "value 2") {
		t.Errorf("a function as value: %v", err)
	}
	cp := NewCheckpoint[int](m, "a", CheckpointOptions{})
	wantError(t, "save without resume", cp.Save(1, new(int)), errNotResumed)
	wantError(t, "done without resume", cp.Done(), errNotResumed)
	for i, err := range NewCheckpoint[int](m, "/", CheckpointOptions{}).Loop(t.Context(), new(int), 3) {
		if wantError(t, "loop", err, errCheckpointName); i != 0 {
			t.Errorf("step %d after an error", i)
		}
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestCheckpointInUse(t *testing.T) {
	t.Parallel()
	m := memory(t)
	first, second := NewCheckpoint[int](m, "a", CheckpointOptions{}), NewCheckpoint[int](New(m.dir, Options{}), "a", CheckpointOptions{})
	state := 1
	if _, err := first.Resume(&state); err != nil {
		t.Fatal(err)
	}
	_, err := second.Resume(&state)
	wantError(t, "two at once", err, ErrCheckpointInUse)
	if err := first.Save(1, &state); err != nil {
		t.Fatal(err)
	}
	list, err := Checkpoints(m)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	wantError(t, "removed while in use", list[0].Remove(), ErrCheckpointInUse)
	if _, err := first.Resume(&state); err != nil {
		t.Errorf("resumed again: %v", err)
	}
	first.Close()
	if step, err := second.Resume(&state); step != 1 || err != nil {
		t.Errorf("after Close: step %d, %v", step, err)
	}
	second.Close()
}

func TestDamagedSaves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		damage func(newest string) error
	}{
		{"cut short", func(p string) error { return os.Truncate(p, 100) }},
		{"empty, as after a power failure", func(p string) error { return os.Truncate(p, 0) }},
		{"a flipped bit in a number, which CBOR does not notice", func(p string) error {
			b, err := os.ReadFile(p)
			if err == nil {
				b[len(b)/2] ^= 1
				err = os.WriteFile(p, b, 0o600)
			}
			return err
		}},
		{"something else", func(p string) error { return os.WriteFile(p, []byte("hello"), 0o600) }},
		{"right, but of another type", func(p string) error {
			return os.WriteFile(filepath.Join(filepath.Dir(p), save{step: 5, digest: diffargs.Sum([]byte("\x01"))}.name()), []byte("\x01"), 0o600)
		}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			var warnings bytes.Buffer
			m := New(t.TempDir(), Options{Warnings: &warnings})
			cp := NewCheckpoint[training](m, "a", CheckpointOptions{Keep: 3})
			state := untrained()
			if _, err := cp.Resume(&state); err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				state.step(i)
				if err := cp.Save(i+1, &state); err != nil {
					t.Fatal(err)
				}
			}
			newest, _ := cp.saves.newest()
			if err := test.damage(newest.path); err != nil {
				t.Fatal(err)
			}
			want := 3
			if strings.HasPrefix(test.reason, "right") {
				want = 4
			}
			got := training{}
			step, err := cp.Resume(&got)
			if step != want || err != nil {
				t.Errorf("resumed at step %d, %v", step, err)
			}
			if diff := cmp.Diff(trained(want), got); diff != "" {
				t.Errorf("(-want +resumed):\n%s", diff)
			}
			if text := warnings.String(); !strings.Contains(text, "an older one has to serve") {
				t.Errorf("the warnings are %q", text)
			}
			if _, err := os.Stat(newest.path); want == 3 && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the damaged save is still there: %v", err)
			}
		})
	}
}

func TestLeftoversOfSavesGo(t *testing.T) {
	t.Parallel()
	m := memory(t)
	cp := NewCheckpoint[int](m, "a", CheckpointOptions{})
	if _, err := cp.Resume(new(int)); err != nil {
		t.Fatal(err)
	}
	if err := cp.Save(1, new(int)); err != nil {
		t.Fatal(err)
	}
	dir := cp.saves.dir
	for _, name := range []string{"new.cbor", ".new.cbor.tmp-12", "newabout.json", "notes.txt"} {
		write(t, filepath.Join(dir, name), "half")
	}
	if _, err := cp.Resume(new(int)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", aboutName, "notes.txt"}, savesOf(t, m)); diff != "" {
		t.Errorf("files (-want +left):\n%s", diff)
	}
}

func TestSavesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var warnings bytes.Buffer
	m := New(t.TempDir(), Options{Warnings: &warnings})
	// A file stands in the way of the folder.
	write(t, filepath.Join(m.dir, checkpointFolder), "")
	cp := NewCheckpoint[training](m, "a", CheckpointOptions{})
	state := untrained()
	for i, err := range cp.Loop(t.Context(), &state, 5) {
		if err != nil {
			t.Fatal(err)
		}
		state.step(i)
	}
	if diff := cmp.Diff(trained(5), state); diff != "" {
		t.Errorf("the answer changes: %s", diff)
	}
	if text := warnings.String(); strings.Count(text, "save checkpoint a: ") != 1 {
		t.Errorf("the warnings are %q", text)
	}
	if err := cp.Save(6, &state); err == nil {
		t.Error("a save that is not there is no error")
	}
}

func TestFolderOfSavesIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	m := memory(t)
	cp := NewCheckpoint[training](m, "a", CheckpointOptions{})
	state := untrained()
	for i, err := range cp.Loop(t.Context(), &state, 5) {
		if err != nil {
			t.Fatal(err)
		}
		if state.step(i); i == 3 {
			if err := os.RemoveAll(filepath.Join(m.dir, checkpointFolder)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff([]string{"4", "5", aboutName}, savesOf(t, m)); diff != "" {
		t.Errorf("saves (-want +kept):\n%s", diff)
	}
}

func TestContextEndsLoop(t *testing.T) {
	t.Parallel()
	m := memory(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stop := errors.New("stop")
	cp := NewCheckpoint[training](m, "a", CheckpointOptions{Every: 100})
	state := untrained()
	steps := 0
	for i, err := range cp.Loop(ctx, &state, 50) {
		if err != nil {
			if !errors.Is(err, stop) || i != 8 {
				t.Errorf("step %d: %v", i, err)
			}
			continue
		}
		steps++
		if state.step(i); i == 7 {
			cancel(stop)
		}
	}
	if steps != 8 {
		t.Errorf("%d steps", steps)
	}
	got := untrained()
	if step, err := cp.Resume(&got); step != 8 || err != nil || !reflect.DeepEqual(got, trained(8)) {
		t.Errorf("resumed at %d, %v", step, err)
	}
}

func TestWhenSavesAreDue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, test := range []struct {
		reason  string
		options CheckpointOptions
		want    []string
	}{
		{"each step", CheckpointOptions{Keep: 100}, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", aboutName}},
		{"the two newest", CheckpointOptions{}, []string{"9", "10", aboutName}},
		{"one", CheckpointOptions{Keep: 1}, []string{"10", aboutName}},
		{"every fourth, and the last", CheckpointOptions{Keep: 100, Every: 4}, []string{"4", "8", "10", aboutName}},
		{"after three minutes", CheckpointOptions{Keep: 100, Interval: 3 * time.Minute}, []string{"3", "6", "9", "10", aboutName}},
		{"both", CheckpointOptions{Keep: 100, Interval: 3 * time.Minute, Every: 2}, []string{"2", "4", "6", "8", "10", aboutName}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			m := New(filepath.Join(dir, test.reason), Options{})
			synctest.Test(t, func(t *testing.T) {
				cp := NewCheckpoint[int](m, "due", test.options)
				for i, err := range cp.Loop(t.Context(), new(int), 10) {
					if err != nil {
						t.Fatal(i, err)
					}
					<-time.After(time.Minute)
				}
			})
			if diff := cmp.Diff(test.want, savesOf(t, m)); diff != "" {
				t.Errorf("saves (-want +kept):\n%s", diff)
			}
		})
	}
}

func TestListOfCheckpoints(t *testing.T) {
	t.Parallel()
	m := memory(t)
	if list, err := Checkpoints(m); err != nil || len(list) != 0 {
		t.Errorf("before there are any: %v, %v", list, err)
	}
	for i, c := range []float64{0.5, 0.25} {
		cp := NewCheckpoint[training](m, "train", CheckpointOptions{}, "data", c)
		state := untrained()
		if _, err := cp.Resume(&state); err != nil {
			t.Fatal(err)
		}
		for step := range 3 + i {
			if err := cp.Save(step, &state); err != nil {
				t.Fatal(err)
			}
		}
		newest, _ := cp.saves.newest()
		File(newest.path).withTime(t, time.Now().Add(time.Duration(i-5)*time.Hour))
		cp.Close()
	}
	list, err := Checkpoints(m)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range list {
		lines = append(lines, fmt.Sprintln(c.Name, c.State, c.Values, c.Step, c.Saves, c.Bytes > 1000, time.Since(c.Saved).Round(time.Hour)))
	}
	want := []string{
		"train cache.training [\"data\" 0.5] 2 2 true 5h0m0s\n",
		"train cache.training [\"data\" 0.25] 3 2 true 4h0m0s\n",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +listed):\n%s", diff)
	}
	if err := list[0].Remove(); err != nil {
		t.Error(err)
	}
	if left, err := Checkpoints(m); err != nil || len(left) != 1 || left[0].Digest != list[1].Digest {
		t.Errorf("after one was removed: %v, %v", left, err)
	}
}

func TestFormatOfSaves(t *testing.T) {
	t.Parallel()
	s := save{step: 42, digest: diffargs.Digest{0: 0xab, 31: 0x01}}
	const name = "000000000042-ab00000000000000000000000000000000000000000000000000000000000001.cbor"
	if s.name() != name {
		t.Errorf("the name is %s", s.name())
	}
	if got, ok := parseSave(name); !ok || got != s {
		t.Errorf("read back: %v, %t", got, ok)
	}
	for _, other := range []string{"", "about.json", "42-" + name[13:], name[:13] + ".cbor", name[1:], "x" + name[1:], name + "x", "99999999999999999999999" + name} {
		if _, ok := parseSave(other); ok {
			t.Errorf("%q is taken for a save", other)
		}
	}
	want := diffargs.Sum([]byte("labbook checkpoint\x00\x01\x05train\x02" + strings.Repeat("\xaa", 32) + strings.Repeat("\xbb", 32)))
	a, b := diffargs.Digest(bytes.Repeat([]byte{0xaa}, 32)), diffargs.Digest(bytes.Repeat([]byte{0xbb}, 32))
	if got := checkpointDigest("train", []diffargs.Digest{a, b}); got != want {
		t.Errorf("the digest of a checkpoint is made of something else")
	}
}
