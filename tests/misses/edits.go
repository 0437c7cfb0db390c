package misses

import (
	"labbook/diffargs"
	"labbook/runlog/record"
)

// A code is a package that is edited between the runs of the program that it is
// part of. All packages are built into one program, together, which calls the
// function Call of each; what is explained is the last cached call in it.
type code struct {
	files    string   // of the module; those of the package first
	edits    [][]edit // before the second run, before the third
	deployed bool     // the program runs where its source is not
}

// An edit replaces a text that stands once in a file, or all of it if before is
// "".
type edit struct{ file, before, after string }

// edits are situations in which code changes.
var edits = []situation{
	{
		name:  "edits/a constant three calls down",
		story: "a constant in another package, which a helper of a helper uses",
		seen:  "joblib #59 and #1026: changes in called functions go unseen",
		code: &code{
			files: `
-- constant/fit.go --
package constant

import (
	"example.com/lab/constant/model"
	"labbook/cache"
)

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) float64 { return model.Train(n) }
-- constant/model/model.go --
package model

import "example.com/lab/constant/rates"

func Train(n int) float64 { return step(float64(n)) }

func step(x float64) float64 { return x * rates.Rate() }
-- constant/rates/rates.go --
package rates

const learningRate = 0.25

func Rate() float64 { return 2 * learningRate }
`,
			edits: [][]edit{{{"constant/rates/rates.go", "0.25", "0.125"}}},
		},
		want: edited(function("rates.learningRate", diffargs.Value)),
	},
	{
		name:  "edits/a comment",
		story: "a comment was written, and a line broken in two",
		seen:  "Snakemake #1694: runs again for a comment; joblib",
		code: &code{
			files: `
-- comment/fit.go --
package comment

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

// fit fits.
func fit(n int) float64 { return helper(n) + 1 }

func helper(n int) float64 { return float64(n) }
`,
			edits: [][]edit{{
				{"comment/fit.go", "// fit fits.", "// fit has been described anew,\n// on two lines."},
				{"comment/fit.go", "helper(n) + 1", "helper(n) + // the first\n\t\t1"},
			}},
		},
		want: hit(),
	},
	{
		name:  "edits/another function of the file",
		story: "a function that the cached one does not call was changed, and one was added above",
		seen:  "joblib #680 and #129: any edit of the file; Snakemake: the script changed",
		code: &code{
			files: `
-- unrelated/fit.go --
package unrelated

import "labbook/cache"

func Call(m *cache.Memory) { _ = unrelated(cache.Wrap(m, fit, cache.Names("n"))(3)) }

func fit(n int) float64 { return float64(n) }

func unrelated(x float64) float64 { return x }
`,
			edits: [][]edit{{
				{"unrelated/fit.go", "func fit(", "func above() {}\n\nfunc fit("},
				{"unrelated/fit.go", "{ return x }", "{ return -x }"},
			}},
		},
		want: hit(),
	},
	{
		name:  "edits/there and back",
		story: "something was tried out and undone",
		seen:  "joblib: the old results are gone after an edit",
		code: &code{
			files: `
-- back/fit.go --
package back

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) float64 { return float64(n) / 2 }
`,
			edits: [][]edit{
				{{"back/fit.go", "/ 2", "/ 3"}},
				{{"back/fit.go", "/ 3", "/ 2"}},
			},
		},
		want: hit(),
	},
	{
		name:  "edits/a helper taken out",
		story: "part of a function was moved into a helper of its own",
		code: &code{
			files: `
-- split/fit.go --
package split

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) float64 { return float64(n)/2 + 1 }
`,
			edits: [][]edit{{{"split/fit.go", "float64(n)/2 + 1 }", "half(n) + 1 }\n\nfunc half(n int) float64 { return float64(n) / 2 }"}}},
		},
		want: edited(function("split.fit", diffargs.Value), function("split.half", diffargs.Added)),
	},
	{
		name:  "edits/a helper no longer called",
		story: "the call of a helper was taken out; the helper is still there",
		code: &code{
			files: `
-- dropped/fit.go --
package dropped

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) float64 { return half(n) + 1 }

func half(n int) float64 { return float64(n) / 2 }
`,
			edits: [][]edit{{{"dropped/fit.go", "half(n) + 1", "float64(n) + 1"}}},
		},
		want: edited(function("dropped.fit", diffargs.Value), function("dropped.half", diffargs.Removed)),
	},
	{
		name:  "edits/a helper moved to another file",
		story: "a package was tidied: a helper lies in another file",
		seen:  "Snakemake and joblib: the file is the unit",
		code: &code{
			files: `
-- moved/fit.go --
package moved

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) float64 { return half(n) + 1 }

func half(n int) float64 { return float64(n) / 2 }
-- moved/rest.go --
package moved
`,
			edits: [][]edit{{
				{"moved/fit.go", "\nfunc half(n int) float64 { return float64(n) / 2 }\n", ""},
				{"moved/rest.go", "package moved\n", "package moved\n\nfunc half(n int) float64 { return float64(n) / 2 }\n"},
			}},
		},
		want: hit(),
	},
	{
		name:  "edits/a method",
		story: "a method was changed that the function calls of a value",
		code: &code{
			files: `
-- method/fit.go --
package method

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) float64 {
	t := tree{depth: n}
	return t.split()
}

type tree struct{ depth int }

func (t *tree) split() float64 { return float64(t.depth) / 2 }
`,
			edits: [][]edit{{{"method/fit.go", "/ 2", "/ 4"}}},
		},
		want: edited(function("method.(*tree).split", diffargs.Value)),
	},
	{
		name:  "edits/a table of the package",
		story: "one number of a table was corrected that is a variable of the package",
		seen:  "redun and joblib: global variables are not seen",
		code: &code{
			files: `
-- global/fit.go --
package global

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(1) }

func fit(n int) float64 { return weights[n] }

var weights = []float64{
	0.5,
	0.25,
	0.25,
}
`,
			edits: [][]edit{{{"global/fit.go", "\t0.5,", "\t0.75,"}}},
		},
		want: edited(function("global.weights", diffargs.Value)),
	},
	{
		name:  "edits/an embedded file",
		story: "a table that is embedded in the program has another line",
		code: &code{
			files: `
-- embedded/fit.go --
package embedded

import (
	_ "embed"

	"labbook/cache"
)

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

//go:embed table.csv
var table string

func fit(n int) int { return n * len(table) }
-- embedded/table.csv --
1,2,3
`,
			edits: [][]edit{{{"embedded/table.csv", "1,2,3", "1,2,3\n4,5,6"}}},
		},
		want: edited(function("embedded.table", diffargs.Value)),
	},
	{
		name:  "edits/two functions swapped",
		story: "two functions have swapped their names",
		code: &code{
			files: `
-- swapped/fit.go --
package swapped

import "labbook/cache"

func Call(m *cache.Memory) {
	cache.Wrap(m, last, cache.Names("n"))(3)
	cache.Wrap(m, first, cache.Names("n"))(3)
}

func first(n int) int { return n + 1 }

func last(n int) int { return n - 1 }
`,
			edits: [][]edit{{
				{"swapped/fit.go", "func first(n int) int { return n + 1 }", "func first(n int) int { return n - 1 }"},
				{"swapped/fit.go", "func last(n int) int { return n - 1 }", "func last(n int) int { return n + 1 }"},
			}},
		},
		want: edited(function("swapped.first", diffargs.Value)),
	},
	{
		name:  "edits/the function renamed",
		story: "the cached function goes by another name",
		seen:  "joblib, Dagster: results are kept by name",
		code: &code{
			files: `
-- renamed/fit.go --
package renamed

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) int { return n + 1 }
`,
			edits: [][]edit{{
				{"renamed/fit.go", "cache.Wrap(m, fit,", "cache.Wrap(m, fitted,"},
				{"renamed/fit.go", "func fit(", "func fitted("},
			}},
		},
		want: firstCall,
	},
	{
		name:  "edits/code and argument",
		story: "the function was changed, and so was what it is called with",
		code: &code{
			files: `
-- both/fit.go --
package both

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) int { return n + 1 }
`,
			edits: [][]edit{{{"both/fit.go", "(3)", "(4)"}, {"both/fit.go", "n + 1", "n + 2"}}},
		},
		want: edited(function("both.fit", diffargs.Value), at("n", diffargs.Value)).besides(record.ArgumentChanged),
	},
	{
		name:  "edits/code, environment and argument",
		story: "back from a holiday: everything is different",
		code: &code{
			files: `
-- three/fit.go --
package three

import (
	"os"

	"labbook/cache"
)

func Call(m *cache.Memory) {
	os.Setenv("REGION", "north")
	cache.Wrap(m, fit, cache.Names("n"), cache.DependsOn(cache.Env("REGION")))(3)
}

func fit(n int) int { return n + 1 }
`,
			edits: [][]edit{{
				{"three/fit.go", `"north"`, `"south"`},
				{"three/fit.go", ")(3)", ")(4)"},
				{"three/fit.go", "n + 1", "n + 2"},
			}},
		},
		want: edited(
			function("three.fit", diffargs.Value), at("$REGION", diffargs.Value), at("n", diffargs.Value),
		).besides(record.DependencyChanged, record.ArgumentChanged),
	},
	{
		name:  "edits/a module of another version",
		story: "a dependency was updated in go.mod",
		seen:  "Bazel and Snakemake: the software environment changed",
		code: &code{
			files: `
-- updated/fit.go --
package updated

import (
	"reflect"

	"example.com/weights/fmtsort"
	"labbook/cache"
)

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) int { return len(fmtsort.Sort(reflect.ValueOf(map[int]int{n: n})).Key) }
`,
			edits: [][]edit{{{"go.mod", "example.com/weights v1.0.0", "example.com/weights v1.1.0"}}},
		},
		want: dependency("example.com/weights"),
	},
	{
		name:  "edits/a module replaced by a folder",
		story: "a module that go.mod replaces by a folder was edited",
		code: &code{
			files: `
-- replaced/fit.go --
package replaced

import (
	"example.com/near"
	"labbook/cache"
)

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) int { return near.Scale(n) }
-- near/go.mod --
module example.com/near

go 1.26.0
-- near/near.go --
package near

func Scale(n int) int { return 2 * n }
`,
			edits: [][]edit{{{"near/near.go", "2 * n", "3 * n"}}},
		},
		want: edited(function("near.Scale", diffargs.Value)),
	},
	{
		name:  "edits/code that it depends on",
		story: "a function was changed that is found in a table, and declared by DependsOn",
		code: &code{
			files: `
-- declared/fit.go --
package declared

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"), cache.DependsOn(cache.Code(smooth)))(3) }

func fit(n int) int { return n }

func smooth(n int) int { return n / 2 }
`,
			edits: [][]edit{{{"declared/fit.go", "n / 2", "n / 3"}}},
		},
		want: dependency("example.com/lab/declared.smooth"),
	},
	{
		name:  "edits/the step before",
		story: "the code of the step before was changed, so that this one gets other data",
		seen:  "Nextflow, DVC, Snakemake: everything downstream runs again",
		code: &code{
			files: `
-- cascade/fit.go --
package cascade

import "labbook/cache"

func Call(m *cache.Memory) {
	x := cache.Wrap(m, prepare, cache.Names("n"))(4)
	cache.Wrap(m, fit, cache.Names("x"))(x)
}

func prepare(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i * i)
	}
	return x
}

func fit(x []float64) int { return len(x) }
`,
			edits: [][]edit{{{"cascade/fit.go", "\treturn x\n", "\tx[0] = 0.5\n\treturn x\n"}}},
		},
		want: argument("x[0]", diffargs.Value),
	},
	{
		name:  "edits/built again without source",
		story: "a new build of the program was copied to the cluster, where its source is not",
		seen:  "Snakemake and Nextflow users with containers: a new image",
		code: &code{
			files: `
-- deployed/fit.go --
package deployed

import "labbook/cache"

func Call(m *cache.Memory) { cache.Wrap(m, fit, cache.Names("n"))(3) }

func fit(n int) int { return n }
`,
			edits:    [][]edit{{{"deployed/fit.go", "return n }", "return n } // as it was"}}},
			deployed: true,
		},
		want: edited(at("code", diffargs.Value)),
	},
}
