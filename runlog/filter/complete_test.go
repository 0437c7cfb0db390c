package filter

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	for begun, want := range map[string][]string{
		"":                 {"fn:", "outcome:", "reason:", "status:", "name:", "tag:", "run:", "pinned:", "since:", "until:", "dur"},
		"s":                {"status:", "since:"},
		"x":                nil,
		"status:":          {"status:running", "status:ok", "status:failed", "status:panicked", "status:interrupted", "status:killed", "status:died", "status:ended"},
		"status:k":         {"status:killed"},
		"status:killed,d":  {"status:killed,died"},
		"status:ok,f":      {"status:ok,failed"},
		"status:ok,ok":     nil,
		"outcome:m":        {"outcome:miss"},
		"reason:code":      {"reason:code-changed"},
		"fn:tr":            nil,
		"status:unheardof": nil,
	} {
		got := Complete(begun)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", begun, diff)
		}
		if begun == "" {
			continue
		}
		for _, text := range got {
			if _, err := Parse(text, time.Time{}); err != nil && text[len(text)-1] != ':' {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}
