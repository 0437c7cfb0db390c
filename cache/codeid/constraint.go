package codeid

import (
	"bytes"
	"go/build/constraint"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// A buildContext is what decides which files of a folder belong to a package,
// and which folder a module is in.
type buildContext struct {
	tags   map[string]bool
	minor  int    // of the Go version
	gowork string // the environment variable GOWORK: that of today, which may not be that of the build
}

// hostContext is the context that the running program was built in.
func hostContext(info *debug.BuildInfo) buildContext {
	c := buildContext{
		tags:   map[string]bool{runtime.GOOS: true, runtime.GOARCH: true, runtime.Compiler: true},
		minor:  minorVersion(runtime.Version()),
		gowork: os.Getenv("GOWORK"),
	}
	if slices.Contains(unixSystems, runtime.GOOS) {
		c.tags["unix"] = true
	}
	if implied := impliedSystems[runtime.GOOS]; implied != "" {
		c.tags[implied] = true
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "-tags":
			for _, tag := range strings.FieldsFunc(setting.Value, func(r rune) bool { return r == ',' || r == ' ' }) {
				c.tags[tag] = true
			}
		case "-race", "-msan", "-asan":
			if setting.Value == "true" {
				c.tags[setting.Key[1:]] = true
			}
		case "CGO_ENABLED":
			if setting.Value == "1" {
				c.tags["cgo"] = true
			}
		case "GOEXPERIMENT":
			for experiment := range strings.SplitSeq(setting.Value, ",") {
				c.tags["goexperiment."+strings.TrimPrefix(experiment, "no")] = !strings.HasPrefix(experiment, "no")
			}
		case "GOAMD64":
			level, _ := strconv.Atoi(strings.TrimPrefix(setting.Value, "v"))
			for n := 1; n <= level && n <= 9; n++ {
				c.tags["amd64.v"+strconv.Itoa(n)] = true
			}
		}
	}
	return c
}

// minorVersion returns 26 for "go1.26.1".
func minorVersion(version string) int {
	_, rest, _ := strings.Cut(version, "go1.")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	minor, _ := strconv.Atoi(rest[:end])
	return minor
}

// has reports whether a build tag is set. It is not known of experiments that a
// version of Go has by default, nor of most levels of processors.
func (c *buildContext) has(tag string) (set, known bool) {
	if rest, found := strings.CutPrefix(tag, "go1."); found {
		minor, err := strconv.Atoi(rest)
		return err == nil && minor <= c.minor, true
	}
	set, known = c.tags[tag]
	family, _, levelled := strings.Cut(tag, ".")
	return set, known || !levelled || family != "goexperiment" && (!processors[family] || family == "amd64" || !c.tags[family])
}

// mayHold reports whether a constraint can be met, and whether it can fail to
// be: both, if it depends on tags of which nothing is known.
func (c *buildContext) mayHold(expr constraint.Expr) (holds, fails bool) {
	switch x := expr.(type) {
	case *constraint.TagExpr:
		set, known := c.has(x.Tag)
		return set || !known, !set || !known
	case *constraint.NotExpr:
		fails, holds = c.mayHold(x.X)
		return holds, fails
	case *constraint.AndExpr:
		h1, f1 := c.mayHold(x.X)
		h2, f2 := c.mayHold(x.Y)
		return h1 && h2, f1 || f2
	case *constraint.OrExpr:
		h1, f1 := c.mayHold(x.X)
		h2, f2 := c.mayHold(x.Y)
		return h1 || h2, f1 && f2
	}
	return true, true
}

// matchesName reports whether a file name's endings, as in "lock_linux.go" and
// "sum_linux_amd64_test.go", admit the file.
func (c *buildContext) matchesName(name string) bool {
	name, _, _ = strings.Cut(name, ".")
	name = strings.TrimSuffix(name, "_test")
	elements := strings.Split(name, "_")[1:] // what stands first is never an ending
	n := len(elements)
	if n >= 2 && systems[elements[n-2]] && processors[elements[n-1]] {
		return c.tags[elements[n-2]] && c.tags[elements[n-1]]
	}
	if n >= 1 && (systems[elements[n-1]] || processors[elements[n-1]]) {
		return c.tags[elements[n-1]]
	}
	return true
}

// matchesHeader reports whether the //go:build line of a file admits it, and
// returns that line, which can also choose the version of the language. A line
// that cannot be read admits the file: the go command has accepted it. So does
// one that depends on what is not known: a declaration too many does no harm.
func (c *buildContext) matchesHeader(src []byte) (line string, matches bool) {
	for {
		src = bytes.TrimLeft(src, " \t\r\n\ufeff")
		switch {
		case bytes.HasPrefix(src, []byte("/*")):
			_, after, found := bytes.Cut(src, []byte("*/"))
			if !found {
				return "", true
			}
			src = after
		case bytes.HasPrefix(src, []byte("//")):
			raw, after, _ := bytes.Cut(src, []byte("\n"))
			text := string(bytes.TrimSpace(raw))
			if constraint.IsGoBuild(text) {
				expr, err := constraint.Parse(text)
				if err != nil {
					return text, true
				}
				holds, _ := c.mayHold(expr)
				return text, holds
			}
			src = after
		default:
			return "", true // the package clause: constraints stand before it
		}
	}
}

var unixSystems = []string{
	"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "linux", "netbsd", "openbsd", "solaris",
}

// impliedSystems are those whose files another system compiles as well.
var impliedSystems = map[string]string{"android": "linux", "illumos": "solaris", "ios": "darwin"}

// The names that count as endings of file names: those that Go knows or has
// ever known, since a file must not change its meaning with the version.
var (
	systems = setOf(append([]string{"js", "nacl", "plan9", "wasip1", "windows", "zos"}, unixSystems...))

	processors = setOf([]string{
		"386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64",
		"mips64le", "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x",
		"sparc", "sparc64", "wasm",
	})
)

func setOf(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, word := range words {
		set[word] = true
	}
	return set
}
