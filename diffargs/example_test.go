package diffargs_test

import (
	"fmt"
	"math"
	"reflect"

	"labbook/diffargs"
)

type Params struct {
	C       float64
	Seed    int
	Verbose bool `labbook:"-"` // does not change results
}

func ExampleOf() {
	a, _ := diffargs.Of(Params{C: 1, Seed: 42, Verbose: true})
	b, _ := diffargs.Of(Params{C: 1, Seed: 42})
	c, _ := diffargs.Of(Params{C: 1, Seed: 43})
	fmt.Println(a == b, a == c)

	_, err := diffargs.Of(map[string]any{"loss": struct{ Grad func(float64) float64 }{}})
	fmt.Println(err)
	// Output:
	// true false
	// ["loss"].Grad: func(float64) float64 cannot be part of a key (functions cannot be compared); leave the field, or one around it, out with the tag labbook:"-"
}

func ExampleDiff() {
	weights := []float64{0.5, 1, 2}
	before, _ := diffargs.Take(reflect.ValueOf(weights), diffargs.Limits{})
	weights[1] = math.Nextafter(1, 2)
	after, _ := diffargs.Take(reflect.ValueOf(weights), diffargs.Limits{})

	for _, d := range diffargs.Diff(before, after) {
		fmt.Printf("%s: %s → %s: %s (%s)\n", d.Path, d.Before, d.After, d.Kind, d.Detail)
	}
	// Output:
	// [1]: 1 → 1.0000000000000002: float-noise (1 ulp)
}

func ExampleDiffValues() {
	differences, _ := diffargs.DiffValues(
		map[string]any{"params": Params{C: 1, Seed: 42}, "folds": []int{1, 2, 3}},
		map[string]any{"params": Params{C: 1, Seed: 7}, "folds": []int64{1, 2, 3}},
	)
	for _, d := range differences {
		fmt.Printf("%s: %s → %s: %s\n", d.Path, d.Before, d.After, d.Kind)
	}
	// Output:
	// ["folds"]: []int → []int64: dtype
	// ["params"].Seed: 42 → 7: value
}

func ExamplePreview() {
	fmt.Println(diffargs.Preview(Params{C: 1, Seed: 42}, 80))
	fmt.Println(diffargs.Preview(make([]float64, 1797), 30))
	// Output:
	// Params{C: 1, Seed: 42}
	// []float64[1797] 0 0 0 0 0 0 0…
}
