package runlog

import (
	"context"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"unsafe"

	"labbook/runlog/event"
)

// noScope is the place of a call that nothing recorded surrounds.
var noScope = event.Scope{Task: -1}

type scopeKey struct{}

// A TaskScope is a scope that goroutines carry as their profiler labels. A
// worker moves its own from task to task without making new labels, which
// would cost more than a short task takes. All of its methods may be called
// from any goroutine.
type TaskScope struct {
	call, batch int64

	// state is twice the number of the task plus one, so that 0 is no task,
	// plus the mark in the lowest bit. Keeping both in one word lets a worker
	// move on and learn of the mark in one atomic exchange.
	state atomic.Int64

	// Two workers' scopes on one cache line would slow each other down at
	// every task.
	_ [128 - 3*8]byte
}

// NewTaskScope returns a scope to enter; Move changes its task later.
func NewTaskScope(scope event.Scope) *TaskScope {
	s := &TaskScope{call: scope.Call, batch: scope.Batch}
	s.Move(scope.Task)
	return s
}

// Move makes task the task of everything in the scope; -1 for none. It tells
// whether the task that it replaces was marked.
func (s *TaskScope) Move(task int64) (marked bool) {
	return s.state.Swap((task+1)<<1)&1 != 0
}

// Task returns the task that the scope is at, -1 for none.
func (s *TaskScope) Task() int64 { return s.state.Load()>>1 - 1 }

// Mark marks the task that the scope is at, so that the Move that ends it says
// so: whoever has shown a task as running thereby makes sure to hear of its
// end. It fails if there is no task, or if its task is marked already.
func (s *TaskScope) Mark() (task int64, ok bool) {
	for {
		state := s.state.Load()
		if state == 0 || state&1 != 0 {
			return 0, false
		}
		if s.state.CompareAndSwap(state, state|1) {
			return state>>1 - 1, true
		}
	}
}

// Enter places what the calling goroutine does from now on, and the goroutines
// that it starts, in the scope. Call leave on the same goroutine when it is
// over. CPU profiles show label as the label "labbook", beside the labels that
// ctx carries.
//
// A goroutine that goes on after leave reports the scope that it was born in
// no longer, but none. One that goes on after the task that started it reports
// the task that the scope has come to.
func (s *TaskScope) Enter(ctx context.Context, label string) (inner context.Context, leave func()) {
	before := goroutineLabels()
	inner = pprof.WithLabels(context.WithValue(ctx, scopeKey{}, s), pprof.Labels("labbook", label))
	pprof.SetGoroutineLabels(inner)
	labels := goroutineLabels()
	goroutineScopes.Store(labels, s)
	return inner, func() {
		goroutineScopes.Delete(labels)
		setGoroutineLabels(before)
	}
}

func (s *TaskScope) scope() event.Scope {
	return event.Scope{Call: s.call, Batch: s.batch, Task: s.Task()}
}

// goroutineScopes finds the scope of a goroutine by the identity of its label
// set. Cached functions mostly take no context, so the goroutine is the only
// thing that says in which task or call they run; labels, unlike goroutine
// numbers, are handed down to the goroutines that a task starts.
var goroutineScopes sync.Map // unsafe.Pointer of a label set → *TaskScope

// ScopeOf tells in which call, batch and task the caller runs: from ctx if
// cache or parallel made it, else from the goroutine. It costs some 20 ns.
func ScopeOf(ctx context.Context) event.Scope {
	if ctx != nil {
		if s, ok := ctx.Value(scopeKey{}).(*TaskScope); ok {
			return s.scope()
		}
	}
	if labels := goroutineLabels(); labels != nil {
		if s, ok := goroutineScopes.Load(labels); ok {
			return s.(*TaskScope).scope()
		}
	}
	return noScope
}

// Enter enters a scope that stays at its task: see [TaskScope.Enter].
func Enter(ctx context.Context, scope event.Scope, label string) (inner context.Context, leave func()) {
	return NewTaskScope(scope).Enter(ctx, label)
}

// The runtime keeps these two names for packages outside the standard library.
//
//go:linkname goroutineLabels runtime/pprof.runtime_getProfLabel
func goroutineLabels() unsafe.Pointer

//go:linkname setGoroutineLabels runtime/pprof.runtime_setProfLabel
func setGoroutineLabels(unsafe.Pointer)
