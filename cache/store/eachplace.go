package store

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// A finding is what came of looking at a place.
type finding struct {
	info Info
	err  error
}

// eachPlace looks at places on all cores and yields what comes of it, in the
// order in which it comes. Each core has a state of its own, that newState makes
// and look may use. An error in the place of a place is passed on. When the
// context ends, that is the last error; when the loop is left, every goroutine
// has ended before eachPlace returns.
func eachPlace[S, T any](ctx context.Context, places iter.Seq2[Place, error], newState func() S,
	look func(state S, place Place, err error) T, ended func(error) T,
) iter.Seq[T] {
	type task struct {
		place Place
		err   error
	}
	return func(yield func(T) bool) {
		outer := ctx
		ctx, cancel := context.WithCancel(ctx)
		tasks, results := make(chan task, 64), make(chan T, 64)
		var all sync.WaitGroup
		all.Go(func() {
			defer close(tasks)
			for place, err := range places {
				select {
				case tasks <- task{place, err}:
				case <-ctx.Done():
					return
				}
			}
		})
		var workers sync.WaitGroup
		for range max(runtime.GOMAXPROCS(0), 1) {
			workers.Go(func() {
				state := newState()
				for t := range tasks {
					if ctx.Err() != nil {
						return
					}
					select {
					case results <- look(state, t.place, t.err):
					case <-ctx.Done():
						return
					}
				}
			})
		}
		all.Go(func() {
			workers.Wait()
			close(results)
		})
		defer all.Wait()
		defer cancel()
		for result := range results {
			if !yield(result) {
				return
			}
		}
		if err := outer.Err(); err != nil {
			yield(ended(err))
		}
	}
}

// List returns the entries of some functions, of every function if none is
// named, without their headers, in no order: what is quick to know of very many.
// Errors come as from [Store.Entries]; the end of the context is the last.
func (s *Store) List(ctx context.Context, functions ...string) iter.Seq2[Info, error] {
	return s.look(ctx, s.Places(functions...), func() func(*Info) error {
		return func(info *Info) error { return info.read(false) }
	})
}

// look has each core look at places with what newLook makes for it.
func (s *Store) look(ctx context.Context, places iter.Seq2[Place, error], newLook func() func(*Info) error) iter.Seq2[Info, error] {
	look := func(look func(*Info) error, place Place, err error) finding {
		info := place.blank()
		if err == nil {
			err = look(&info)
		}
		return finding{info, err}
	}
	ended := func(err error) finding { return finding{err: err} }
	return func(yield func(Info, error) bool) {
		for f := range eachPlace(ctx, places, newLook, look, ended) {
			if f.err == ErrNotFound { //nolint:errorlint // only as such it means that the entry was removed meanwhile
				continue
			}
			if !yield(f.info, f.err) {
				return
			}
		}
	}
}
