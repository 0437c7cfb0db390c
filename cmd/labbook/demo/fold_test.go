package demo

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScalerOfKnownColumns(t *testing.T) {
	t.Parallel()
	x := Matrix{Rows: 4, Cols: 3, Data: []float64{
		1, 7, 0,
		3, 7, 0,
		1, 7, 0,
		3, 7, 8,
	}}
	s := fitScaler(x)
	want := Scaler{Mean: []float64{2, 7, 2}, Deviation: []float64{1, 1, math.Sqrt(12)}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("scale (-want +got):\n%s", diff)
	}
	got := s.Apply(Matrix{Rows: 1, Cols: 3, Data: []float64{5, 9, 2}})
	if diff := cmp.Diff(Matrix{Rows: 1, Cols: 3, Data: []float64{3, 2, 0}}, got); diff != "" {
		t.Errorf("a scaled row (-want +got):\n%s", diff)
	}
}

func TestFoldKeepsWhatIsHeldOutOfTheScale(t *testing.T) {
	t.Parallel()
	set := Dataset{
		Images: Matrix{Rows: 3, Cols: 1, Data: []float64{-1, 1, 1000}},
		Labels: []int{4, 5, 6},
	}
	described := Matrix{Rows: 3, Cols: 1, Data: []float64{10, 20, 30}}
	got := set.fold(described, Split{Train: []int{0, 1}, Held: []int{2}})
	want := Fold{
		Train:       Matrix{Rows: 2, Cols: 1, Data: []float64{10, 20}},
		Held:        Matrix{Rows: 1, Cols: 1, Data: []float64{30}},
		TrainPixels: Matrix{Rows: 2, Cols: 1, Data: []float64{-1, 1}},
		HeldPixels:  Matrix{Rows: 1, Cols: 1, Data: []float64{1000}},
		TrainLabels: []int{4, 5},
		HeldLabels:  []int{6},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fold (-want +got):\n%s", diff)
	}
}

func TestDisturbMovesOneNumber(t *testing.T) {
	t.Parallel()
	next := math.Nextafter(0.5, 1)
	for _, row := range []struct {
		reason string
		data   []float64
		ulps   int
		at     int
		want   []float64
	}{
		{"the second half begins with a number", []float64{0.5, 0.5, 0.5, 0.5}, 1, 2, []float64{0.5, 0.5, next, 0.5}},
		{"zeros are left alone: every reader reads them alike", []float64{0.5, 0.5, 0, 0.5}, 1, 3, []float64{0.5, 0.5, 0, next}},
		{"several ulps", []float64{1}, 3, 0, []float64{1 + 3*0x1p-52}},
		{"no ulps", []float64{0.5}, 0, 0, []float64{0.5}},
		{"there is nothing to move", []float64{0.5, 0}, 1, -1, []float64{0.5, 0}},
		{"there is nothing at all", nil, 1, -1, nil},
	} {
		x := Matrix{Rows: 1, Cols: len(row.data), Data: row.data}
		if at := disturb(x, row.ulps); at != row.at {
			t.Errorf("%s: moved number %d, want %d", row.reason, at, row.at)
		}
		if diff := cmp.Diff(row.want, x.Data); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
}
