package misses

import (
	"time"

	"labbook/diffargs"
)

// times are situations with times and with what is made of them.
var times = []situation{
	{
		name:  "times/now",
		story: "the time of the run is passed on",
		seen:  "Nextflow and Prefect: a timestamp among the inputs",
		runs:  pair(func() { since(time.Now()) }, func() { since(time.Now()) }),
		want:  argument("when", diffargs.Value),
	},
	{
		name:  "times/a seed from the clock",
		story: "nobody has set the seed, so that it is taken from the clock",
		seen:  "joblib #994: random_state",
		runs:  pair(seededByTheClock, seededByTheClock),
		want:  argument("seed", diffargs.Value),
	},
	{
		name:  "times/another zone",
		story: "the same instant, as UTC and as local time",
		seen:  "pandas and Airflow users: naive and aware timestamps",
		runs:  pair(func() { since(noon) }, func() { since(noon.In(time.FixedZone("CEST", 2*60*60))) }),
		want:  argument("when", diffargs.TimeZone),
	},
	{
		name:  "times/truncated",
		story: "the time went through a database that keeps microseconds",
		runs:  pair(func() { since(noon) }, func() { since(noon.Truncate(time.Microsecond)) }),
		want:  argument("when", diffargs.Value),
	},
	{
		name:  "times/the monotonic clock",
		story: "a time that was made by time.Now, and the same time read from a file",
		runs:  pair(func() { since(noon) }, func() { since(withClock(noon)) }),
		want:  hit(),
	},
}

var noon = time.Date(2024, 5, 6, 12, 0, 0, 123_456_789, time.UTC)

// withClock gives a time the reading of the monotonic clock that time.Now has.
func withClock(t time.Time) time.Time {
	now := time.Now()
	return now.Add(t.Sub(now)).In(t.Location())
}

func seededByTheClock() { fit(readings(10), 0.1, time.Now().UnixNano()) }
