package codeid

import (
	"reflect"
	"slices"
	"strings"
)

// isMachinery reports whether a package is part of what carries results from
// function to function without changing them. A cached function that calls
// another one depends on the other one's code, which the call of Wrap names.
// Following the machinery would make every version of labbook, and whatever it
// is built from, a part of every key.
func isMachinery(path string) bool { return slices.Contains(machinery, path) }

var machinery = func() []string {
	self := reflect.TypeFor[Identity]().PkgPath()
	root := strings.TrimSuffix(self, "/cache/codeid")
	return []string{root + "/cache", root + "/parallel", root + "/parallel/process", root + "/runlog"}
}()
