package cache

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"labbook/cache/recheck"
	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog"
	"labbook/runlog/record"
)

// An attempt is a result that was computed again.
type attempt struct {
	results []reflect.Value // without the error
	digests []diffargs.Digest
	payload [32]byte // of the stored form; only if there are no digests
	outputs []output

	changes []string // arguments that the function changed
	spoiled bool     // it changed those of the program, too
}

// isSame reports whether two attempts came to the same.
func (a *attempt) isSame(b *attempt) bool {
	return slices.Equal(a.digests, b.digests) && a.payload == b.payload && sameOutputs(a.outputs, b.outputs)
}

// attempt computes the result, on copies of the arguments as far as these can be
// copied, and compares it. What files it has made are then as they are stored.
func (inv *invocation) attempt(call int64, entries *store.Store, want *standard) (*attempt, recheck.Verdict) {
	args := copyArguments(inv.args)
	results, err := inv.runApart(call, args)
	a := &attempt{}
	a.changes, a.spoiled = inv.changed(args)
	failed := func(err error) (*attempt, recheck.Verdict) {
		return a, recheck.Verdict{Finding: recheck.Failed, Changes: a.changes, Text: err.Error()}
	}
	if err == nil && inv.returnFiles {
		a.outputs, err = outputsOf(entries, results, func(File, content) {})
	}
	if err != nil {
		if _, problem := restoreFiles(entries, want.outputs); problem != "" {
			err = fmt.Errorf("%w; %s", err, problem)
		}
		return failed(err)
	}
	a.results = results
	finding, text, err := inv.compare(want, a)
	if err != nil {
		finding, text = recheck.Failed, err.Error()
	}
	if _, problem := restoreFiles(entries, want.outputs); problem != "" {
		text += "; " + problem
	}
	return a, recheck.Verdict{Finding: finding, Changes: a.changes, Text: text}
}

// runApart runs the function on a goroutine of its own: if it does not return,
// the program goes on. The error is that of the function, or says what kept it
// from returning.
func (inv *invocation) runApart(call int64, args []reflect.Value) (results []reflect.Value, err error) {
	inner := inv.scope
	inner.Call = call
	over := make(chan struct{})
	go func() {
		defer close(over)
		returned := false
		defer func() {
			switch p := recover(); {
			case p != nil:
				err = fmt.Errorf("it panicked: %v", p)
			case !returned:
				err = errors.New("it ended its goroutine")
			}
		}()
		ctx, leave := runlog.Enter(inv.ctx, inner, inv.name())
		defer leave()
		results = inv.apply(ctx, args)
		returned = true
	}()
	<-over
	if err == nil && inv.hasError {
		last := len(results) - 1
		if returned, _ := reflect.TypeAssert[error](results[last]); returned != nil {
			err = fmt.Errorf("it returned an error: %w", returned)
		}
		results = results[:last]
	}
	return results, err
}

// changed names the arguments that are no longer what the key was made of, and
// reports whether those of the program are among them.
func (inv *invocation) changed(args []reflect.Value) (names []string, spoiled bool) {
	for i := range inv.self().varying {
		p := &inv.self().varying[i]
		if p.kind != record.PartArgument {
			continue
		}
		isAsBefore := func(args []reflect.Value) bool {
			digest, err := digestOf(p.hasher, inv.keyed(args, p.param))
			return err == nil && digest == inv.key.varying[i]
		}
		if !isAsBefore(args) {
			names = append(names, p.name)
		}
		if !isAsBefore(inv.args) {
			spoiled = true
		}
	}
	return names, spoiled
}
