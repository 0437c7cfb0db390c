package misses

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"labbook/cache"
	"labbook/runlog"
)

// Study is the program of all situations in which no code changes: it does what
// one run of one of them does.
func Study(_ context.Context, r *runlog.Run) error {
	p := struct {
		Situation string `help:"the name of the situation"`
		Run       int    `help:"which of its runs, from 1"`
	}{}
	if err := r.Params(&p); err != nil {
		return err
	}
	all := situations()
	i := slices.IndexFunc(all, func(s situation) bool { return s.name == p.Situation })
	if i < 0 || p.Run < 1 || p.Run > len(all[i].runs) || all[i].runs[p.Run-1].does == nil {
		return &runlog.UsageError{Err: fmt.Errorf("there is no run %d of %q", p.Run, p.Situation)}
	}
	all[i].runs[p.Run-1].does()
	return nil
}

// situations are those of all themes.
func situations() []situation {
	return slices.Concat(rows, texts, times, values, options, outside, stored, near, edits, shapes)
}

// The functions of the study. Each computes something from its arguments, so that
// a person might have written it.
var (
	lab = cache.New("", cache.Options{})

	sum        = cache.Wrap(lab, Sum, cache.Names("x"))
	spread     = cache.Wrap(lab, spreadOf, cache.Names("x"))
	fit        = cache.Wrap(lab, fitOf, cache.Names("x", "rate", "seed"))
	brightness = cache.Wrap(lab, brightnessOf, cache.Names("image"))
	decode     = cache.Wrap(lab, decoded, cache.Names("raw"))
	describe   = cache.Wrap(lab, described, cache.Names("name"))
	configure  = cache.Wrap(lab, configured, cache.Names("config"))
	open       = cache.Wrap(lab, opened, cache.Names("path"))
	since      = cache.Wrap(lab, daysSince, cache.Names("when"))
	train      = cache.Wrap(lab, trained, cache.Names("params"))
	tune       = cache.Wrap(lab, tuned, cache.Names("options"))
	label      = cache.Wrap(lab, labelled, cache.Names("tags"))
	pick       = cache.Wrap(lab, picked, cache.Names("columns"))
	score      = cache.Wrap(lab, Model.Score, cache.Names("model", "x"))
	measure    = cache.Wrap(lab, measured, cache.Names("data"))
	within     = cache.Wrap(lab, summedWithin, cache.Names("x"))
	report     = cache.Wrap(lab, reported, cache.Names("count", "name"))
	wait       = cache.Wrap(lab, waited, cache.Names("n"))
)

// Sum adds.
func Sum(x []float64) float64 {
	total := 0.0
	for _, v := range x {
		total += v
	}
	return total
}

func spreadOf(x [][]float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, row := range x {
		low, high = min(low, slices.Min(row)), max(high, slices.Max(row))
	}
	return high - low
}

func fitOf(x []float64, rate float64, seed int64) float64 { return Sum(x)*rate + float64(seed) }

func brightnessOf(image []uint8) float64 {
	total := 0
	for _, pixel := range image {
		total += int(pixel)
	}
	return float64(total) / float64(len(image))
}

func decoded(raw []uint32) uint64 {
	total := uint64(0)
	for _, v := range raw {
		total += uint64(v)
	}
	return total
}

func described(name string) string { return name + " is described" }

func configured(config string) int { return len(config) }

func opened(path string) int { return len(path) }

func daysSince(when time.Time) int { return when.YearDay() }

// Params are an argument with fields.
type Params struct {
	Rate    float64
	Layers  []Layer
	Tags    []string
	Limit   *int
	Scratch string
}

// Layer is an element of an argument.
type Layer struct {
	Name  string
	Width int
}

func trained(params Params) int {
	total := len(params.Tags)
	for _, layer := range params.Layers {
		total += layer.Width
	}
	return total
}

func tuned(options map[string]any) int { return len(options) }

func labelled(tags map[string]bool) int { return len(tags) }

func picked(columns ...string) int { return len(columns) }

// Model is what Score is a method of.
type Model struct {
	Depth   int
	Weights []float64
}

// Score weighs.
func (m Model) Score(x []float64) float64 { return Sum(x) * float64(m.Depth) * Sum(m.Weights) }

func measured(data any) string { return fmt.Sprint(data) }

func summedWithin(_ context.Context, x []float64) float64 { return Sum(x) }

func reported(count int, name string) string { return fmt.Sprintln(count, name) }

// waited says that it has begun and waits for the end of the input.
func waited(n int) (int, error) {
	fmt.Println(begun)
	_, err := io.Copy(io.Discard, os.Stdin)
	return n, err
}

const begun = "begun"

// Scale is a generic function.
func Scale[T float32 | float64](x []T, by T) []T {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= by
	}
	return y
}

var errOutOfReach = errors.New("the server is out of reach")

// die ends the program as the system does when memory runs out.
func die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // until the signal has come
}

// must is for what a study cannot go on without.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
