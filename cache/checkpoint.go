package cache

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"reflect"
	"time"

	"labbook/cache/persist"
	"labbook/diffargs"
)

// CheckpointOptions say when a Checkpoint saves, and how. The zero options save
// each time, and keep the two newest saves.
type CheckpointOptions struct {
	// Every saves only after that many steps, Interval only when so much time
	// has passed; if both are set, either is enough. They count since the last
	// save, or since Resume. SaveNow does not ask them.
	Every    int
	Interval time.Duration

	// Keep is how many saves are kept; 0 means 2. An older one serves if the
	// newest turns out to be damaged.
	Keep int

	// Sync waits at each save until it is on the disk. Without it a save
	// survives the death of the program at any moment, but a power failure may
	// damage it, so that an older one has to serve.
	Sync bool
}

// Checkpoint saves the state of a long loop, so that a program that was killed
// goes on where it was:
//
//	cp := cache.NewCheckpoint[Model](mem, "train", cache.CheckpointOptions{Every: 10}, x, y, params)
//	defer cp.Close()
//	model := newModel()
//	for epoch, err := range cp.Loop(ctx, &model, 100) {
//		if err != nil {
//			return err
//		}
//		model.train(x, y)
//	}
//
// or, for loops of another form, with Resume, Save and Done.
//
// The state must be all that the loop carries from one step to the next, that
// of random generators included, and a type that package persist can store. A
// checkpoint belongs to its name, to the type of its state, and to the values
// that it was given: with other parameters it is another one, which starts from
// the beginning. It does not know the code of the loop; give it a version among
// the values if the code may change.
//
// Saves are files of package persist in .checkpoints below the folder of the
// Memory, for their owner only. They appear whole or not at all and are
// verified when they are loaded. They are not subject to the limits of the
// Memory: they stay until Done, or until [Checkpoints] finds them and somebody
// removes them. With a Memory that is off nothing is saved or resumed.
//
// One program at a time works on a checkpoint, from Resume to Close or Done or
// its death: others get ErrCheckpointInUse. A Checkpoint is for one goroutine.
type Checkpoint[S any] struct {
	memory  *Memory
	name    string
	values  []any
	options CheckpointOptions

	saves   *saves // from Resume to Close; nil also if there is no place for saves
	resumed bool
	problem error     // why there is no place
	step    int       // of the last save
	at      time.Time // of it, or of Resume
	warned  bool
}

// ErrCheckpointInUse says that another loop, in this program or in another one,
// works on a checkpoint.
var ErrCheckpointInUse = errors.New("it is in use: another loop with the same name and values is running, or ended without Close")

var (
	errNotResumed     = errors.New("call Resume first")
	errCheckpointName = errors.New("a name consists of 1 to 100 letters, digits, '.', '_' and '-', with no '.' at either end")
	errInterfaceState = errors.New("the state is an interface; give NewCheckpoint the type that it holds")
)

// NewCheckpoint returns a checkpoint in m of that name, for a loop that depends
// on the values. Names consist of letters, digits, '.', '_' and '-'. It does not
// touch the disk; what is wrong with its arguments Resume says.
func NewCheckpoint[S any](m *Memory, name string, options CheckpointOptions, values ...any) *Checkpoint[S] {
	return &Checkpoint[S]{memory: m, name: name, values: values, options: options}
}

// Resume sets state to what was saved last, and returns the step that was saved
// with it. If there is no save that can be read, it leaves state alone and
// returns 0. A save that is damaged is removed, with a warning, and the one
// before it serves. The error is ErrCheckpointInUse, or says that a value cannot
// be part of a key, that the state cannot be stored, or that the name is none.
//
// A folder that cannot be written is no error here: the loop can run, and Save
// will say so. Resume reads the save twice, once to verify it.
func (c *Checkpoint[S]) Resume(state *S) (step int, err error) {
	c.Close()
	defer func() {
		if err != nil {
			err = fmt.Errorf("resume checkpoint %s: %w", c.name, err)
		}
	}()
	id, err := c.digest()
	if err != nil {
		return 0, err
	}
	entries, err := c.memory.entries()
	if entries != nil {
		if c.saves, err = openSaves(entries, c.name, id); err != nil {
			return 0, err
		}
	}
	c.resumed, c.problem, c.step, c.at = true, err, 0, time.Now()
	for c.saves != nil {
		newest, ok := c.saves.newest()
		if !ok {
			break
		}
		loaded, err := loadSave[S](newest)
		if err == nil {
			*state, c.step = loaded, newest.step
			break
		}
		c.memory.say("resume checkpoint %s: the save of step %d is of no use, an older one has to serve: %v", c.name, newest.step, err)
		c.saves.drop(newest)
	}
	return c.step, nil
}

func loadSave[S any](s save) (state S, err error) {
	if err := s.verify(); err != nil {
		return state, err
	}
	return persist.Load[S](s.path)
}

// digest identifies the checkpoint.
func (c *Checkpoint[S]) digest() (id diffargs.Digest, err error) {
	state := reflect.TypeFor[S]()
	switch err := persist.CheckType(state); {
	case !isCheckpointName(c.name):
		return id, errCheckpointName
	case state.Kind() == reflect.Interface:
		return id, errInterfaceState
	case err != nil:
		return id, fmt.Errorf("state: %w", err)
	}
	digests := make([]diffargs.Digest, 1+len(c.values))
	for i, value := range append([]any{state}, c.values...) {
		if digests[i], err = diffargs.Of(value); err != nil {
			return id, fmt.Errorf("value %d: %w", i, err)
		}
	}
	return checkpointDigest(c.name, digests), nil
}

// Save saves state with the number of steps that it is the result of, if the
// options say that it is time to. That takes as long as writing the state. After
// an error, such as that of a full disk, the saves are what they were, and the
// loop may well go on.
func (c *Checkpoint[S]) Save(step int, state *S) error {
	if !c.isDue(step) {
		return nil
	}
	return c.SaveNow(step, state)
}

func (c *Checkpoint[S]) isDue(step int) bool {
	every, interval := c.options.Every, c.options.Interval
	if every <= 0 && interval <= 0 {
		return true
	}
	return every > 0 && step-c.step >= every || interval > 0 && time.Since(c.at) >= interval
}

// SaveNow is Save whatever the options say. A save of a later step that is
// still there goes: this one is the newest.
func (c *Checkpoint[S]) SaveNow(step int, state *S) error {
	err := c.problem
	switch {
	case !c.resumed:
		err = errNotResumed
	case step < 0:
		err = fmt.Errorf("step %d is negative", step)
	case c.saves != nil:
		err = c.saves.add(step, dumpable(state), c.about(), c.options)
	}
	if err != nil {
		return fmt.Errorf("save checkpoint %s: %w", c.name, err)
	}
	c.step, c.at = step, time.Now()
	return nil
}

// dumpable returns what is to be dumped in order to be loaded as an S: a pointer
// to it spares a copy, but counts if it leads to something like a pointer.
func dumpable[S any](state *S) any {
	switch reflect.TypeFor[S]().Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return *state
	}
	return state
}

// about describes the checkpoint for those who list it.
func (c *Checkpoint[S]) about() aboutCheckpoint {
	about := aboutCheckpoint{Format: checkpointFormat, Name: c.name, State: reflect.TypeFor[S]().String(), Values: []string{}}
	for _, value := range c.values {
		about.Values = append(about.Values, diffargs.Preview(value, previewLength))
	}
	return about
}

// Done forgets all saves, for when the loop has ended and its result is safe,
// and closes the checkpoint.
func (c *Checkpoint[S]) Done() error {
	if !c.resumed {
		return fmt.Errorf("forget checkpoint %s: %w", c.name, errNotResumed)
	}
	defer c.Close()
	if c.saves == nil {
		return nil
	}
	if err := c.saves.remove(); err != nil {
		return fmt.Errorf("forget checkpoint %s: %w", c.name, err)
	}
	return nil
}

// Close lets others work on the checkpoint. Its saves stay, and it can be
// resumed again. On one that is not resumed it does nothing.
func (c *Checkpoint[S]) Close() {
	if c.saves != nil {
		c.saves.close()
	}
	c.saves, c.resumed = nil, false
}

// Loop resumes, and yields the steps that are left up to n, which is not one of
// them: from 0 if there is no save. After each step it saves state, if the
// options say so, and after the last one in any case, so that a loop that has
// ended yields nothing the next time. A step that the body leaves by break or
// return is not saved.
//
// What Resume refuses is yielded as an error. When ctx ends, Loop saves what the
// steps have made so far and yields the cause. A save that goes wrong is no
// error but a warning, once. Either way, nothing is yielded after an error.
//
// The checkpoint stays resumed after the loop, for Done or Close.
func (c *Checkpoint[S]) Loop(ctx context.Context, state *S, n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		step, err := c.Resume(state)
		if err != nil {
			yield(0, err)
			return
		}
		for ; step < n; step++ {
			if ctx.Err() != nil {
				if step > c.step {
					c.warn(c.SaveNow(step, state))
				}
				yield(step, context.Cause(ctx))
				return
			}
			if !yield(step, nil) {
				return
			}
			if step+1 < n {
				c.warn(c.Save(step+1, state))
			} else {
				c.warn(c.SaveNow(n, state))
			}
		}
	}
}

func (c *Checkpoint[S]) warn(err error) {
	if err != nil && !c.warned {
		c.warned = true
		c.memory.say("%v; the loop goes on", err)
	}
}

// say warns of something that happens rarely enough to be said each time.
func (m *Memory) say(format string, args ...any) {
	w := m.options.Warnings
	if w == nil {
		w = os.Stderr
	}
	_, _ = fmt.Fprintf(w, "labbook: %s\n", fmt.Sprintf(format, args...))
}
