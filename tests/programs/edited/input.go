package main

import (
	"math"
	"time"
)

// usual is the input that all others are variations of.
func usual() input {
	return input{
		count: 3,
		name:  "digits",
		settings: Settings{Rate: 0.5, Layers: []Layer{
			{Width: 8, Tags: []string{"in"}},
			{Width: 16, Tags: []string{}},
		}},
		weights: []float64{0.1, 0.2, 0.3, 0},
		when:    time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC),
		data:    []float64{1, 2, 3},
	}
}

// variations change one thing each.
var variations = map[string]func(in *input){
	"int":             func(in *input) { in.count = 4 },
	"string":          func(in *input) { in.name = "digests" },
	"struct-field":    func(in *input) { in.settings.Rate = 0.75 },
	"nested-field":    func(in *input) { in.settings.Layers[1].Width = 32 },
	"element":         func(in *input) { in.weights[1] = 0.9 },
	"float-noise":     func(in *input) { in.weights[0] = math.Nextafter(in.weights[0], 1) },
	"negative-zero":   func(in *input) { in.weights[3] = math.Copysign(0, -1) },
	"nan":             func(in *input) { in.weights[2] = math.NaN() },
	"order":           func(in *input) { in.weights[0], in.weights[1] = in.weights[1], in.weights[0] },
	"longer":          func(in *input) { in.weights = append(in.weights, 0.5) },
	"nil-slice":       func(in *input) { in.settings.Layers[1].Tags = nil },
	"time-zone":       func(in *input) { in.when = in.when.In(time.FixedZone("CEST", 2*60*60)) },
	"instant":         func(in *input) { in.when = in.when.Add(time.Second) },
	"element-type":    func(in *input) { in.data = []float32{1, 2, 3} },
	"two-arguments":   func(in *input) { in.count, in.name = 5, "letters" },
	"same-nan-twice":  func(in *input) { in.weights = append(in.weights[:2], math.NaN(), math.NaN()) },
	"spare-capacity":  func(in *input) { in.weights = append(make([]float64, 0, 64), in.weights...) },
	"monotonic-clock": func(in *input) { in.when = withClock(in.when) },
}

// withClock gives a time the reading of the monotonic clock that time.Now has,
// and that no key depends on.
func withClock(t time.Time) time.Time {
	now := time.Now()
	return now.Add(t.Sub(now)).In(t.Location())
}
