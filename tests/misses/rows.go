package misses

import (
	"math"
	"math/bits"
	"slices"

	"labbook/diffargs"
)

// rows are situations with numbers in a row, and with tables of them.
var rows = []situation{
	{
		name:  "rows/float32 on the way",
		story: "the features were saved by a tool that keeps float32, and read again",
		seen:  "scikit-learn and PyTorch users of joblib; dtype conversions in preprocessing",
		runs: pair(
			func() { spread(features(40, 5)) },
			func() { spread(eachRow(features(40, 5), func(v float64) float64 { return float64(float32(v)) })) }),
		want: argument("x", float32RoundTrip),
	},
	{
		name:  "rows/another order of additions",
		story: "group sums are added up while walking a map, which is in another order each time",
		seen:  "Nextflow: inputs in no certain order; reductions on several threads",
		runs:  pair(func() { sum(groupSums(12, false)) }, func() { sum(groupSums(12, true)) }),
		want:  argument("x", diffargs.FloatNoise),
	},
	{
		name:  "rows/0.1 + 0.2",
		story: "a rate is computed in one script and written down in another",
		seen:  "joblib and Dagster users with grids of parameters",
		runs: pair(
			func() { fit(readings(10), tenth+2*tenth, 1) },
			func() { fit(readings(10), 0.3, 1) }),
		want: argument("rate", diffargs.FloatNoise),
	},
	{
		name:  "rows/all of them by 1e-12",
		story: "another version of the mathematics library rounds in another way",
		seen:  "joblib: the same pipeline on two machines",
		runs: pair(
			func() { sum(readings(1000)) },
			func() { sum(each(readings(1000), func(v float64) float64 { return v + 1e-12 })) }),
		want: argument("x", diffargs.FloatNoise),
	},
	{
		name:  "rows/the sign of zero",
		story: "a product with a negative number became -0, which equals 0 wherever one looks",
		runs: pair(
			func() { sum(with(readings(8), 3, 0)) },
			func() { sum(with(readings(8), 3, math.Copysign(0, -1))) }),
		want: argument("x[3]", diffargs.NegativeZero),
	},
	{
		name:  "rows/a value that is missing",
		story: "one reading has become NaN",
		seen:  "joblib and pandas users, after a merge",
		runs:  pair(func() { sum(readings(100)) }, func() { sum(with(readings(100), 17, math.NaN())) }),
		want:  argument("x[17]", diffargs.NaN),
	},
	{
		name:  "rows/the samples shuffled",
		story: "the loader shuffles the samples",
		seen:  "scikit-learn users: train_test_split without a random state",
		runs:  pair(func() { spread(features(40, 5)) }, func() { spread(shuffled(features(40, 5))) }),
		want:  argument("x", diffargs.Order),
	},
	{
		name:  "rows/sorted",
		story: "the readings are sorted before rather than after",
		seen:  "Nextflow: a channel that is sorted or not",
		runs:  pair(func() { sum(readings(200)) }, func() { sum(slices.Sorted(slices.Values(readings(200)))) }),
		want:  argument("x", diffargs.Order),
	},
	{
		name:  "rows/two columns swapped",
		story: "the columns of a table come in another order",
		seen:  "pandas users: columns from a set or from JSON",
		runs: pair(func() { spread(features(30, 6)) }, func() {
			x := features(30, 6)
			for _, row := range x {
				row[1], row[4] = row[4], row[1]
			}
			spread(x)
		}),
		want: argument("x", diffargs.Order),
	},
	{
		name:  "rows/transposed",
		story: "one loader gives samples by features, the other features by samples",
		runs: pair(func() { spread(features(12, 7)) }, func() {
			x := features(12, 7)
			y := make([][]float64, 7)
			for j := range y {
				for i := range x {
					y[j] = append(y[j], x[i][j])
				}
			}
			spread(y)
		}),
		want: argument("x", transposed),
	},
	{
		name:  "rows/one sample more",
		story: "the instrument has written one more row",
		seen:  "DVC and Snakemake users with growing data",
		runs:  pair(func() { spread(features(40, 5)) }, func() { spread(features(41, 5)) }),
		want:  argument("x", diffargs.Length),
	},
	{
		name:  "rows/older samples put before",
		story: "the data of an earlier month were found and stand at the beginning now",
		runs:  pair(func() { spread(features(40, 5)[3:]) }, func() { spread(features(40, 5)) }),
		want:  argument("x", diffargs.Length),
	},
	{
		name:  "rows/shifted by one",
		story: "a lag was added: every reading has moved by one place",
		seen:  "users with time series: off by one after a change of the index",
		runs: pair(
			func() { sum(readings(501)[:500]) },
			func() { sum(readings(501)[1:]) }),
		want: argument("x", shifted),
	},
	{
		name:  "rows/one pixel of a million",
		story: "somebody has retouched one pixel",
		runs: pair(func() { brightness(picture(1_000_000)) }, func() {
			image := picture(1_000_000)
			image[421_337] ^= 0x40
			brightness(image)
		}),
		want: argument("image[421337]", diffargs.Value),
	},
	{
		name:  "rows/one of a million, too many to keep",
		story: "one of a million readings changed, and so many values no lab-book keeps",
		seen:  "joblib: a large array that looks the same",
		runs: pair(
			func() { sum(readings(1_000_000)) },
			func() { sum(with(readings(1_000_000), 700_123, 1)) }),
		want: argument("x", diffargs.Value),
	},
	{
		name:  "rows/scaled",
		story: "the pixels are in 0 to 1 now, and were in 0 to 255",
		seen:  "image pipelines: normalised twice or not at all",
		runs: pair(
			func() { sum(bytesAsFloats(300)) },
			func() { sum(each(bytesAsFloats(300), func(v float64) float64 { return v / 255 })) }),
		want: argument("x", scaled),
	},
	{
		name:  "rows/centred",
		story: "the mean is subtracted before the call rather than in it",
		runs: pair(func() { sum(readings(300)) }, func() {
			x := readings(300)
			m := mean(x)
			sum(each(x, func(v float64) float64 { return v - m }))
		}),
		want: argument("x", offset),
	},
	{
		name:  "rows/other units",
		story: "a table of temperatures is in Fahrenheit",
		runs: pair(
			func() { spread(features(30, 4)) },
			func() { spread(eachRow(features(30, 4), func(v float64) float64 { return 1.8 * v })) }),
		want: argument("x", scaled),
	},
	{
		name:  "rows/standardised",
		story: "the readings are of mean 0 and deviation 1 now",
		seen:  "scikit-learn users: a StandardScaler put into the pipeline",
		runs: pair(func() { sum(readings(300)) }, func() {
			x := readings(300)
			m, s := mean(x), deviation(x)
			sum(each(x, func(v float64) float64 { return (v - m) / s }))
		}),
		want: argument("x", scaled),
	},
	{
		name:  "rows/the wrong byte order",
		story: "a file of the old instrument was read as if it were of the new one",
		runs: pair(func() { decode(counts(200)) }, func() {
			raw := counts(200)
			for i, v := range raw {
				raw[i] = bits.ReverseBytes32(v)
			}
			decode(raw)
		}),
		want: argument("raw", byteOrder),
	},
	{
		name:  "rows/another element type",
		story: "whole numbers come as float32 from one reader and as float64 from the other",
		seen:  "joblib: equal arrays of another dtype",
		runs: pair(
			func() { measure([]float64{1, 2, 3, 4}) },
			func() { measure([]float32{1, 2, 3, 4}) }),
		want: argument("data", diffargs.DType),
	},
	{
		name:  "rows/room to grow",
		story: "a slice was appended to, and has room for more than it holds",
		seen:  "joblib #1611: equal data frames with other insides",
		runs: pair(
			func() { sum(readings(50)) },
			func() { sum(append(make([]float64, 0, 4096), readings(50)...)) }),
		want: hit(),
	},
	{
		name:  "rows/one element, values not stored",
		story: "one reading changed, and nobody had asked for the values to be kept",
		runs:  plainly(func() { sum(readings(5000)) }, func() { sum(with(readings(5000), 4321, 1)) }),
		want:  argument("x", diffargs.Value),
	},
}

// tenth is no constant: constants are added without rounding.
var tenth = 0.1

// bytesAsFloats are pixels as numbers.
func bytesAsFloats(n int) []float64 {
	x := make([]float64, n)
	for i, pixel := range picture(n) {
		x[i] = float64(pixel)
	}
	return x
}

// counts are numbers as a counter gives them.
func counts(n int) []uint32 {
	raw := make([]uint32, n)
	for i, pixel := range picture(n) {
		raw[i] = 1000*uint32(i) + uint32(pixel)
	}
	return raw
}
