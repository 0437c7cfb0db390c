package whymiss_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"labbook/cache/whymiss"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// The lab-book here is one in memory. runlog.Open opens a real one.
func ExampleExplain() {
	book := newHistory(&testing.T{})
	book.compute("12.4", arg("params", params{Layers: []layer{{Width: 32}, {Width: 64}}}))
	book.compute("13.1", arg("params", params{Layers: []layer{{Width: 32}, {Width: 128}}}))

	id, err := record.ParseCallID("13.1")
	if err != nil {
		log.Fatal(err)
	}
	explanation, err := whymiss.Explain(context.Background(), book, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(explanation.Reason.Kind)
	for _, d := range explanation.Differences {
		fmt.Printf("%s: %s, and was %s in call %s\n", d.Path, d.After, d.Before, explanation.Nearest.Call)
	}
	// Output:
	// argument-changed
	// params.Layers[1].Width: 128, and was 64 in call 12.4
}

func ExampleExplanation_NearHit() {
	e := whymiss.Explanation{
		Reason:      whymiss.Reason{Kind: record.ArgumentChanged},
		Differences: []whymiss.Difference{{Path: "x[2]", Kind: diffargs.FloatNoise}},
	}
	fmt.Println(e.NearHit())
	e.Differences[0].Kind = diffargs.Value
	fmt.Println(e.NearHit())
	// Output:
	// true
	// false
}
