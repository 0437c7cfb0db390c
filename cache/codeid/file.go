package codeid

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"sync"
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
	functions  []functionText      // those whose bodies syntax lacks, nil if it lacks none
	linknames  map[string][]string // the //go:linkname directives by local name
	exports    []string            // the names of the //export directives

	hasOddImport bool
}

// A fileImport is one import of a file.
type fileImport struct {
	name  string // "" if the import does not say
	path  string
	usual []string // what the package is called if it has a usual name
	text  string   // for import "C" the preamble

	location location
}

// readFile parses a Go file; nil if its constraints do not admit it.
func readFile(path string, build *buildContext, regardless bool) (*sourceFile, fileState, error) {
	src, state, err := readBounded(path, maxSourceFile)
	if err != nil {
		return nil, state, err
	}
	line, matches := build.matchesHeader(src)
	if !matches && !regardless {
		return nil, state, nil
	}
	f := &sourceFile{path: path, src: src, changed: state.changed, constraint: line, linknames: linknamesOf(src), exports: exportsOf(src)}
	if err := f.parse(); err != nil {
		return nil, state, untrusted("this is not the source that was built: " + err.Error() + "; build the program again")
	}
	return f, state, nil
}

// parse parses the file, but for what the bodies of functions hold.
func (f *sourceFile) parse() error {
	buffer := tokenBuffers.Get().(*[]textToken)
	defer tokenBuffers.Put(buffer)
	tokens, ok := scanTokens((*buffer)[:0], f.src)
	*buffer = tokens
	src := f.src
	if ok && !bytes.Contains(src, []byte("//line ")) && !bytes.Contains(src, []byte("/*line ")) {
		if f.functions, ok = functionsOf(tokens); ok {
			src = f.withoutBodies()
		}
	}
	mode := parser.SkipObjectResolution
	if bytes.Contains(src, []byte("//go:embed")) || bytes.Contains(src, []byte(`"C"`)) {
		mode |= parser.ParseComments
	}
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, f.path, src, mode)
	if err != nil {
		return err
	}
	f.syntax, f.positions = syntax, set.File(syntax.FileStart)
	if f.functions != nil {
		f.positions.SetLinesForContent(f.src)
	}
	if f.imports, err = importsOf(syntax); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.hasOddImport = f.oddImport(tokens)
	return nil
}

// tokenBuffers are reused: a file's tokens take ten times its size.
var tokenBuffers = sync.Pool{New: func() any { return new([]textToken) }}

// withoutBodies returns the source with blanks in place of what the bodies of
// functions hold.
func (f *sourceFile) withoutBodies() []byte {
	src := bytes.Clone(f.src)
	for i := range f.functions {
		for at := f.functions[i].lbrace + 1; at < f.functions[i].rbrace; at++ {
			src[at] = ' '
		}
	}
	return src
}

// functionAt returns the text of a function, if it was parsed without its body.
func (f *sourceFile) functionAt(decl *ast.FuncDecl) *functionText {
	at := f.positions.Offset(decl.Pos())
	i, found := slices.BinarySearchFunc(f.functions, at, func(text functionText, at int) int { return text.from - at })
	if !found {
		return nil
	}
	return &f.functions[i]
}

// syntax returns the node with what the body of a function holds. Positions in it
// are those of the file.
func (d *declaration) syntax() (ast.Node, error) {
	if d.function == nil || d.function.rbrace == 0 || d.parsed != nil {
		return cmp.Or[ast.Node](d.parsed, d.node), nil
	}
	const head = "package p;" // no longer than what a file begins with
	set := token.NewFileSet()
	if before := d.function.from - len(head); before > 0 {
		set.AddFile("", -1, before-1)
	}
	text := head + string(d.file.src[d.function.from:d.function.to])
	syntax, err := parser.ParseFile(set, d.file.path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, untrusted(fmt.Sprintf("%s:%d: %s cannot be parsed: %v", d.file.path, d.line(), d.name, err))
	}
	if len(syntax.Decls) == 1 {
		d.parsed = syntax.Decls[0]
	}
	return cmp.Or[ast.Node](d.parsed, d.node), nil
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
