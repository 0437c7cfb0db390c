package misses

import (
	"os"
	"path/filepath"
	"time"

	"labbook/cache"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// outside are situations in which files and the environment change, and the
// toolchain.
var outside = []situation{
	{
		name:  "outside/other data in a file",
		story: "the data file that is passed on has been written anew",
		seen:  "Snakemake, DVC, Nextflow: an input changed",
		runs: []run{
			{byHand: writing("data.csv", "1,2,3\n"), does: countLines("data.csv")},
			{byHand: writing("data.csv", "1,2,3\n4,5,6\n"), does: countLines("data.csv")},
		},
		want: argument("in", diffargs.Value),
	},
	{
		name:  "outside/a file touched",
		story: "the data file was copied back: new times, the same content",
		seen:  "Nextflow: the modification time is part of the hash; Snakemake: rerun by mtime",
		runs: []run{
			{byHand: writing("data.csv", "1,2,3\n"), does: countLines("data.csv")},
			{byHand: touching("data.csv"), does: countLines("data.csv")},
		},
		want: hit(),
	},
	{
		name:  "outside/a file moved",
		story: "the data lie in another folder",
		seen:  "Nextflow: the path is part of the hash; Gradle: path sensitivity",
		runs: []run{
			{byHand: writing("data.csv", "1,2,3\n"), does: countLines("data.csv")},
			{byHand: writing("archive/data.csv", "1,2,3\n"), does: countLines("archive/data.csv")},
		},
		want: hit(),
	},
	{
		name:  "outside/a result file deleted",
		story: "the file that a step has made was deleted to save room",
		seen:  "Snakemake and make: a missing output",
		runs: []run{
			{byHand: writing("data.csv", "1,2,3\n"), does: cleanFile},
			{byHand: func(p place) error { return os.Remove(filepath.Join(p.work, "clean.csv")) }, does: cleanFile},
		},
		want: hit(),
	},
	{
		name:  "outside/a file that it depends on",
		story: "the table of rates that the function reads has been written anew",
		seen:  "Gradle: a configuration file that is an input",
		runs: []run{
			{byHand: writing("rates.csv", "0.1\n"), does: withRates},
			{byHand: writing("rates.csv", "0.25\n"), does: withRates},
		},
		want: dependency("rates.csv"),
	},
	{
		name:  "outside/a change that no time and no size shows",
		story: "one digit was changed by a tool that puts the modification time back",
		seen:  "DVC #10296: a change of equal size",
		runs: []run{
			{byHand: writing("rates.csv", "0.1\n"), does: withRates},
			{byHand: changingSecretly("rates.csv", "0.2\n"), does: withRates},
		},
		want: dependency("rates.csv"),
	},
	{
		name:  "outside/a file that has gone",
		story: "the table of rates is not there any more",
		runs: []run{
			{byHand: writing("rates.csv", "0.1\n"), does: withRates},
			{byHand: func(p place) error { return os.Remove(filepath.Join(p.work, "rates.csv")) }, does: withRates},
		},
		want: dependency("rates.csv"),
	},
	{
		name:  "outside/an environment variable",
		story: "a variable that the function reads has another value",
		seen:  "Bazel: PATH and action_env; Gradle",
		runs: []run{
			{does: withEnvironment, env: []string{"REGION=north"}},
			{does: withEnvironment, env: []string{"REGION=south"}},
		},
		want: dependency("$REGION"),
	},
	{
		name:  "outside/a variable that is not set",
		story: "the run on the cluster lacks a variable",
		seen:  "Bazel: the environment of the other machine",
		runs: []run{
			{does: withEnvironment, env: []string{"REGION=north"}},
			{does: withEnvironment},
		},
		want: dependency("$REGION"),
	},
	{
		name:  "outside/a variable nobody depends on",
		story: "another terminal, another user, other variables",
		seen:  "Bazel and ccache: the whole environment in the key",
		runs: []run{
			{does: withEnvironment, env: []string{"REGION=north", "COLUMNS=80", "USER=a"}},
			{does: withEnvironment, env: []string{"REGION=north", "COLUMNS=120", "USER=b"}},
		},
		want: hit(),
	},
	{
		name:  "outside/a variable and an argument",
		story: "another region and other data",
		runs: []run{
			{does: withEnvironment, env: []string{"REGION=north"}},
			{does: func() { regional(readings(7)) }, env: []string{"REGION=south"}},
		},
		want: want{
			reason: record.DependencyChanged, also: []record.ReasonKind{record.ArgumentChanged},
			differences: []difference{at("$REGION", diffargs.Value), at("x", diffargs.Length)},
		},
	},
	{
		name:  "outside/a newer Go",
		story: "the toolchain was updated",
		seen:  "Bazel, ccache, Gradle: another compiler",
		runs: []run{
			{does: func() { sum(readings(9)) }},
			{does: func() { sum(readings(9)) }, program: newerGo},
		},
		want: want{reason: record.ToolchainChanged, differences: []difference{at("go", diffargs.Value)}},
	},
	{
		name:  "outside/a newer Go, and another seed",
		story: "the toolchain was updated, and the next seed is tried",
		runs: []run{
			{does: func() { fit(readings(9), 0.1, 1) }},
			{does: func() { fit(readings(9), 0.1, 2) }, program: newerGo},
		},
		want: want{
			reason: record.ToolchainChanged, also: []record.ReasonKind{record.ArgumentChanged},
			differences: []difference{at("go", diffargs.Value), at("seed", diffargs.Value)},
		},
	},
}

func dependency(name string) want {
	return want{reason: record.DependencyChanged, differences: []difference{at(name, diffargs.Value)}}
}

var (
	lines    = cache.Wrap(lab, linesOf, cache.Names("in"))
	clean    = cache.Wrap(lab, cleaned, cache.Names("in"))
	rated    = cache.Wrap(lab, Sum, cache.Name("rated"), cache.Names("x"), cache.DependsOn(cache.File("rates.csv")))
	regional = cache.Wrap(lab, Sum, cache.Name("regional"), cache.Names("x"), cache.DependsOn(cache.Env("REGION")))
)

func linesOf(in cache.File) (int, error) {
	text, err := os.ReadFile(string(in))
	return len(text), err
}

func cleaned(in cache.File) (cache.File, error) {
	text, err := os.ReadFile(string(in))
	if err != nil {
		return "", err
	}
	return "clean.csv", os.WriteFile("clean.csv", text, 0o600)
}

func countLines(name cache.File) func() {
	return func() {
		_, err := lines(name)
		must(err)
	}
}

func cleanFile() {
	_, err := clean("data.csv")
	must(err)
}

func withRates() { rated(readings(9)) }

func withEnvironment() { regional(readings(9)) }

// writing writes a file in the working folder.
func writing(name, text string) func(place) error {
	return func(p place) error {
		path := filepath.Join(p.work, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		return os.WriteFile(path, []byte(text), 0o600)
	}
}

// touching makes a file look younger.
func touching(name string) func(place) error {
	return func(p place) error {
		later := time.Now().Add(time.Hour)
		return os.Chtimes(filepath.Join(p.work, name), later, later)
	}
}

// changingSecretly writes a text of equal length, and puts the time back.
func changingSecretly(name, text string) func(place) error {
	return func(p place) error {
		path := filepath.Join(p.work, name)
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if err := writing(name, text)(p); err != nil {
			return err
		}
		return os.Chtimes(path, info.ModTime(), info.ModTime())
	}
}
