package demo

import "testing"

func foldsOf(t *testing.T, described func(Matrix) Matrix) []Fold {
	t.Helper()
	set := digits(t)
	splits, err := stratifiedFolds(set.Labels, 5, 42)
	if err != nil {
		t.Fatal(err)
	}
	features := described(set.Images)
	var folds []Fold
	for _, split := range splits {
		folds = append(folds, set.fold(features, split))
	}
	return folds
}

func TestModelsReadDigitsAsWellAsPublished(t *testing.T) {
	t.Parallel()
	asPixels := func(images Matrix) Matrix { return images }
	nearest := func(f Fold) ([]int, error) { return classifyNearest(f.Train, f.TrainLabels, f.Held, 3) }
	for _, row := range []struct {
		reason    string
		described func(Matrix) Matrix
		guess     func(Fold) ([]int, error)
		low, high float64
	}{
		{"published for neighbours of pixels: 0.97 to 0.99", asPixels, nearest, 0.97, 0.9925},
		{"strokes are worth their price", strokes, nearest, 0.9925, 1},
		{
			"a linear model of pixels cannot tell all digits apart", asPixels,
			func(f Fold) ([]int, error) {
				// Fewer epochs than the analysis takes, to keep the test short.
				model, err := trainSoftmax(t.Context(), f.TrainPixels, f.TrainLabels, Training{C: 1, Rate: 0.02, Epochs: 20, Batch: 32, Seed: 42})
				if err != nil {
					return nil, err
				}
				return model.Classify(f.HeldPixels), nil
			},
			0.95, 0.98,
		},
	} {
		t.Run(row.reason, func(t *testing.T) {
			t.Parallel()
			var c Confusion
			for _, fold := range foldsOf(t, row.described) {
				guesses, err := row.guess(fold)
				if err != nil {
					t.Fatal(err)
				}
				c.Add(fold.HeldLabels, guesses)
			}
			if c.Total() != 1797 {
				t.Errorf("%d rows were classified, want each of the 1797 once", c.Total())
			}
			if a := c.Accuracy(); a < row.low || a > row.high {
				t.Errorf("accuracy is %.4f, want %g to %g", a, row.low, row.high)
			} else {
				t.Logf("accuracy is %.4f", a)
			}
		})
	}
}
