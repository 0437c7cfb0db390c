// Edited is a program that a test copies away and changes between its runs, as
// somebody does who tunes an analysis. It makes one cached call, of fit.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"labbook/cache"
	"labbook/runlog"
	"labbook/tests/programs/edited/model"
)

func main() { runlog.Main(analyse) }

// failVariable makes fit fail: it is nothing that a key could know of.
const failVariable = "EDITED_FAIL"

func analyse(_ context.Context, run *runlog.Run) error {
	p := struct {
		Vary       string `help:"what is unusual about the input"`
		Ignore     string `help:"an argument that is left out of the key"`
		Version    string `help:"what stands for the code"`
		Unstorable bool   `help:"return what cannot be stored"`
	}{}
	if err := run.Params(&p); err != nil {
		return err
	}
	in := usual()
	if p.Vary != "" {
		vary, known := variations[p.Vary]
		if !known {
			return &runlog.UsageError{Err: fmt.Errorf("-vary %s: there is no such variation", p.Vary)}
		}
		vary(&in)
	}
	options := []cache.Option{cache.Names("count", "name", "settings", "weights", "when", "data", "unstorable")}
	if p.Ignore != "" {
		options = append(options, cache.Ignore(p.Ignore))
	}
	if p.Version != "" {
		options = append(options, cache.Version(p.Version))
	}
	fit := cache.Wrap(cache.New("", cache.Options{}), fit, options...)
	result, err := fit(in.count, in.name, in.settings, in.weights, in.when, in.data, p.Unstorable)
	if err != nil {
		return err
	}
	fmt.Println(describe(result))
	return nil
}

type input struct {
	count    int
	name     string
	settings Settings
	weights  []float64
	when     time.Time
	data     any
}

// Settings are an argument with fields.
type Settings struct {
	Rate   float64
	Layers []Layer
}

// Layer is an element of an argument.
type Layer struct {
	Width int
	Tags  []string
}

var errAsked = errors.New("failing as asked")

// fit is the cached function.
func fit(count int, name string, settings Settings, weights []float64, when time.Time, data any, unstorable bool) (any, error) {
	if os.Getenv(failVariable) != "" {
		return nil, errAsked
	}
	if unstorable {
		return make(chan int), nil
	}
	total := float64(count + len(name) + when.Year())
	for _, layer := range settings.Layers {
		total += settings.Rate * float64(layer.Width)
	}
	switch data := data.(type) {
	case []float32:
		total += float64(len(data))
	case []float64:
		total += float64(len(data))
	}
	return model.Train(total, weights), nil
}

// describe is no part of what fit computes.
func describe(result any) string {
	return fmt.Sprintf("result %v", result)
}
