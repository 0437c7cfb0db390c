package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
)

func slow(test string, n int) (int, error) {
	count(test).Add(1)
	gateOf(test).pass()
	if n < 0 {
		return 0, errOdd
	}
	return n, nil
}

// A gate holds a function of a test in the middle of its work.
type gate struct {
	entered chan struct{} // one for each that came
	opened  chan struct{}
}

var gates sync.Map

func gateOf(test string) *gate {
	g, _ := gates.LoadOrStore(test, &gate{entered: make(chan struct{}, 100), opened: make(chan struct{})})
	return g.(*gate)
}

// shut gives a test a gate that is shut, until it closes opened.
func shut(t *testing.T) *gate {
	t.Helper()
	t.Cleanup(func() { gates.Delete(t.Name()) }) // the test may run once more
	return gateOf(t.Name())
}

func (g *gate) pass() {
	g.entered <- struct{}{}
	<-g.opened
}

func TestEqualCallsAtOnceComputeOnce(t *testing.T) {
	t.Parallel()
	g := shut(t)
	cached := Wrap(memory(t), slow)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got, err := cached(t.Name(), 5); got != 5 || err != nil {
				t.Errorf("slow(5) = %v, %v", got, err)
			}
		})
	}
	<-g.entered
	close(g.opened)
	group.Wait()
	if n := runs(t.Name()); n != 1 {
		t.Errorf("eight equal calls ran %d times", n)
	}
}

func TestWaitingForAFailureTriesAgain(t *testing.T) {
	t.Parallel()
	g := shut(t)
	cached := Wrap(memory(t), slow)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if _, err := cached(t.Name(), -1); !errors.Is(err, errOdd) {
				t.Errorf("slow(-1) = %v", err)
			}
		})
	}
	<-g.entered
	close(g.opened)
	group.Wait()
	if n := runs(t.Name()); n != 3 {
		t.Errorf("three calls that fail ran %d times", n)
	}
}

// A flight can land without having computed, since the entry turned up after it
// took off. Who waited for it finds that entry too.
func TestWaitingForAFlightThatFoundTheEntry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := memory(t)
		f := NewFunction(m, square)
		values, err := f.core.arguments([]any{t.Name(), 3.0})
		if err != nil {
			t.Fatal(err)
		}
		k, err := f.core.key(values, nil)
		if err != nil {
			t.Fatal(err)
		}
		other := &flight{call: -1, landed: make(chan struct{})}
		m.flights.Store(k.digest, other)
		waiter := make(chan float64)
		go func() { waiter <- f.Call(t.Name(), 3) }()
		synctest.Wait()                                  // until it waits for the flight
		Wrap(New(m.dir, Options{}), square)(t.Name(), 3) // as another program would
		close(other.landed)
		if got := <-waiter; got != 9 {
			t.Errorf("square(3) = %v", got)
		}
		if n := runs(t.Name()); n != 1 {
			t.Errorf("it ran %d times", n)
		}
	})
}

func slowWithContext(ctx context.Context, test string) (int, error) {
	count(test).Add(1)
	gateOf(test).pass()
	return 1, nil
}

func TestWaitingCanBeCancelled(t *testing.T) {
	t.Parallel()
	g := shut(t)
	cached := Wrap(memory(t), slowWithContext)
	background := context.WithoutCancel(t.Context())
	first := make(chan error)
	go func() { _, err := cached(background, t.Name()); first <- err }()
	<-g.entered
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errOdd)
	if _, err := cached(ctx, t.Name()); !errors.Is(err, errOdd) {
		t.Errorf("a cancelled call returns %v, want the cause", err)
	}
	close(g.opened)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func panics(test string, n int) int {
	count(test).Add(1)
	panic(fmt.Sprint("no ", n))
}

func TestPanicsGoThrough(t *testing.T) {
	t.Parallel()
	cached := Wrap(memory(t), panics)
	for range 2 {
		func() {
			defer func() {
				if got := recover(); got != "no 3" {
					t.Errorf("it panics with %v", got)
				}
			}()
			cached(t.Name(), 3)
		}()
	}
	if n := runs(t.Name()); n != 2 {
		t.Errorf("it ran %d times", n)
	}
}

// Two functions that call each other with the same arguments would wait for
// each other for ever, were waiting not aware of who waits inside whom.
var ping, pong func(test string, n int) int

func pingOnce(test string, n int) int {
	if count(test).Add(1) > 3 {
		return n
	}
	return pong(test, n)
}

func pongOnce(test string, n int) int { return ping(test, n) }

func TestCallsInsideThemselvesDoNotHang(t *testing.T) {
	t.Parallel()
	m := memory(t)
	ping, pong = Wrap(m, pingOnce), Wrap(m, pongOnce)
	if got := ping(t.Name(), 9); got != 9 {
		t.Errorf("ping(9) = %d", got)
	}
}

func slowRamp(test string, n int) []float64 {
	gateOf(test).pass()
	return ramp(test, n)
}

func TestWaitersShareNothing(t *testing.T) {
	t.Parallel()
	g := shut(t)
	cached := Wrap(memory(t), slowRamp)
	results := make(chan []float64, 3)
	for range 3 {
		go func() { results <- cached(t.Name(), 2*smallResult/8) }()
	}
	<-g.entered
	close(g.opened)
	var all [][]float64
	for range 3 {
		all = append(all, <-results)
	}
	for i, xs := range all {
		xs[0] = float64(100 + i)
	}
	for i, xs := range all {
		if xs[0] != float64(100+i) {
			t.Fatal("two callers have got the same memory")
		}
	}
}

// Calls that would wait for each other for ever, though each alone would end.
func TestCallsInACircleDoNotHang(t *testing.T) {
	t.Parallel()
	circle.begun.Add(2)
	circle.cached = Wrap(memory(t), aroundCircle, Names("node", "depth"), Ignore("depth"))
	var group sync.WaitGroup
	for node := range 2 {
		group.Go(func() { circle.cached(node, 0) })
	}
	group.Wait() // if they hang, so does the test
}

var circle struct {
	begun  sync.WaitGroup
	cached func(node, depth int) int
}

func aroundCircle(node, depth int) int {
	if depth == 0 {
		circle.begun.Done()
		circle.begun.Wait()
	}
	if depth == 2 {
		return node
	}
	return circle.cached(1-node, depth+1)
}
