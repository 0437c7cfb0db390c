package codeid

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"time"
)

// A sourceFile is one Go file of a package.
type sourceFile struct {
	pkg        *sourcePackage
	path       string
	src        []byte
	syntax     *ast.File
	positions  *token.File
	changed    time.Time
	constraint string // its //go:build line
	imports    []*fileImport
	linknames  map[string][]string // the //go:linkname directives by local name
	exports    []string            // the names of the //export directives
}

// A fileImport is one import of a file.
type fileImport struct {
	name string // "" if the import does not say
	path string
	text string // for import "C" the preamble
}

// readFile parses a Go file; nil if its constraints do not admit it.
func readFile(path string, build *buildContext, regardless bool) (*sourceFile, error) {
	src, changed, err := readBounded(path, maxSourceFile)
	if err != nil {
		return nil, err
	}
	line, matches := build.matchesHeader(src)
	if !matches && !regardless {
		return nil, nil
	}
	positions := token.NewFileSet()
	syntax, err := parser.ParseFile(positions, path, src, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil, untrusted(err.Error())
	}
	f := &sourceFile{
		path: path, src: src, syntax: syntax, positions: positions.File(syntax.FileStart), changed: changed, constraint: line,
	}
	f.imports, err = importsOf(syntax)
	if err != nil {
		return nil, untrusted(path + ": " + err.Error())
	}
	f.linknames, f.exports = linknamesOf(src), exportsOf(src)
	return f, nil
}

// languageOf returns what decides the version of the language in a file.
func (f *sourceFile) languageOf() string {
	if f.pkg.module == nil {
		return ""
	}
	if strings.Contains(f.constraint, "go1.") {
		return f.pkg.module.language + " " + f.constraint
	}
	return f.pkg.module.language
}
