package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/record"
)

func TestMetricLines(t *testing.T) {
	t.Parallel()
	metrics := []record.Metric{
		{Name: "accuracy", Value: 0.9},
		{Name: "loss", Step: 0, Value: 3},
		{Name: "loss", Step: 1, Value: 0.5},
		{Name: "loss", Step: 2, Value: 1},
		{Name: "pi", Value: 3.14159265},
	}
	want := []string{"accuracy = 0.9", "loss = 1  (the last of 3, 0.5 to 3)", "pi = 3.14159"}
	if diff := cmp.Diff(want, metricLines(metrics)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
