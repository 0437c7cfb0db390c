package demo

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDigitsAreWhatTheirNoteSays(t *testing.T) {
	t.Parallel()
	set := digits(t)
	if set.Images.Rows != 1797 || set.Images.Cols != 64 || len(set.Images.Data) != 1797*64 || len(set.Labels) != 1797 {
		t.Fatalf("got %d×%d images with %d pixels in all and %d labels, want 1797×64 with 1797 labels",
			set.Images.Rows, set.Images.Cols, len(set.Images.Data), len(set.Labels))
	}
	if low, high := slices.Min(set.Images.Data), slices.Max(set.Images.Data); low != 0 || high != 1 {
		t.Errorf("pixels go from %g to %g, want from 0 to 1", low, high)
	}
	// Counted with zcat and cut.
	want := map[int]int{0: 178, 1: 182, 2: 177, 3: 183, 4: 181, 5: 182, 6: 181, 7: 179, 8: 174, 9: 180}
	got := make(map[int]int)
	for _, label := range set.Labels {
		got[label]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("images of each digit (-want +got):\n%s", diff)
	}
}

func TestReadDigits(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("0,", 62) + "4,16,7\n"
	got, err := readDigits(strings.NewReader(line + line))
	if err != nil {
		t.Fatal(err)
	}
	image := append(make([]float64, 62), 0.25, 1)
	want := Dataset{
		Images: Matrix{Rows: 2, Cols: 64, Data: append(slices.Clone(image), image...)},
		Labels: []int{7, 7},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two lines (-want +got):\n%s", diff)
	}
}

func TestReadDigitsRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	blank := strings.Repeat("0,", 64)
	for _, row := range []struct {
		reason, file, want string
	}{
		{"an empty file would make every mean 0/0", "", "no image"},
		{"a short line is another data set", "1,2,3\n", "line 1"},
		{"a long line is another data set", blank + "0,0\n", "65 comma-separated numbers"},
		{"a header is no image", strings.Repeat("pixel,", 64) + "digit\n", `line 1, column 1: "pixel"`},
		{"17 is darker than ink", "17" + blank[1:] + "0\n", `"17" is no whole number from 0 to 16`},
		{"there is no digit 10", blank + "10\n", `line 1, column 129: "10" is no whole number from 0 to 9`},
		{"the second line counts too", blank + "0\n-1" + blank[1:] + "0\n", `line 2, column 1: "-1"`},
	} {
		if _, err := readDigits(strings.NewReader(row.file)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got error %v, want one with %q", row.reason, err, row.want)
		}
	}
}

func FuzzReadDigits(f *testing.F) {
	f.Add(strings.Repeat("0,", 64) + "9\n")
	f.Add("0,1\n")
	f.Add("\"")
	f.Fuzz(func(t *testing.T, file string) {
		set, err := readDigits(strings.NewReader(file))
		if err != nil {
			return
		}
		if set.Images.Rows != len(set.Labels) || len(set.Images.Data) != set.Images.Rows*pixels {
			t.Errorf("%d rows, %d labels, %d pixels", set.Images.Rows, len(set.Labels), len(set.Images.Data))
		}
		for _, v := range set.Images.Data {
			if v < 0 || v > 1 {
				t.Errorf("pixel %g", v)
			}
		}
	})
}

func digits(t *testing.T) Dataset {
	t.Helper()
	set, err := Digits()
	if err != nil {
		t.Fatal(err)
	}
	return set
}
