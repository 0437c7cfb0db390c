package runlog

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestModules(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{Main: debug.Module{Path: "example.com/main"}, Deps: []*debug.Module{
		{Path: "example.com/a", Version: "v1.2.3"},
		{Path: "example.com/b", Version: "v0.0.0", Replace: &debug.Module{Path: "../b"}},
		{Path: "example.com/c", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/fork/c", Version: "v1.0.1"}},
	}}
	want := []string{"example.com/a@v1.2.3", "example.com/b@v0.0.0 => ../b", "example.com/c@v1.0.0 => example.com/fork/c@v1.0.1"}
	if diff := cmp.Diff(want, modules(info)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
