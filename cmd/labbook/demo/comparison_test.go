package demo

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrintComparison(t *testing.T) {
	t.Parallel()
	careless := candidate{model: "softmax", setting: "c=0.1"}
	careless.add([]int{1, 1, 1, 1}, []int{1, 7, 7, 3})
	careless.add([]int{2, 2, 2, 2}, []int{2, 2, 2, 2})
	careful := candidate{model: "neighbours", setting: "k=3"}
	careful.add([]int{1, 1, 1, 1}, []int{1, 1, 1, 1})
	careful.add([]int{2, 2, 2, 2}, []int{2, 8, 2, 2})
	equal := careful
	clumsy := candidate{model: "oracle", setting: "drunk"}
	clumsy.add([]int{4, 4, 4}, []int{9, 9, 4})
	equal.setting = "k=5"
	perfect := candidate{model: "oracle", setting: "none"}
	perfect.add([]int{5}, []int{5})
	for _, row := range []struct {
		reason     string
		candidates []candidate
		want       string
	}{
		{
			"the first of equals is best, and its mistake is told", []candidate{careless, careful, equal}, `
model       setting  accuracy  mistakes  worst fold
softmax     c=0.1    0.6250    3         0.2500
neighbours  k=3      0.8750    1         0.7500
neighbours  k=5      0.8750    1         0.7500
best: neighbours with k=3, most often takes 2 for 8 (once)
`,
		},
		{
			"a mistake made twice", []candidate{clumsy}, `
model   setting  accuracy  mistakes  worst fold
oracle  drunk    0.3333    2         0.3333
best: oracle with drunk, most often takes 4 for 9 (2 times)
`,
		},
		{
			"there is no mistake to tell", []candidate{perfect}, `
model   setting  accuracy  mistakes  worst fold
oracle  none     1.0000    0         1.0000
best: oracle with none, without a mistake
`,
		},
	} {
		var out strings.Builder
		if err := printComparison(&out, row.candidates); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimPrefix(row.want, "\n"), out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
}

type closedPipe struct{ error }

func (p closedPipe) Write([]byte) (int, error) { return 0, p }

func TestPrintComparisonReportsABrokenWriter(t *testing.T) {
	t.Parallel()
	broken := closedPipe{errors.New("nobody reads")}
	c := candidate{}
	c.add([]int{1}, []int{1})
	if err := printComparison(broken, []candidate{c}); !errors.Is(err, broken) {
		t.Errorf("got error %v, want the writer's", err)
	}
}
