package misses

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"labbook/cache"
	"labbook/diffargs"
)

// values are situations with structs, maps and whatever else is passed on.
var values = []situation{
	{
		name:  "values/deep in a struct",
		story: "the width of one layer changed",
		runs: pair(func() { train(layers(5)) }, func() {
			p := layers(5)
			p.Layers[3].Width = 128
			train(p)
		}),
		want: argument("params.Layers[3].Width", diffargs.Value),
	},
	{
		name:  "values/a struct, values not stored",
		story: "the rate changed, and nobody had asked for the values to be kept",
		runs: plainly(func() { train(layers(50)) }, func() {
			p := layers(50)
			p.Layers[30].Width = 128
			train(p)
		}),
		want: argument("params", diffargs.Value),
	},
	{
		name:  "values/empty or nil",
		story: "the parameters went through JSON, where no tags became an empty list",
		runs: pair(
			func() { train(Params{Rate: 0.1}) },
			func() { train(Params{Rate: 0.1, Tags: []string{}}) }),
		want: argument("params.Tags", diffargs.NilVsEmpty),
	},
	{
		name:  "values/a layer put in between",
		story: "one more layer in the middle of the others",
		runs: pair(func() { train(layers(5)) }, func() {
			p := layers(5)
			p.Layers = append(p.Layers[:2], append([]Layer{{Name: "dropout"}}, p.Layers[2:]...)...)
			train(p)
		}),
		want: argument("params.Layers", diffargs.Length),
	},
	{
		name:  "values/no limit, and a limit of 0",
		story: "an optional number was not given, and then was given as 0",
		runs:  pair(func() { train(Params{Rate: 0.1}) }, func() { train(Params{Rate: 0.1, Limit: new(int)}) }),
		want:  argument("params.Limit", diffargs.Value),
	},
	{
		name:  "values/int and int64",
		story: "a depth comes as int from the code and as int64 from a library",
		runs: pair(
			func() { tune(map[string]any{"depth": 3, "rate": 0.1}) },
			func() { tune(map[string]any{"depth": int64(3), "rate": 0.1}) }),
		want: argument(`options["depth"]`, diffargs.DType),
	},
	{
		name:  "values/numbers from JSON",
		story: "the options are read from JSON, which knows no whole numbers",
		seen:  "Prefect and Dagster: configuration from YAML or JSON",
		runs: pair(func() { tune(map[string]any{"folds": 5, "name": "digits"}) }, func() {
			var options map[string]any
			must(json.Unmarshal([]byte(`{"folds": 5, "name": "digits"}`), &options))
			tune(options)
		}),
		want: argument(`options["folds"]`, diffargs.DType),
	},
	{
		name:  "values/a number in quotes",
		story: "somebody has put quotes around a number in the configuration",
		seen:  "Snakemake and Nextflow users: --config folds=5",
		runs: pair(
			func() { tune(map[string]any{"folds": 5, "name": "digits"}) },
			func() { tune(map[string]any{"folds": "5", "name": "digits"}) }),
		want: argument(`options["folds"]`, diffargs.Type),
	},
	{
		name:  "values/one option more",
		story: "a new option was written into the configuration",
		seen:  "hdbscan #292: a parameter that the costly step does not look at",
		runs: pair(
			func() { tune(map[string]any{"depth": 3}) },
			func() { tune(map[string]any{"depth": 3, "dropout": 0.5}) }),
		want: argument(`options["dropout"]`, diffargs.Added),
	},
	{
		name:  "values/one option less",
		story: "an option was taken out of the configuration",
		seen:  "DVC #9913: a parameter removed",
		runs: pair(
			func() { tune(map[string]any{"depth": 3, "dropout": 0.5}) },
			func() { tune(map[string]any{"depth": 3}) }),
		want: argument(`options["dropout"]`, diffargs.Removed),
	},
	{
		name:  "values/an option renamed",
		story: "lr is called learning_rate now",
		runs: pair(
			func() { tune(map[string]any{"depth": 3, "lr": 0.0125}) },
			func() { tune(map[string]any{"depth": 3, "learning_rate": 0.0125}) }),
		want: argument(`options["learning_rate"]`, diffargs.Renamed),
	},
	{
		name:  "values/deep in the options",
		story: "the width of one layer changed in a nested configuration",
		seen:  "Dagster #1993: a part of the configuration that the step does not use",
		runs: pair(
			func() { tune(nested(64)) },
			func() { tune(nested(128)) }),
		want: argument(`options["model"]["layers"][2]`, diffargs.Value),
	},
	{
		name:  "values/the ID of the run among the options",
		story: "the options carry an ID that is new in each run",
		seen:  "Prefect with pydantic-ai #3883: run_id",
		runs:  pair(withRunID, withRunID),
		want:  argument(`options["run_id"]`, diffargs.Value),
	},
	{
		name:  "values/one tag more",
		story: "a set of tags has one more",
		runs: pair(
			func() { label(map[string]bool{"clean": true, "day": true}) },
			func() { label(map[string]bool{"clean": true, "day": true, "night": true}) }),
		want: argument(`tags["night"]`, diffargs.Added),
	},
	{
		name:  "values/a map filled in another order",
		story: "a set of tags is made in another order",
		seen:  "Prefect #17547, joblib: sets and dictionaries",
		runs: pair(
			func() { label(tagged("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")) },
			func() { label(tagged("j", "i", "h", "g", "f", "e", "d", "c", "b", "a")) }),
		want: hit(),
	},
	{
		name:  "values/one object twice, or two equal ones",
		story: "two models share their weights, or have a copy each",
		seen:  "joblib #1283 and #393: the identity of objects in the hash",
		runs: pair(func() {
			weights := readings(5)
			measure([]Model{{Weights: weights}, {Weights: weights}})
		}, func() {
			measure([]Model{{Weights: readings(5)}, {Weights: readings(5)}})
		}),
		want: hit(),
	},
	{
		name:  "values/two arguments",
		story: "the rate and the seed changed at once",
		runs:  pair(func() { fit(readings(10), 0.1, 1) }, func() { fit(readings(10), 0.2, 2) }),
		want:  arguments(in("rate", diffargs.Value), in("seed", diffargs.Value)),
	},
	{
		name:  "values/two arguments, values not stored",
		story: "the number and the name changed at once",
		runs:  plainly(func() { report(3, "digits") }, func() { report(4, "letters") }),
		want:  arguments(in("count", diffargs.Value), in("name", diffargs.Value)),
	},
	{
		name:  "values/the receiver",
		story: "a method is called of a deeper model",
		seen:  "joblib #1442: cached methods",
		runs: pair(
			func() { score(Model{Depth: 3, Weights: readings(4)}, readings(9)) },
			func() { score(Model{Depth: 4, Weights: readings(4)}, readings(9)) }),
		want: argument("model.Depth", diffargs.Value),
	},
	{
		name:  "values/one argument more",
		story: "a function of any number of arguments gets one more",
		runs:  pair(func() { pick("age", "height") }, func() { pick("age", "height", "weight") }),
		want:  argument("columns", diffargs.Length),
	},
	{
		name:  "values/another context",
		story: "the call gets a deadline",
		runs: pair(func() { within(context.Background(), readings(9)) }, func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			within(ctx, readings(9))
		}),
		want: hit(),
	},
	{
		name:  "values/another instance of a generic function",
		story: "the function is used for float32, and was used for float64",
		runs: pair(func() {
			cache.Wrap(lab, Scale[float64])([]float64{1, 2}, 3)
		}, func() {
			cache.Wrap(lab, Scale[float32])([]float32{1, 2}, 3)
		}),
		want: firstCall,
	},
}

func layers(n int) Params {
	p := Params{Rate: 0.1}
	for i := range n {
		p.Layers = append(p.Layers, Layer{Name: "dense " + strconv.Itoa(i), Width: 64})
	}
	return p
}

func nested(width int) map[string]any {
	return map[string]any{
		"data":  map[string]any{"name": "digits"},
		"model": map[string]any{"layers": []any{16, 32, width}, "rate": 0.1},
	}
}

func withRunID() {
	tune(map[string]any{"depth": 3, "run_id": strconv.FormatInt(time.Now().UnixNano(), 36)})
}

func tagged(tags ...string) map[string]bool {
	set := map[string]bool{}
	for _, tag := range tags {
		set[tag] = true
	}
	return set
}
