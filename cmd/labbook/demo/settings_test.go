package demo

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plain are the defaults, as their tags say.
var plain = Settings{Folds: 5, Seed: 42, K: []int{1, 3, 5, 7}, C: []float64{0.01, 0.1, 1}, Rate: 0.02, Epochs: 200}

func TestTrainings(t *testing.T) {
	t.Parallel()
	asked := plain
	asked.C, asked.Seed = []float64{10, 0.5}, 7
	want := []Training{
		{C: 10, Rate: 0.02, Epochs: 200, Batch: 32, Seed: 7},
		{C: 0.5, Rate: 0.02, Epochs: 200, Batch: 32, Seed: 7},
	}
	if diff := cmp.Diff(want, asked.trainings()); diff != "" {
		t.Errorf("trainings (-want +got):\n%s", diff)
	}
}

func TestCheckPassesOneModelAlone(t *testing.T) {
	t.Parallel()
	onlyNeighbours, onlySoftmax := plain, plain
	onlyNeighbours.C, onlySoftmax.K = nil, nil
	for _, s := range []Settings{plain, onlyNeighbours, onlySoftmax} {
		if err := s.check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		reason string
		change func(*Settings)
		want   string
	}{
		{"nothing to try", func(s *Settings) { s.K, s.C = nil, nil }, "give values for k or c"},
		{"no neighbour", func(s *Settings) { s.K = []int{3, 0} }, "parameter k: want 1 neighbour or more, not 0"},
		{"no trust", func(s *Settings) { s.C = []float64{1, -1} }, "softmax: want c above 0, not -1"},
		{"no number", func(s *Settings) { s.C = []float64{math.NaN()} }, "softmax: want c above 0, not NaN"},
		{"no learning", func(s *Settings) { s.Epochs = 0 }, "1 epoch or more"},
		{"noise has no direction", func(s *Settings) { s.Noise = -1 }, "noise: want 0 to 32767 ulps, not -1"},
		{"so much is no noise, and slow", func(s *Settings) { s.Noise = 1 << 30 }, "ulps, not 1073741824"},
	} {
		s := plain
		row.change(&s)
		if err := s.check(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got error %v, want one with %q", row.reason, err, row.want)
		}
	}
}

func ExampleSecond() {
	fmt.Printf("LABBOOK_SET=%q\n", strings.Join(Second(), " "))
	// Output: LABBOOK_SET="c=0.01,0.1,1,10 noise=1"
}
