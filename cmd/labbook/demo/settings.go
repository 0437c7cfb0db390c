package demo

import (
	"errors"
	"fmt"
	"math"
)

// Settings are the parameters of the analysis, as flags and LABBOOK_SET take
// them.
type Settings struct {
	Folds  int       `default:"5" help:"parts that the images are dealt into; each is held back once"`
	Seed   int       `default:"42" help:"of all that is random"`
	K      []int     `default:"1,3,5,7" help:"numbers of neighbours to try"`
	C      []float64 `default:"0.01,0.1,1" help:"softmax: how far to trust the data, values to try"`
	Rate   float64   `default:"0.02" help:"softmax: length of a step"`
	Epochs int       `default:"200" help:"softmax: passes over the data"`
	Noise  int       `default:"0" help:"ulps to move one held-back number by, as another reader of it might"`
}

// First returns the settings of the first of two analyses that show what a
// lab-book is good for, each as name=value: joined by spaces they are a
// LABBOOK_SET, with a dash before each they are flags. They are the defaults,
// spelled out.
func First() []string {
	return []string{"c=0.01,0.1,1", "noise=0"}
}

// Second returns the settings of the second analysis. Most of its calls repeat
// the first one's, and hit. Of those that miss,
//
//   - a softmax regression for each fold is honest work, since c=10 is new;
//   - a classification by neighbours for each k is not: one number that was
//     held back with the last fold is off by its last bit.
func Second() []string {
	return []string{"c=0.01,0.1,1,10", "noise=1"}
}

// check refuses what cannot be tried before any work is spent on the rest.
func (s Settings) check() error {
	if len(s.K) == 0 && len(s.C) == 0 {
		return errors.New("check parameters: nothing to try; give values for k or c, with commas between")
	}
	for _, k := range s.K {
		if k < 1 {
			return fmt.Errorf("check parameter k: want 1 neighbour or more, not %d", k)
		}
	}
	for _, t := range s.trainings() {
		if err := t.check(); err != nil {
			return fmt.Errorf("check parameters of softmax: %w", err)
		}
	}
	if s.Noise < 0 || s.Noise > math.MaxInt16 {
		return fmt.Errorf("check parameter noise: want 0 to %d ulps, not %d", math.MaxInt16, s.Noise)
	}
	return nil
}

// trainings are the ways in which softmax shall be trained.
func (s Settings) trainings() []Training {
	const rowsABatch = 32
	trainings := make([]Training, len(s.C))
	for i, c := range s.C {
		trainings[i] = Training{C: c, Rate: s.Rate, Epochs: s.Epochs, Batch: rowsABatch, Seed: uint64(s.Seed)}
	}
	return trainings
}
