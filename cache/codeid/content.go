package codeid

import (
	"encoding/binary"
	"go/ast"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
)

// Sections of a declaration's content; a byte that can begin no token keeps
// them apart. Source cannot contain the byte 0.
const (
	endOfItem     = 0
	importSection = 1
	extraSection  = 2
)

// content is a declaration without its layout, as the package's doc has it.
// Imports and extras are what the text alone does not say.
func (d *declaration) content(imports, extras []string) []byte {
	b := append([]byte(d.keyword.String()), endOfItem)
	from, to := d.span()
	b = appendTokens(b, d.file.src[from:to])
	if d.inherited != nil {
		from, to = d.file.offsets(d.inherited.Pos(), d.inherited.End())
		b = appendTokens(b, d.file.src[from:to])
	}
	slices.Sort(imports)
	for _, text := range slices.Compact(imports) {
		b = append(b, importSection)
		b = append(append(b, text...), endOfItem)
	}
	extras = append(extras, d.file.languageOf())
	if d.keyword == token.CONST && d.mentionsIota() {
		extras = append(extras, "iota="+strconv.Itoa(d.iota))
	}
	extras = append(extras, d.linknames...)
	for _, text := range extras {
		b = append(b, extraSection)
		b = append(append(b, text...), endOfItem)
	}
	return b
}

func (d *declaration) mentionsIota() bool {
	found := false
	look := func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && name.Name == "iota" {
			found = true
		}
		return !found
	}
	ast.Inspect(d.node, look)
	if d.inherited != nil {
		ast.Inspect(d.inherited, look)
	}
	return found
}

// appendTokens appends the tokens of source text. Comments are left out, and so
// are the commas and semicolons before a closing bracket, which depend on
// whether the bracket stands on a line of its own.
func appendTokens(b, src []byte) []byte {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), src, nil, 0)
	held := "" // a comma or semicolon that may yet turn out to be layout
	for {
		_, tok, text := s.Scan()
		switch tok {
		case token.EOF:
			return b
		case token.COMMA, token.SEMICOLON:
			if held != "" {
				b = append(append(b, held...), endOfItem)
			}
			held = tok.String()
			continue
		case token.RPAREN, token.RBRACK, token.RBRACE:
			held = ""
		}
		if held != "" {
			b = append(append(b, held...), endOfItem)
			held = ""
		}
		if text == "" || !tok.IsLiteral() {
			text = tok.String()
		}
		b = append(append(b, text...), endOfItem)
	}
}

// These begin what is hashed; the last byte is the version of the grammar.
const (
	codeMagic  = "labbook code\x01"
	buildMagic = "labbook build\x01"
)

// codeMessage is what the digest of the code is made of, from everything that
// is reached, sorted by name.
func codeMessage(root string, reached []reachedSource) []byte {
	b := make([]byte, 0, 64+len(root)+128*len(reached))
	b = append(b, codeMagic...)
	b = appendText(b, root)
	for i := range reached {
		b = appendText(b, reached[i].Name)
		b = append(b, reached[i].content[:]...)
	}
	return b
}

// buildMessage is what stands in for that where the source cannot be trusted:
// the executable, and which of its functions it is. A name alone may lack the
// type arguments.
func buildMessage(build, name string, offset int64) []byte {
	b := appendText([]byte(buildMagic), build)
	b = appendText(b, name)
	return binary.AppendVarint(b, offset)
}

func appendText(b []byte, text string) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}
