package misses

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"labbook/cache"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// near are situations in which the question is what to compare with.
var near = []situation{
	{
		name:  "near/the first call of all",
		story: "a new lab-book",
		runs:  []run{{does: func() { sum(readings(9)) }}},
		want:  firstCall,
	},
	{
		name:  "near/the first call of this function",
		story: "other functions have been called, this one has not",
		runs:  pair(func() { sum(readings(9)) }, func() { describe("digits") }),
		want:  firstCall,
	},
	{
		name:  "near/the first call that is left",
		story: "the earlier runs were pruned",
		runs: []run{
			{does: func() { sum(readings(9)) }},
			{
				does:   func() { sum(readings(10)) },
				byHand: func(p place) error { return p.labbook("prune", "--keep-runs", "0", "--origins", "--yes") },
			},
		},
		want: firstCall,
	},
	{
		name:  "near/a function of that name in another program",
		story: "two studies that share a lab-book both have a function Sum",
		seen:  "joblib #1096: two notebooks with a function of the same name",
		runs: []run{
			{does: func() { sum([]float64{1, 2, 3}) }},
			{program: otherStudy},
		},
		want: firstCall,
	},
	{
		name:  "near/two programs that gave it one name",
		story: "two studies have given their functions one name, which are not the same",
		seen:  "joblib #1060: name collisions",
		runs: []run{
			{does: func() { cache.Wrap(lab, Sum, cache.Name("total"), cache.Names("x"))([]float64{1, 2, 3}) }},
			{program: otherStudy, does: func() {}},
		},
		want: edited(function("other.Sum", diffargs.Added), function("misses.Sum", diffargs.Removed)),
	},
	{
		name:  "near/2,000 seeds later",
		story: "the call differs in the rate from one that was made before a sweep of 2,000 seeds",
		seen:  "sweeps of seeds with every tool",
		runs: []run{
			{does: func() { fit(readings(10), 0.1, 7) }},
			{does: func() {
				for seed := range int64(2000) {
					fit(readings(10), 0.5, 1000+seed)
				}
			}},
			{does: func() { fit(readings(10), 0.2, 7) }},
		},
		want: argument("rate", diffargs.Value).comparedWith(1),
	},
	{
		name:  "near/noise among 400 others",
		story: "a column is that of another day but for noise, and 400 other columns came between",
		seen:  "joblib: near-identical arrays",
		runs: among(func() { sum(readings(300)) }, func() {
			sum(each(readings(300), func(v float64) float64 { return v * (1 + 1e-13) }))
		}),
		want: argument("x", diffargs.FloatNoise).comparedWith(1),
	},
	{
		name:  "near/one element among 400 others",
		story: "one reading of an older column was corrected, and 400 other columns came between",
		runs:  among(func() { sum(readings(300)) }, func() { sum(with(readings(300), 250, 1)) }),
		want:  argument("x[250]", diffargs.Value).comparedWith(1),
	},
	{
		name:  "near/appended to, among 400 others",
		story: "an older column has ten readings more, and 400 other columns came between",
		runs: among(func() { sum(readings(300)) }, func() {
			sum(append(readings(300), otherReadings(10, 2)...))
		}),
		want: argument("x", diffargs.Length).comparedWith(1),
	},
	{
		name:  "near/shuffled, among 400 others",
		story: "an older column is in another order, and 400 other columns came between",
		runs:  among(func() { sum(readings(300)) }, func() { sum(shuffled(readings(300))) }),
		want:  argument("x", diffargs.Order).comparedWith(1),
	},
	{
		name:  "near/a set among 400 others",
		story: "an older set of tags has one more, and 400 other sets came between",
		runs: []run{
			{does: func() { label(tags(30, 0)) }},
			{does: func() {
				for i := range others {
					label(tags(30, 100*(i+1)))
				}
			}},
			{does: func() {
				set := tags(30, 0)
				set["night"] = true
				label(set)
			}},
		},
		want: argument(`tags["night"]`, diffargs.Added).comparedWith(1),
	},
	{
		name:  "near/an older call of the same data",
		story: "the rate of the run before last is used again, with another seed",
		runs: []run{
			{does: func() { fit(readings(10), 0.1, 1) }},
			{does: func() { fit(readings(11), 0.7, 2) }},
			{does: func() { fit(readings(10), 0.1, 3) }},
		},
		want: argument("seed", diffargs.Value).comparedWith(1),
	},
	{
		name:  "near/an upstream result that wavers",
		story: "the step before asks an instrument each time, so that this one gets other readings",
		seen:  "Nextflow: tasks downstream of one that is not deterministic",
		runs: []run{
			{byHand: writing("instrument.txt", "20.5 21 19.5"), does: askAndSum},
			{byHand: writing("instrument.txt", "20.5 21.25 19.5"), does: askAndSum},
		},
		want: argument("x[1]", diffargs.Value),
	},
}

var firstCall = only(record.FirstCall)

// others is more than could be compared one by one.
const others = 400

// among is a call, then many other ones, and then one that is near the first.
func among(first, last func()) []run {
	return []run{
		{does: first},
		{does: func() {
			for i := range others {
				sum(otherReadings(300, uint64(i+100)))
			}
		}},
		{does: last},
	}
}

// tags are n tags that no other beginning shares.
func tags(n, begin int) map[string]bool {
	set := map[string]bool{}
	for i := range n {
		set["tag "+strconv.Itoa(begin+i)] = true
	}
	return set
}

// ask is cached for so short a time that it asks each time.
var ask = cache.Wrap(lab, asked, cache.Names("instrument"), cache.ExpiresAfter(time.Nanosecond))

func asked(instrument string) ([]float64, error) {
	text, err := os.ReadFile(filepath.Clean(instrument))
	if err != nil {
		return nil, err
	}
	var x []float64
	for field := range strings.FieldsSeq(string(text)) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", instrument, err)
		}
		x = append(x, v)
	}
	return x, nil
}

func askAndSum() {
	x, err := ask("instrument.txt")
	must(err)
	sum(x)
}
