package codeid

import (
	"bytes"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// importsOf lists the imports of a file.
func importsOf(syntax *ast.File) ([]*fileImport, error) {
	var imports []*fileImport
	for _, decl := range syntax.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.IMPORT {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.ImportSpec)
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, err
			}
			imported := &fileImport{path: path, usual: usualNames(path)}
			if spec.Name != nil {
				imported.name = spec.Name.Name
			}
			if path == "C" {
				imported.name = "C"
				imported.text = commentText(group.Doc) + commentText(spec.Doc)
			}
			imports = append(imports, imported)
		}
	}
	return imports, nil
}

// sharePreambles gives each import "C" of the package the preambles of all of its
// files: what one declares another can define.
func (pkg *sourcePackage) sharePreambles() {
	var preambles []*fileImport
	var all strings.Builder
	for _, f := range pkg.files {
		for _, imported := range f.imports {
			if imported.path == "C" {
				preambles = append(preambles, imported)
				all.WriteString(imported.text)
			}
		}
	}
	for _, imported := range preambles {
		imported.text = all.String()
	}
	pkg.usesC = len(preambles) > 0
}

// commentText is a comment as it stands in the source: the preamble of import
// "C" is code.
func commentText(group *ast.CommentGroup) string {
	var b strings.Builder
	if group != nil {
		for _, c := range group.List {
			b.WriteString(c.Text + "\n")
		}
	}
	return b.String()
}

// mayBeCalled reports whether a package of this path can go by name where an
// import does not name it.
func mayBeCalled(path, name string) bool { return slices.Contains(usualNames(path), name) }

// usualNames returns what a package of this path is usually called. The path does
// not decide that; the forms "x/name", "x/name/v2", "x/name.v2", "x/go-name" and
// "x/name-go" are known.
func usualNames(path string) []string {
	rest, last := splitLast(path)
	if rest != "" && isVersion(last) {
		_, last = splitLast(rest)
	}
	if base, version, found := strings.Cut(last, "."); found && (isVersion(version) || version == "go") {
		last = base
	}
	names := []string{last}
	if short := strings.TrimSuffix(strings.TrimPrefix(last, "go-"), "-go"); short != last {
		names = append(names, short)
	}
	return names
}

// splitLast splits a path before its last element.
func splitLast(path string) (rest, last string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

func isVersion(text string) bool {
	digits, found := strings.CutPrefix(text, "v")
	_, err := strconv.ParseUint(digits, 10, 32)
	return found && err == nil
}

// exportsOf finds the functions that C code can call.
func exportsOf(src []byte) []string {
	const directive = "//export "
	if !bytes.Contains(src, []byte(directive)) {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(src)) {
		if words := strings.Fields(line); len(words) > 1 && strings.HasPrefix(line, directive) {
			names = append(names, words[1])
		}
	}
	return names
}

// linknamesOf finds the directives that tie a name of the file to a symbol of
// another package.
func linknamesOf(src []byte) map[string][]string {
	const directive = "//go:linkname "
	if !bytes.Contains(src, []byte(directive)) {
		return nil
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(src)) {
		if !strings.HasPrefix(line, directive) {
			continue
		}
		if words := strings.Fields(line); len(words) >= 2 {
			found[words[1]] = append(found[words[1]], strings.Join(words, " "))
		}
	}
	return found
}
