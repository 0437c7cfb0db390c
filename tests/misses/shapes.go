package misses

import (
	"labbook/diffargs"
	"labbook/runlog/record"
)

// shapes are situations in which the code changes what a function takes: its
// parameters, and the fields of a struct among them.
var shapes = []situation{
	{
		name:  "shapes/a parameter renamed",
		story: "a parameter goes by another name, in the code and in cache.Names",
		code: &code{
			files: `
-- parameter/fit.go --
package parameter

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n", "by"))(3, 4) }

func fit(n, by int) int { return n * by }
`,
			edits: [][]edit{{
				{"parameter/fit.go", `"by"`, `"factor"`},
				{"parameter/fit.go", "func fit(n, by int) int { return n * by }", "func fit(n, factor int) int { return n * factor }"},
			}},
		},
		want: edited(function("parameter.fit", diffargs.Value), at("factor", diffargs.Renamed)).besides(record.OptionChanged),
	},
	{
		name:  "shapes/a parameter added",
		story: "the function takes one more argument",
		seen:  "joblib: a new argument with a default",
		code: &code{
			files: `
-- wider/fit.go --
package wider

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) int { return n + 1 }
`,
			edits: [][]edit{{
				{"wider/fit.go", `cache.Names("n"))(3)`, `cache.Names("n", "by"))(3, 1)`},
				{"wider/fit.go", "func fit(n int) int { return n + 1 }", "func fit(n, by int) int { return n + by }"},
			}},
		},
		want: edited(
			function("wider.fit", diffargs.Value), at("signature", diffargs.Value), at("by", diffargs.Added),
		).besides(record.ArgumentChanged),
	},
	{
		name:  "shapes/a parameter of another type",
		story: "the function takes float32 now",
		code: &code{
			files: `
-- narrower/fit.go --
package narrower

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("x"))([]float64{1, 2, 3}) }

func fit(x []float64) int { return len(x) }
`,
			edits: [][]edit{{
				{"narrower/fit.go", "([]float64{1", "([]float32{1"},
				{"narrower/fit.go", "fit(x []float64)", "fit(x []float32)"},
			}},
		},
		want: edited(
			function("narrower.fit", diffargs.Value), at("signature", diffargs.Value), at("x", diffargs.DType),
		).besides(record.ArgumentChanged),
	},
	{
		name:  "shapes/a field added",
		story: "the settings have one more field",
		seen:  "joblib and Prefect: a new attribute of a configuration class",
		code: &code{
			files: settingsOf("fieldadded", "Rate float64; Width int", "", "Rate: 0.5, Width: 8"),
			edits: [][]edit{{{"fieldadded/fit.go", "Rate float64; Width int", "Rate float64; Width int; Depth int"}}},
		},
		want: edited(
			function("fieldadded.Settings", diffargs.Value), in("settings.Depth", diffargs.Added),
		).besides(record.ArgumentChanged),
	},
	{
		name:  "shapes/a field renamed",
		story: "a field of the settings goes by another name",
		code: &code{
			files: settingsOf("fieldrenamed", "Speed float64; Width int", "", "Speed: 0.5, Width: 8"),
			edits: [][]edit{{
				{"fieldrenamed/fit.go", "Speed float64", "Rate float64"},
				{"fieldrenamed/fit.go", "Speed: 0.5", "Rate: 0.5"},
			}},
		},
		want: edited(
			function("fieldrenamed.Settings", diffargs.Value), in("settings.Rate", diffargs.Renamed),
		).besides(record.ArgumentChanged),
	},
	{
		name:  "shapes/fields in another order",
		story: "the fields of the settings were sorted",
		code: &code{
			files: settingsOf("fieldorder", "Width int; Rate float64", "", "Rate: 0.5, Width: 8"),
			edits: [][]edit{{{"fieldorder/fit.go", "Width int; Rate float64", "Rate float64; Width int"}}},
		},
		want: edited(
			function("fieldorder.Settings", diffargs.Value), in("settings", diffargs.Type),
		).besides(record.ArgumentChanged),
	},
	{
		name:  "shapes/a field of another type",
		story: "a width may be broken now, and is float64",
		code: &code{
			files: settingsOf("fieldtype", "Rate float64; Width int", "", "Rate: 0.5, Width: 8"),
			edits: [][]edit{{{"fieldtype/fit.go", "Width int", "Width float64"}}},
		},
		want: edited(
			function("fieldtype.Settings", diffargs.Value), in("settings.Width", diffargs.DType),
		).besides(record.ArgumentChanged),
	},
	{
		name:  "shapes/a field added, under a version",
		story: "the settings have one more field, and a version stands for the code",
		code: &code{
			files: settingsOf("versioned", "Rate float64; Width int", `, cache.Version("1")`, "Rate: 0.5, Width: 8"),
			edits: [][]edit{{{"versioned/fit.go", "Rate float64; Width int", "Rate float64; Width int; Depth int"}}},
		},
		want: argument("settings.Depth", diffargs.Added),
	},
}

// settingsOf is a package whose cached function takes a struct with these fields.
func settingsOf(name, fields, option, literal string) string {
	return `
-- ` + name + `/fit.go --
package ` + name + `

import "labbook/cache"

type Settings struct { ` + fields + ` }

func Call(m *cache.Memory) {
	cache.Wrap(m, fit, cache.Names("settings")` + option + `)(Settings{` + literal + `})
}

func fit(settings Settings) bool { return settings == Settings{} }
`
}
