package codeid

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"
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
	content    []byte              // of the functions
	references []reference         // in the functions
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

	location  location
	described string // for the content of declarations
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
	tokens, ok := scanTokens((*buffer)[:0], unsafe.String(unsafe.SliceData(f.src), len(f.src))) // nobody writes to src
	*buffer = tokens
	if bytes.Contains(f.src, []byte("//line ")) || bytes.Contains(f.src, []byte("/*line ")) {
		ok = false // lines are counted otherwise
	}
	if !ok || !f.outline(tokens) {
		f.functions = nil
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, f.path, f.src, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		f.syntax, f.positions = syntax, set.File(syntax.FileStart)
	}
	var err error
	if f.imports, err = importsOf(f.syntax); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.hasOddImport = f.oddImport(tokens)
	clear(tokens) // they hold on to the source
	return nil
}

// tokenBuffers are reused: a file's tokens take ten times its size.
var tokenBuffers = sync.Pool{New: func() any { return new([]textToken) }}

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
	if d.function == nil || d.parsed != nil {
		return cmp.Or[ast.Node](d.parsed, d.node), nil
	}
	syntax, err := d.file.parsePart(d.function.from, d.function.to, parser.SkipObjectResolution)
	if err == nil && len(syntax.Decls) != 1 {
		err = fmt.Errorf("it is %d declarations", len(syntax.Decls))
	}
	if err != nil {
		return nil, untrusted(fmt.Sprintf("%s:%d: %s cannot be parsed: %v; build the program again", d.file.path, d.line(), d.name, err))
	}
	d.parsed = syntax.Decls[0]
	return d.parsed, nil
}

// parsePart parses declarations of the file. Positions are those of the file.
func (f *sourceFile) parsePart(from, to int, mode parser.Mode) (*ast.File, error) {
	const head = "package p;" // no longer than what a file begins with
	set := token.NewFileSet()
	before := from - len(head)
	if before < 0 {
		return nil, errNoHead
	}
	if before > 0 {
		set.AddFile("", -1, before-1)
	}
	part := make([]byte, 0, len(head)+to-from)
	part = append(append(part, head...), f.src[from:to]...)
	return parser.ParseFile(set, f.path, part, mode)
}

var errNoHead = errors.New("a declaration stands where the package clause should")

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
