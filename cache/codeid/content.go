package codeid

import (
	"encoding/binary"
	"go/ast"
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
	from, to := d.span()
	b := make([]byte, 0, to-from+256)
	b = append(append(b, d.keyword.String()...), endOfItem)
	if d.function != nil {
		b = append(b, d.function.content...)
	} else {
		b = appendTextTokens(b, d.file.src[from:to])
	}
	if d.inherited != nil {
		from, to := d.file.offsets(d.inherited.Pos(), d.inherited.End())
		b = appendTextTokens(b, d.file.src[from:to])
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
