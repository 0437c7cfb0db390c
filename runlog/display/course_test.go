package display

import (
	"math"
	"testing"
	"time"

	"labbook/runlog/record"
)

// series makes samples a second apart: the memory in MiB, and the cores that
// were busy in the second before each.
func series(memory []int64, busy []float64) []record.Sample {
	samples := make([]record.Sample, len(memory))
	cpu := time.Duration(0)
	for i := range samples {
		cpu += time.Duration(busy[i] * float64(time.Second))
		samples[i] = record.Sample{At: now.Add(time.Duration(i) * time.Second), RSS: memory[i] << 20, CPU: cpu}
	}
	return samples
}

func TestCourses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason      string
		samples     []record.Sample
		cells       int
		memory, cpu string
	}{
		{"nothing", nil, 8, "", ""},
		{"a moment has no course", series([]int64{1}, []float64{1}), 8, "", ""},
		{"as many cells as there is time between", series([]int64{1, 8, 4}, []float64{0, 2, 1}), 8, "██  1.0 MiB … 8.0 MiB", "█▅  1.5 cores, 2.0 at most"},
		{
			"a short peak is seen", series([]int64{2, 2, 2, 2, 2, 16, 2, 2, 2}, []float64{0, 1, 1, 1, 1, 0, 0, 0, 0}), 4,
			"▂▂█▂  2.0 MiB … 16 MiB", "██▁▁  0.5 cores, 1.0 at most",
		},
		{"nothing is known of memory", series([]int64{0, 0, 0}, []float64{0, 1, 0}), 4, "", "█▁  0.5 cores, 1.0 at most"},
		{"nothing is known of time", series([]int64{1, 1, 1}, []float64{0, 0, 0}), 4, "██  1.0 MiB … 1.0 MiB", ""},
		{"idle after a beginning", series([]int64{1, 1, 1}, []float64{1, 0, 0}), 4, "██  1.0 MiB … 1.0 MiB", "▁▁  0.0 cores, 0.0 at most"},
		{"a clock that stands still", []record.Sample{{At: now, RSS: 1, CPU: 1}, {At: now, RSS: 1, CPU: 2}}, 4, "", ""},
		{
			"an uneven series is as even as time",
			[]record.Sample{
				{At: now, RSS: 1 << 20, CPU: 1},
				{At: now.Add(time.Second), RSS: 1 << 20, CPU: time.Second},
				{At: now.Add(2 * time.Second), RSS: 1 << 20, CPU: 2 * time.Second},
				{At: now.Add(10 * time.Second), RSS: 8 << 20, CPU: 2 * time.Second},
			},
			3,
			"▂▆█  1.0 MiB … 8.0 MiB", "█▁▁  0.2 cores, 0.6 at most",
		},
	} {
		if got := MemoryCourse(test.samples, test.cells); got != test.memory {
			t.Errorf("%s: memory %q, want %q", test.reason, got, test.memory)
		}
		if got := CPUCourse(test.samples, test.cells); got != test.cpu {
			t.Errorf("%s: CPU %q, want %q", test.reason, got, test.cpu)
		}
	}
}

func TestSparkline(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason    string
		values    []float64
		low, high float64
		cells     int
		want      string
	}{
		{"nothing", nil, 0, 1, 4, ""},
		{"from low to high", []float64{0, 1, 2, 3, 4, 5, 6, 7}, 0, 7, 8, "▁▂▃▄▅▆▇█"},
		{"the last of each share", []float64{9, 0, 9, 7}, 0, 7, 2, "▁█"},
		{"a gap", []float64{0, math.NaN(), 7}, 0, 7, 3, "▁ █"},
		{"all alike", []float64{3, 3}, 3, 3, 3, "▁▁"},
		{"as far as numbers go", []float64{-math.MaxFloat64, math.MaxFloat64}, -math.MaxFloat64, math.MaxFloat64, 3, "▁█"},
		{"no more cells than that", make([]float64, 1000), 0, 1, 3, "▁▁▁"},
		{"below the lowest", []float64{-5, 7}, 0, 7, 2, "▁█"},
	} {
		if got := Sparkline(test.values, test.low, test.high, test.cells); got != test.want {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
	}
}
