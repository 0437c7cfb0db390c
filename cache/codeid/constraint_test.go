package codeid

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestFileNames(t *testing.T) {
	t.Parallel()
	c := &buildContext{tags: map[string]bool{"linux": true, "amd64": true}}
	for name, want := range map[string]bool{
		"lock.go":                     true,
		"lock_linux.go":               true,
		"lock_windows.go":             false,
		"lock_amd64.go":               true,
		"lock_arm64.go":               false,
		"lock_linux_amd64.go":         true,
		"lock_linux_arm64.go":         false,
		"lock_windows_amd64.go":       false,
		"lock_windows_amd64_test.go":  false,
		"lock_linux_test.go":          true,
		"windows.go":                  true, // the first element is no ending
		"lock_unix.go":                true, // unix is a tag, no ending
		"lock_windows_extra.go":       true,
		"lock_amd64_linux.go":         true,
		"lock_windows.generated.go":   false,
		"lock.windows.go":             true,
		"some_words_in_between_js.go": false,
	} {
		if got := c.matchesName(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestFileHeaders(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{
		{Key: "-tags", Value: "blue,green"},
		{Key: "CGO_ENABLED", Value: "0"},
		{Key: "-race", Value: "true"},
		{Key: "GOEXPERIMENT", Value: "simd,nospinbitmutex"},
		{Key: "GOAMD64", Value: "v2"},
	}}
	c := hostContext(info)
	for header, want := range map[string]bool{
		"package p":                                       true,
		"//go:build blue && green\n\npackage p":           true,
		"//go:build red\n\npackage p":                     false,
		"// Licence.\n\n//go:build !blue\n\npackage p":    false,
		"/* Licence.\n//go:build red\n*/\npackage p":      true,
		"/* a */ /* b */\n//go:build red\npackage p":      false,
		"package p\n//go:build red":                       true,
		"//go:build cgo\npackage p":                       false,
		"//go:build race && gc\npackage p":                true,
		"//go:build go1.1 && !go1.9999\npackage p":        true,
		"//go:build goexperiment.simd\npackage p":         true,
		"//go:build amd64.v2 && !amd64.v3\npackage p":     true,
		"//go:build goexperiment.spinbitmutex\npackage p": false,
		"//go:build &&\npackage p":                        true,

		// What is not known admits files for both cases.
		"//go:build goexperiment.greenteagc\npackage p":               true,
		"//go:build !goexperiment.greenteagc\npackage p":              true,
		"//go:build red && goexperiment.greenteagc\npackage p":        false,
		"//go:build red || !goexperiment.greenteagc\npackage p":       true,
		"//go:build !(red || !goexperiment.other)\npackage p":         true,
		"//go:build arm64.v8.1 || !" + runtime.GOARCH + "\npackage p": false,
		"\ufeff//go:build red\npackage p":                             false,
		"//go:build red\r\n\r\npackage p":                             false,
		"/* never closed":                                             true,
		"//go:build red":                                              false,
		"":                                                            true,
	} {
		if _, got := c.matchesHeader([]byte(header)); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestImpliedNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		path, name string
		want       bool
	}{
		{"strings", "strings", true},
		{"math/rand/v2", "rand", true},
		{"gopkg.in/yaml.v3", "yaml", true},
		{"github.com/x/go-thing", "thing", true},
		{"github.com/x/thing-go", "thing", true},
		{"github.com/x/thing.go", "thing", true},
		{"github.com/x/vector", "vector", true},
		{"v2", "v2", true},
		{"github.com/x/thing", "other", false},
	} {
		if got := mayBeCalled(test.path, test.name); got != test.want {
			t.Errorf("%s as %s: %v, want %v", test.path, test.name, got, test.want)
		}
	}
}
