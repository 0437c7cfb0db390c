package misses

import (
	"labbook/cache"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// options are situations in which a function is wrapped in another way.
var options = []situation{
	{
		name:  "options/another version",
		story: "the version that stands for the code was raised",
		seen:  "Dagster: code_version; redun: version",
		runs: pair(
			func() { cache.Wrap(lab, reported, counted, cache.Version("1"))(3, "digits") },
			func() { cache.Wrap(lab, reported, counted, cache.Version("2"))(3, "digits") }),
		want: option(at("version", diffargs.Value)),
	},
	{
		name:  "options/an argument is ignored now",
		story: "cache.Ignore was added",
		seen:  "joblib: ignore",
		runs: pair(
			func() { cache.Wrap(lab, reported, counted)(3, "digits") },
			func() { cache.Wrap(lab, reported, counted, cache.Ignore("count"))(3, "digits") }),
		want: option(at("count", diffargs.Removed)),
	},
	{
		name:  "options/an argument counts again",
		story: "cache.Ignore was taken away",
		runs: pair(
			func() { cache.Wrap(lab, reported, counted, cache.Ignore("count"))(3, "digits") },
			func() { cache.Wrap(lab, reported, counted)(3, "digits") }),
		want: option(at("count", diffargs.Added)),
	},
	{
		name:  "options/ignored, and another argument",
		story: "cache.Ignore was added, and another data set is used",
		runs: pair(
			func() { cache.Wrap(lab, reported, counted)(3, "digits") },
			func() { cache.Wrap(lab, reported, counted, cache.Ignore("count"))(3, "letters") }),
		want: option(at("count", diffargs.Removed), at("name", diffargs.Value)).besides(record.ArgumentChanged),
	},
	{
		name:  "options/other names",
		story: "an argument goes by another name in cache.Names",
		runs: pair(
			func() { cache.Wrap(lab, reported, counted)(3, "digits") },
			func() { cache.Wrap(lab, reported, cache.Names("count", "data"))(3, "digits") }),
		want: hit(),
	},
	{
		name:  "options/how much is told",
		story: "the run is more talkative, which the result does not depend on",
		seen:  "scikit-learn and joblib users: verbose and n_jobs",
		runs: pair(
			func() { cache.Wrap(lab, reported, cache.Names("verbose", "name"))(0, "digits") },
			func() { cache.Wrap(lab, reported, cache.Names("verbose", "name"))(2, "digits") }),
		want: argument("verbose", diffargs.Value),
	},
}

var counted = cache.Names("count", "name")

func option(differences ...difference) want {
	return want{reason: record.OptionChanged, differences: differences}
}
