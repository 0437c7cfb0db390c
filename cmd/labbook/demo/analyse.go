// Package demo is a small but real analysis, written as one would write it for
// oneself: which model reads handwritten digits best? It loads 1,797 images,
// describes each by its strokes, and compares k-nearest neighbours with softmax
// regression over a grid of settings by stratified cross-validation.
//
// Its three costly steps are cached, its two grids run in parallel, and what it
// finds goes to the lab-book as metrics, a picture and a note. First and Second
// are the settings of two runs, the second of which is instructive to explain:
// most calls hit, some are honest work, and some were computed again for the
// last bit of one number.
package demo

import (
	"context"
	"fmt"
	"os"

	"labbook/cache"
	"labbook/parallel"
	"labbook/runlog"
)

var (
	mem = cache.New("", cache.Options{})

	cachedStrokes         = cache.Wrap(mem, strokes, cache.Names("images"))
	cachedClassifyNearest = cache.Wrap(mem, classifyNearest, cache.Names("train", "labels", "held", "k"))
	cachedTrainSoftmax    = cache.Wrap(mem, trainSoftmax, cache.Names("x", "labels", "training"))
)

// Analyse compares the models and prints a table of them. It is meant for
// runlog.Main; its parameters are the fields of Settings.
func Analyse(ctx context.Context, run *runlog.Run) error {
	var settings Settings
	if err := run.Params(&settings); err != nil {
		return err
	}
	if err := settings.check(); err != nil {
		return &runlog.UsageError{Err: err}
	}
	folds, err := prepare(run, settings)
	if err != nil {
		return err
	}
	candidates, err := tryNeighbours(ctx, folds, settings.K)
	if err != nil {
		return err
	}
	softmax, err := trySoftmax(ctx, folds, settings.trainings())
	if err != nil {
		return err
	}
	candidates = append(candidates, softmax...)
	return publish(run, candidates)
}

// prepare loads and describes the images and deals them into folds.
func prepare(run *runlog.Run, settings Settings) ([]Fold, error) {
	set, err := Digits()
	if err != nil {
		return nil, err
	}
	splits, err := stratifiedFolds(set.Labels, settings.Folds, uint64(settings.Seed))
	if err != nil {
		return nil, err
	}
	described := cachedStrokes(set.Images)
	folds := make([]Fold, len(splits))
	for i, split := range splits {
		folds[i] = set.fold(described, split)
	}
	if settings.Noise > 0 {
		last := len(folds) - 1
		at := disturb(folds[last].Held, settings.Noise)
		run.Note(fmt.Sprintf("held.Data[%d] of fold %d was moved by %d ulp", at, last+1, settings.Noise))
	}
	return folds, nil
}

// A neighbourTry is one task of the grid of neighbours.
type neighbourTry struct {
	Fold Fold
	K    int
}

// tryNeighbours classifies every fold with every k.
func tryNeighbours(ctx context.Context, folds []Fold, ks []int) ([]candidate, error) {
	var tries []neighbourTry
	for _, k := range ks {
		for _, fold := range folds {
			tries = append(tries, neighbourTry{Fold: fold, K: k})
		}
	}
	guesses, err := parallel.Map(ctx, tries, func(_ context.Context, try neighbourTry) ([]int, error) {
		return cachedClassifyNearest(try.Fold.Train, try.Fold.TrainLabels, try.Fold.Held, try.K)
	}, parallel.Jobs(-1), parallel.Label("neighbours"))
	if err != nil {
		return nil, fmt.Errorf("try neighbours: %w", err)
	}
	candidates := make([]candidate, len(ks))
	for i, guess := range guesses {
		c := &candidates[i/len(folds)]
		c.model, c.setting = "neighbours", fmt.Sprintf("k=%d", tries[i].K)
		c.add(tries[i].Fold.HeldLabels, guess)
	}
	return candidates, nil
}

// A softmaxTry is one task of the grid of trainings.
type softmaxTry struct {
	Fold     Fold
	Training Training
}

// trySoftmax trains on every fold in every way.
func trySoftmax(ctx context.Context, folds []Fold, trainings []Training) ([]candidate, error) {
	var tries []softmaxTry
	for _, training := range trainings {
		for _, fold := range folds {
			tries = append(tries, softmaxTry{Fold: fold, Training: training})
		}
	}
	guesses, err := parallel.Map(ctx, tries, func(ctx context.Context, try softmaxTry) ([]int, error) {
		model, err := cachedTrainSoftmax(ctx, try.Fold.TrainPixels, try.Fold.TrainLabels, try.Training)
		if err != nil {
			return nil, err
		}
		return model.Classify(try.Fold.HeldPixels), nil
	}, parallel.Jobs(-1), parallel.Label("softmax"))
	if err != nil {
		return nil, fmt.Errorf("try softmax: %w", err)
	}
	candidates := make([]candidate, len(trainings))
	for i, guess := range guesses {
		c := &candidates[i/len(folds)]
		c.model, c.setting = "softmax", fmt.Sprintf("c=%g", tries[i].Training.C)
		c.add(tries[i].Fold.HeldLabels, guess)
	}
	return candidates, nil
}

// publish prints what came out, and puts it into the lab-book.
func publish(run *runlog.Run, candidates []candidate) error {
	for _, c := range candidates {
		run.Metric("accuracy "+c.model+" "+c.setting, c.confusion.Accuracy())
	}
	top := best(candidates)
	run.Metric("accuracy", top.confusion.Accuracy())
	picture, err := top.confusion.Picture()
	if err != nil {
		return err
	}
	if err := printComparison(os.Stdout, candidates); err != nil {
		return err
	}
	return run.Artifact("confusion.png", picture)
}
