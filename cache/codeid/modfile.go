package codeid

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A modFile is what matters here of a go.mod or go.work file.
type modFile struct {
	path     string // of the module
	language string // "1.26"; "" if not said
	uses     []string
	replaced map[string]bool // local folders that replace modules, as written
	requires []requirement
	changed  time.Time
}

type requirement struct{ path, version string }

// maxModFile bounds what is read as a go.mod file.
const maxModFile = 4 << 20

// readModFile reads a go.mod or go.work file. Lines it does not know are passed
// over: the go command has accepted the file when it built the program.
func readModFile(path string) (*modFile, error) {
	data, state, err := readBounded(path, maxModFile)
	if err != nil {
		return nil, err
	}
	m := &modFile{changed: state.changed, replaced: map[string]bool{}}
	block := ""
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "//")
		words := modWords(line)
		switch {
		case len(words) == 0:
		case block != "" && words[0] == ")":
			block = ""
		case block != "":
			m.directive(block, words)
		case len(words) == 2 && words[1] == "(":
			block = words[0]
		default:
			m.directive(words[0], words[1:])
		}
	}
	return m, nil
}

func (m *modFile) directive(verb string, args []string) {
	switch {
	case len(args) == 0:
	case verb == "module":
		m.path = args[0]
	case verb == "go":
		m.language = args[0]
	case verb == "use":
		m.uses = append(m.uses, args[0])
	case verb == "require" && len(args) >= 2:
		m.requires = append(m.requires, requirement{path: args[0], version: args[1]})
	case verb == "replace" && len(args) >= 3 && (args[len(args)-2] == "=>"):
		m.replaced[args[len(args)-1]] = true
	}
}

// modWords splits a line into words, of which some may be quoted.
func modWords(line string) []string {
	words := strings.Fields(line)
	for i, word := range words {
		if unquoted, err := strconv.Unquote(word); err == nil {
			words[i] = unquoted
		}
	}
	return words
}

// nearestModule returns the folder of the nearest go.mod file upward from dir,
// and that file, or nil.
func nearestModule(dir string) (string, *modFile) {
	for {
		mod, err := readModFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, mod
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}

// A workspace is a go.work file that the program may have been built with.
type workspace struct {
	dir     string
	file    *modFile
	problem error // why it is not certain that it was
}

// workspaceOf returns the workspace of the nearest go.work file upward from dir,
// or nil. The program does not say whether it was built with it. If GOWORK names
// another one today, nobody knows.
func workspaceOf(dir, gowork string) *workspace {
	for {
		path := filepath.Join(dir, "go.work")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			file, err := readModFile(path)
			if err != nil {
				return nil
			}
			w := &workspace{dir: dir, file: file}
			if gowork != "" && gowork != path {
				w.problem = untrusted(fmt.Sprintf("which folder the source of a module is in cannot be told, for the environment variable GOWORK is %q, but there is %s; unset GOWORK", gowork, path))
			}
			return w
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
