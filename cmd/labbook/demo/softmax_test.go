package demo

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// randomMatrix returns numbers around 0.
func randomMatrix(random *rand.Rand, rows, cols int) Matrix {
	m := newMatrix(rows, cols)
	for i := range m.Data {
		m.Data[i] = random.NormFloat64()
	}
	return m
}

func TestGradientAgreesWithDifferences(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	x := randomMatrix(random, 12, 4)
	labels := make([]int, x.Rows)
	for i := range labels {
		labels[i] = random.IntN(classes)
	}
	rows := []int{0, 3, 4, 7, 11}
	model := Model{Weights: randomMatrix(random, classes, x.Cols), Bias: randomMatrix(random, 1, classes).Data}
	unused := Model{Weights: newMatrix(classes, x.Cols), Bias: make([]float64, classes)}
	slope := Model{Weights: randomMatrix(random, classes, x.Cols), Bias: randomMatrix(random, 1, classes).Data}
	const decay, step = 0.3, 1e-5
	model.gradient(slope, x, labels, rows, decay)

	compare := func(name string, weights, slopes []float64) {
		for i := range weights {
			weight := weights[i]
			weights[i] = weight + step
			above := model.gradient(unused, x, labels, rows, decay)
			weights[i] = weight - step
			below := model.gradient(unused, x, labels, rows, decay)
			weights[i] = weight
			want := (above - below) / (2 * step)
			if math.Abs(slopes[i]-want) > 1e-8 {
				t.Errorf("slope of %s %d is %g, differences say %g", name, i, slopes[i], want)
			}
		}
	}
	compare("weight", model.Weights.Data, slope.Weights.Data)
	compare("bias", model.Bias, slope.Bias)
}

// easy returns rows whose largest number tells their label.
func easy(rows int) (x Matrix, labels []int) {
	random := rand.New(rand.NewPCG(7, 8))
	x = randomMatrix(random, rows, classes)
	labels = make([]int, rows)
	for i := range labels {
		labels[i] = i % classes
		x.Row(i)[labels[i]] += 8
	}
	return x, labels
}

var calm = Training{C: 1, Rate: 0.05, Epochs: 20, Batch: 16, Seed: 1}

func TestTrainSoftmaxLearnsWhatIsEasy(t *testing.T) {
	t.Parallel()
	x, labels := easy(200)
	model, err := trainSoftmax(t.Context(), x, labels, calm)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(labels, model.Classify(x)); diff != "" {
		t.Errorf("labels of separable rows (-want +got):\n%s", diff)
	}
}

func TestTrainSoftmaxFollowsTheSeed(t *testing.T) {
	t.Parallel()
	x, labels := easy(100)
	train := func(seed uint64) Model {
		training := calm
		training.Seed = seed
		model, err := trainSoftmax(t.Context(), x, labels, training)
		if err != nil {
			t.Fatal(err)
		}
		return model
	}
	if diff := cmp.Diff(train(1), train(1)); diff != "" {
		t.Errorf("one seed trained twice:\n%s", diff)
	}
	if cmp.Equal(train(1), train(2)) {
		t.Error("two seeds trained the same model")
	}
}

func TestTrainSoftmaxWeighsLessWithSmallC(t *testing.T) {
	t.Parallel()
	x, labels := easy(100)
	size := func(c float64) float64 {
		training := calm
		training.C = c
		model, err := trainSoftmax(t.Context(), x, labels, training)
		if err != nil {
			t.Fatal(err)
		}
		return squaredDistance(model.Weights.Data, make([]float64, len(model.Weights.Data)))
	}
	if small, large := size(0.01), size(1); small >= large/2 {
		t.Errorf("squared weights are %g with c=0.01 and %g with c=1; want far smaller ones", small, large)
	}
}

func TestTrainSoftmaxStopsWithItsContext(t *testing.T) {
	t.Parallel()
	x, labels := easy(20)
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	training := calm
	training.Epochs = math.MaxInt32
	if _, err := trainSoftmax(ctx, x, labels, training); !errors.Is(err, enough) {
		t.Errorf("got error %v, want the cause of the context's end", err)
	}
}

func TestTrainSoftmaxRefuses(t *testing.T) {
	t.Parallel()
	x, labels := easy(20)
	for _, row := range []struct {
		reason string
		change func(training *Training, x *Matrix, labels *[]int)
		want   string
	}{
		{"no trust at all", func(training *Training, _ *Matrix, _ *[]int) { training.C = 0 }, "c above 0, not 0"},
		{"NaN compares with nothing", func(training *Training, _ *Matrix, _ *[]int) { training.C = math.NaN() }, "c above 0"},
		{"steps of no length", func(training *Training, _ *Matrix, _ *[]int) { training.Rate = 0 }, "rate above 0, not 0"},
		{"steps without end", func(training *Training, _ *Matrix, _ *[]int) { training.Rate = math.Inf(1) }, "not +Inf"},
		{"steps too long to come to rest", func(training *Training, _ *Matrix, _ *[]int) { training.C, training.Rate = 1e-9, 1e9 }, "try a smaller one"},
		{"nothing would be learnt", func(training *Training, _ *Matrix, _ *[]int) { training.Epochs = 0 }, "1 epoch or more, not 0"},
		{"a batch of nothing would never end", func(training *Training, _ *Matrix, _ *[]int) { training.Batch = 0 }, "1 row a batch or more, not 0"},
		{"there is nothing to learn from", func(_ *Training, x *Matrix, labels *[]int) { *x, *labels = Matrix{}, nil }, "no rows"},
		{"labels and rows are of other sets", func(_ *Training, _ *Matrix, labels *[]int) { *labels = (*labels)[1:] }, "19 labels for 20 rows"},
		{"there are ten digits", func(_ *Training, _ *Matrix, labels *[]int) { (*labels)[3] = 10 }, "label 10 of row 3"},
	} {
		training, rows, names := calm, x, append([]int(nil), labels...)
		row.change(&training, &rows, &names)
		if _, err := trainSoftmax(t.Context(), rows, names, training); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got error %v, want one with %q", row.reason, err, row.want)
		}
	}
}

func TestChancesOfFarRowsAreFinite(t *testing.T) {
	t.Parallel()
	model := Model{Weights: newMatrix(classes, 1), Bias: make([]float64, classes)}
	model.Weights.Data[3], model.Weights.Data[4] = 1, -1
	chances := make([]float64, classes)
	model.chances([]float64{1e6}, chances)
	want := make([]float64, classes)
	want[3] = 1
	if diff := cmp.Diff(want, chances); diff != "" {
		t.Errorf("chances of a row far out (-want +got):\n%s", diff)
	}
}
