package runlog_test

import (
	"context"
	"runtime/pprof"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog"
	"labbook/runlog/event"
)

// onGoroutine calls f on a goroutine of its own, whose labels nothing else
// has set.
func onGoroutine(f func()) {
	var done sync.WaitGroup
	done.Go(func() {
		pprof.SetGoroutineLabels(context.Background())
		f()
	})
	done.Wait()
}

func wantScope(t *testing.T, where string, got, want event.Scope) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: scope (-want +got):\n%s", where, diff)
	}
}

var outside = event.Scope{Task: -1}

func TestScopeIsFoundWithAndWithoutContext(t *testing.T) {
	t.Parallel()
	onGoroutine(func() {
		wantScope(t, "before", runlog.ScopeOf(t.Context()), outside)

		want := event.Scope{Call: 3, Batch: 5, Task: 0}
		ctx, leave := runlog.Enter(t.Context(), want, "inside")
		wantScope(t, "by context", runlog.ScopeOf(ctx), want)
		wantScope(t, "by goroutine", runlog.ScopeOf(t.Context()), want)
		wantScope(t, "by goroutine, no context at all", runlog.ScopeOf(nil), want) //nolint:staticcheck // that it takes none is what is tested
		onGoroutine(func() {
			wantScope(t, "by context alone", runlog.ScopeOf(ctx), want)
		})

		leave()
		wantScope(t, "after", runlog.ScopeOf(t.Context()), outside)
	})
}

func TestTaskScopeMovesEverythingInside(t *testing.T) {
	t.Parallel()
	onGoroutine(func() {
		scope := runlog.NewTaskScope(event.Scope{Call: 2, Batch: 7, Task: -1})
		ctx, leave := scope.Enter(t.Context(), "worker")
		defer leave()
		for _, task := range []int64{-1, 0, 1, 1 << 61, -1} {
			scope.Move(task)
			want := event.Scope{Call: 2, Batch: 7, Task: task}
			wantScope(t, "by context", runlog.ScopeOf(ctx), want)
			wantScope(t, "by goroutine", runlog.ScopeOf(t.Context()), want)
			if got := scope.Task(); got != task {
				t.Errorf("Task() = %d, want %d", got, task)
			}
			var child sync.WaitGroup
			child.Go(func() { wantScope(t, "in a child goroutine", runlog.ScopeOf(t.Context()), want) })
			child.Wait()
		}
	})
}

func TestScopesNest(t *testing.T) {
	t.Parallel()
	onGoroutine(func() {
		outer := runlog.NewTaskScope(event.Scope{Batch: 1, Task: 4})
		_, leaveOuter := outer.Enter(t.Context(), "outer")
		_, leaveInner := runlog.Enter(t.Context(), event.Scope{Batch: 2, Task: 9}, "inner")
		wantScope(t, "inside", runlog.ScopeOf(t.Context()), event.Scope{Batch: 2, Task: 9})

		outer.Move(5)
		wantScope(t, "inside, the outer having moved", runlog.ScopeOf(t.Context()), event.Scope{Batch: 2, Task: 9})
		leaveInner()
		wantScope(t, "back in the outer", runlog.ScopeOf(t.Context()), event.Scope{Batch: 1, Task: 5})
		leaveOuter()
		wantScope(t, "outside", runlog.ScopeOf(t.Context()), outside)
	})
}

func TestGoroutineThatOutlivesItsScopeHasNone(t *testing.T) {
	t.Parallel()
	onGoroutine(func() {
		_, leave := runlog.Enter(t.Context(), event.Scope{Batch: 1, Task: 1}, "short")
		left := make(chan struct{})
		var child sync.WaitGroup
		child.Go(func() {
			<-left
			wantScope(t, "survivor", runlog.ScopeOf(t.Context()), outside)
		})
		leave()
		close(left)
		child.Wait()
	})
}

func TestLabelsOfTheContextStayVisible(t *testing.T) {
	t.Parallel()
	onGoroutine(func() {
		pprof.Do(t.Context(), pprof.Labels("tenant", "blue"), func(ctx context.Context) {
			inner, leave := runlog.Enter(ctx, event.Scope{Task: -1}, "fit")
			got := map[string]string{}
			pprof.ForLabels(inner, func(key, value string) bool {
				got[key] = value
				return true
			})
			leave()
			if diff := cmp.Diff(map[string]string{"tenant": "blue", "labbook": "fit"}, got); diff != "" {
				t.Errorf("labels inside (-want +got):\n%s", diff)
			}
		})
	})
}

func TestMarkIsReportedByTheMoveThatEndsTheTask(t *testing.T) {
	t.Parallel()
	scope := runlog.NewTaskScope(event.Scope{Task: -1})
	if task, ok := scope.Mark(); ok {
		t.Errorf("Mark without a task marked %d", task)
	}
	if scope.Move(0) {
		t.Error("Move to the first task reports a mark that nobody made")
	}
	if task, ok := scope.Mark(); !ok || task != 0 {
		t.Errorf("Mark = %d, %v; want 0, true", task, ok)
	}
	if task, ok := scope.Mark(); ok {
		t.Errorf("second Mark marked %d again", task)
	}
	if got := scope.Task(); got != 0 {
		t.Errorf("Task() of a marked task = %d, want 0", got)
	}
	if !scope.Move(1) {
		t.Error("Move does not report the mark")
	}
	if scope.Move(-1) {
		t.Error("the mark went over to the next task")
	}
}

// Every task that a second goroutine marks while the scope moves on is
// reported by exactly one Move.
func TestMarksAreNeverLostToARace(t *testing.T) {
	t.Parallel()
	const tasks = 20_000
	scope := runlog.NewTaskScope(event.Scope{Task: -1})
	stop := make(chan struct{})
	marked := map[int64]int{}
	var marker sync.WaitGroup
	marker.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if task, ok := scope.Mark(); ok {
				marked[task]++
			}
		}
	})
	reported := map[int64]int{}
	for task := range int64(tasks) {
		if scope.Move(task) {
			reported[task-1]++
		}
	}
	if scope.Move(-1) {
		reported[tasks-1]++
	}
	close(stop)
	marker.Wait()
	if diff := cmp.Diff(marked, reported); diff != "" {
		t.Errorf("marked and reported tasks differ (-marked +reported):\n%s", diff)
	}
}

func BenchmarkScopeOfGoroutine(b *testing.B) {
	_, leave := runlog.Enter(b.Context(), event.Scope{Batch: 1}, "bench")
	defer leave()
	for b.Loop() {
		runlog.ScopeOf(b.Context())
	}
}

func BenchmarkTaskScopeMove(b *testing.B) {
	scope := runlog.NewTaskScope(event.Scope{Task: -1})
	for i := int64(0); b.Loop(); i++ {
		scope.Move(i)
	}
}

func BenchmarkEnter(b *testing.B) {
	for b.Loop() {
		_, leave := runlog.Enter(b.Context(), event.Scope{Batch: 1}, "bench")
		leave()
	}
}
