package parallel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"labbook/parallel"
)

func ExampleMap() {
	words := []string{"lab", "book", "of", "runs"}
	lengths, err := parallel.Map(context.Background(), words, func(_ context.Context, word string) (int, error) {
		return len(word), nil
	})
	fmt.Println(lengths, err)
	// Output: [3 4 2 4] <nil>
}

// The error tells which task failed, and errors.Is and errors.As see what the
// task itself returned.
func ExampleMap_error() {
	_, err := parallel.Map(context.Background(), []string{"1", "2", "three", "4"},
		func(_ context.Context, text string) (int, error) { return strconv.Atoi(text) })
	fmt.Println(err)
	if failed, ok := errors.AsType[*parallel.TaskError](err); ok {
		fmt.Println("failed on input", failed.Index, "by bad syntax:", errors.Is(err, strconv.ErrSyntax))
	}
	// Output:
	// task 2 (input "three"): strconv.Atoi: parsing "three": invalid syntax
	// failed on input 2 by bad syntax: true
}

// A panic of one task neither ends the program nor the other tasks' results
// without a word.
func ExampleMap_panic() {
	_, err := parallel.Map(context.Background(), []int{2, 1, 0},
		func(_ context.Context, n int) (int, error) { return 10 / n, nil }, parallel.Label("divisions"))
	fmt.Println(err)
	// Output: divisions: task 2 (input 0): panic: runtime error: integer divide by zero
}

// The inputs have no end; the loop takes what it needs.
func ExampleStream() {
	naturals := func(yield func(int) bool) {
		for n := 0; yield(n); n++ {
		}
	}
	square := func(_ context.Context, n int) (int, error) { return n * n, nil }
	for result, err := range parallel.Stream(context.Background(), naturals, square, parallel.Jobs(4)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if result > 50 {
			break
		}
		fmt.Print(result, " ")
	}
	// Output: 0 1 4 9 16 25 36 49
}

// What a task needs besides its input is captured by the function.
func ExampleStream_captured() {
	scale := 2.5
	folds := slices.Values([]float64{1, 2, 3})
	for score, err := range parallel.Stream(context.Background(), folds, func(_ context.Context, fold float64) (float64, error) {
		return scale * fold, nil
	}) {
		fmt.Println(score, err)
	}
	// Output:
	// 2.5 <nil>
	// 5 <nil>
	// 7.5 <nil>
}
