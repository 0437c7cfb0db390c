package codeid_test

import (
	"fmt"

	"labbook/cache/codeid"
)

func double(x int) int { return 2 * x }

func ExampleOf() {
	id := codeid.Of(double)
	fmt.Println(id.Name)
	fmt.Println(id.Code == codeid.Of(double).Code)
	// Output:
	// labbook/cache/codeid_test.double
	// true
}

func ExampleCheck() {
	factor := len("three")
	times := func(x int) int { return factor * x }

	fmt.Println(codeid.Check(double))
	fmt.Println(codeid.Check(times) == nil)
	// Output:
	// <nil>
	// false
}
