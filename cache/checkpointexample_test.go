package cache_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"labbook/cache"
)

type model struct {
	Weight float64
	Rate   float64
}

// train makes steps until the power goes off, and says where it began.
func train(mem *cache.Memory, target float64, powerOff int) (*model, error) {
	cp := cache.NewCheckpoint[model](mem, "train", cache.CheckpointOptions{Every: 2}, target)
	defer cp.Close()
	m := model{Rate: 0.5}
	begun := false
	for epoch, err := range cp.Loop(context.Background(), &m, 10) {
		if err != nil {
			return nil, err
		}
		if !begun {
			fmt.Fprintf(os.Stdout, "epoch %d, weight %.3f\n", epoch, m.Weight)
			begun = true
		}
		if epoch == powerOff {
			return nil, nil
		}
		m.Weight += m.Rate * (target - m.Weight)
	}
	return &m, cp.Done() // the result is safe with the caller
}

func ExampleCheckpoint() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	mem := cache.New(dir, cache.Options{})

	for _, powerOff := range []int{5, 8, -1} {
		m, err := train(mem, 64, powerOff)
		if err != nil {
			log.Panic(err)
		}
		if m != nil {
			fmt.Printf("trained: %.3f\n", m.Weight)
		}
	}
	// Output:
	// epoch 0, weight 0.000
	// epoch 4, weight 60.000
	// epoch 8, weight 63.750
	// trained: 63.938
}

// The same without an iterator, for loops of another form.
func ExampleCheckpoint_Resume() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	mem := cache.New(dir, cache.Options{})

	cp := cache.NewCheckpoint[int](mem, "sum", cache.CheckpointOptions{})
	defer cp.Close()
	sum := 0
	step, err := cp.Resume(&sum)
	if err != nil {
		log.Panic(err)
	}
	for ; sum < 20; step++ {
		sum += step
		if err := cp.Save(step+1, &sum); err != nil {
			log.Print(err) // the loop goes on; only a crash would cost more
		}
	}
	saved := 0
	step, err = cp.Resume(&saved)
	fmt.Println(step, saved, err)
	// Output: 7 21 <nil>
}
