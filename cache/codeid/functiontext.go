package codeid

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
)

// Most of a program's text is in the bodies of functions, and most bodies need
// not be parsed: their tokens say what they name. Only a name that may be local
// takes syntax to tell, and only if something else has the same name.

// A functionText is a function declaration as a run of tokens.
type functionText struct {
	from, to   int // offsets in the file; to lies behind the end
	content    []byte
	references []reference
}

// A reference is a name in a function, other than its own.
type reference struct {
	name     string
	selected string // of name.selected
	kind     referenceKind
}

type referenceKind uint8

const (
	outside  referenceKind = iota // declared outside, for it stands where nothing is declared
	perhaps                       // it may be declared where it stands
	selector                      // selected from something
)

// outline finds the declarations of the file among its tokens, and reports whether
// that worked. Functions come without their bodies, the rest is parsed.
func (f *sourceFile) outline(tokens []textToken) bool {
	if len(tokens) < 3 || tokens[0].kind != token.PACKAGE || tokens[1].kind != token.IDENT || tokens[2].kind != token.SEMICOLON {
		return false
	}
	f.positions = token.NewFileSet().AddFile(f.path, 1, len(f.src))
	f.positions.SetLinesForContent(f.src)
	f.syntax = &ast.File{Package: f.at(tokens[0]), Name: &ast.Ident{NamePos: f.at(tokens[1]), Name: tokens[1].text}}
	functions, names, size := 0, 0, 0
	for _, t := range tokens {
		size += len(t.text) + 1
		switch t.kind {
		case token.FUNC:
			functions++
		case token.IDENT:
			names++
		}
	}
	f.functions = make([]functionText, 0, functions)
	f.references, f.content = make([]reference, 0, names), make([]byte, 0, size)
	after := tokens[2].from // where the last declaration ends
	for i := 3; i < len(tokens); i++ {
		switch tokens[i].kind {
		case token.SEMICOLON:
			continue
		case token.FUNC:
			end, body, ok := functionEnd(tokens, i)
			if !ok || !f.addFunction(tokens[i:end], body-i) {
				return false
			}
			i = end
		case token.IMPORT, token.CONST, token.VAR, token.TYPE:
			end, ok := declarationEnd(tokens, i)
			if !ok || !f.addGroup(max(after, len("package p;")), tokens[end-1]) {
				return false
			}
			i = end
		default:
			return false
		}
		after = tokens[i-1].from + len(tokens[i-1].text)
		if i < len(tokens) && tokens[i].kind != token.SEMICOLON {
			return false
		}
	}
	return true
}

func (f *sourceFile) at(t textToken) token.Pos { return token.Pos(f.positions.Base() + t.from) }

// addGroup parses a declaration, with what stands before it: that may be comments
// which are directives or C code.
func (f *sourceFile) addGroup(from int, last textToken) bool {
	to := last.from + len(last.text)
	mode := parser.SkipObjectResolution
	if text := f.src[from:to]; bytes.Contains(text, []byte("//go:embed")) || bytes.Contains(text, []byte(`"C"`)) {
		mode |= parser.ParseComments
	}
	part, err := f.parsePart(from, to, mode)
	if err != nil || len(part.Decls) != 1 {
		return false
	}
	f.syntax.Decls = append(f.syntax.Decls, part.Decls...)
	f.syntax.Comments = append(f.syntax.Comments, part.Comments...)
	return true
}

// addFunction adds a function as it would be parsed, without parameters and
// results and without what its body holds. It reports whether it has a name.
func (f *sourceFile) addFunction(tokens []textToken, body int) bool {
	last := tokens[len(tokens)-1]
	decl := &ast.FuncDecl{Type: &ast.FuncType{Func: f.at(tokens[0]), Params: &ast.FieldList{Closing: f.at(last) + token.Pos(len(last.text)) - 1}}}
	rest := tokens[1:]
	if len(rest) > 0 && rest[0].kind == token.LPAREN {
		decl.Recv, rest = f.receiver(rest)
	}
	if len(rest) == 0 || rest[0].kind != token.IDENT {
		return false
	}
	decl.Name = f.ident(rest[0])
	if body > 0 {
		decl.Body = &ast.BlockStmt{Lbrace: f.at(tokens[body]), Rbrace: f.at(last)}
	}
	f.functions = append(f.functions, f.functionText(tokens, body))
	f.syntax.Decls = append(f.syntax.Decls, decl)
	return true
}

func (f *sourceFile) ident(t textToken) *ast.Ident {
	return &ast.Ident{NamePos: f.at(t), Name: t.text}
}

// receiver returns a receiver without its name and type arguments, and the tokens
// behind it.
func (f *sourceFile) receiver(tokens []textToken) (*ast.FieldList, []textToken) {
	var base ast.Expr
	pointer := false
	depth, brackets := 0, 0
	for i, t := range tokens {
		switch t.kind {
		case token.LPAREN:
			depth++
		case token.LBRACK:
			brackets++
		case token.RBRACK:
			brackets--
		case token.MUL:
			pointer = pointer || brackets == 0
		case token.IDENT: // the last one, after the receiver's name
			if brackets == 0 {
				base = f.ident(t)
			}
		case token.RPAREN:
			if depth--; depth > 0 {
				continue
			}
			if base == nil {
				return &ast.FieldList{}, tokens[i+1:]
			}
			if pointer {
				base = &ast.StarExpr{X: base}
			}
			return &ast.FieldList{List: []*ast.Field{{Type: base}}}, tokens[i+1:]
		}
	}
	return nil, nil
}

// declarationEnd returns the index behind a declaration that begins at start.
func declarationEnd(tokens []textToken, start int) (end int, ok bool) {
	depth := 0
	for i := start; i < len(tokens); i++ {
		switch tokens[i].kind {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.SEMICOLON:
			if depth == 0 {
				return i, true
			}
		}
	}
	return 0, false
}

// functionEnd returns the index behind the function that begins at start, and
// that of its body's brace, or start if there is no body.
func functionEnd(tokens []textToken, start int) (end, body int, ok bool) {
	depth, body := 0, start
	for i := start; i < len(tokens); i++ {
		switch tokens[i].kind {
		case token.LBRACE:
			if before := tokens[i-1].kind; depth == 0 && before != token.STRUCT && before != token.INTERFACE {
				body = i
			}
			depth++
		case token.LPAREN, token.LBRACK:
			depth++
		case token.RBRACE, token.RPAREN, token.RBRACK:
			depth--
			if depth == 0 && body > start {
				return i + 1, body, tokens[i].kind == token.RBRACE
			}
		case token.SEMICOLON:
			if depth == 0 {
				return i, start, true
			}
		}
		if depth < 0 {
			break
		}
	}
	return 0, 0, false
}

// functionText takes the tokens of a function, of which the body begins at that
// index, or none if it is 0. The functions of a file share two pieces of memory.
func (f *sourceFile) functionText(tokens []textToken, body int) functionText {
	first, last := tokens[0], tokens[len(tokens)-1]
	head := len(tokens)
	if body > 0 {
		head = body
	}
	content, references := len(f.content), len(f.references)
	f.content = appendTokens(f.content, tokens)
	f.references = appendReferences(f.references, tokens[:head], signature)
	f.references = appendReferences(f.references, tokens[head:], insideOf(tokens[head:]))
	return functionText{
		from: first.from, to: last.from + len(last.text),
		content: slices.Clip(f.content[content:]), references: slices.Clip(f.references[references:]),
	}
}

// Surroundings say what can be declared in a run of tokens besides variables by :=.
type surroundings uint8

const (
	signature    surroundings = 1 << iota // parameters in round and square brackets
	literals                              // parameters in round brackets
	declarations                          // anything, by var, const and type, and fields and methods
)

func insideOf(tokens []textToken) surroundings {
	var p surroundings
	for _, t := range tokens {
		switch t.kind {
		case token.FUNC:
			p |= literals
		case token.VAR, token.CONST, token.TYPE, token.STRUCT, token.INTERFACE:
			p |= declarations
		}
	}
	return p
}

func appendReferences(list []reference, tokens []textToken, in surroundings) []reference {
	kind := func(i int) token.Token {
		if i < 0 || i >= len(tokens) {
			return token.ILLEGAL
		}
		return tokens[i].kind
	}
	named := false // the function itself has been named
	start := len(list)
	for i, t := range tokens {
		if t.kind != token.IDENT || t.text == "_" {
			continue
		}
		r := reference{name: t.text}
		before, after := kind(i-1), kind(i+1)
		switch {
		case before == token.PERIOD:
			r.kind = selector
		case before == token.GOTO || before == token.BREAK || before == token.CONTINUE:
			continue
		case in&signature != 0 && !named && (before == token.FUNC || before == token.RPAREN):
			named = true
			continue
		case after == token.PERIOD && kind(i+2) == token.IDENT:
			r.selected = tokens[i+2].text
		case mayDeclare(before, after, in):
			r.kind = perhaps
		}
		// The same again within a few names says nothing new.
		if !slices.Contains(list[max(start, len(list)-recent):], r) {
			list = append(list, r)
		}
	}
	return list
}

const recent = 16

// mayDeclare reports whether a name can be declared between two tokens. It may
// report too much, which costs time. Where it reports too little, a local name
// counts as one of the package: that is safe too, and the same each time.
func mayDeclare(before, after token.Token, in surroundings) bool {
	begins, listed, bracketed := false, false, false
	switch before {
	case token.SEMICOLON, token.LBRACE, token.COLON, token.IF, token.FOR, token.SWITCH, token.CASE, token.ELSE:
		begins = true
	case token.COMMA, token.LPAREN:
		listed = true
	case token.LBRACK:
		bracketed = true
	case token.VAR, token.CONST, token.TYPE:
		return true
	}
	if !begins && !listed && !bracketed {
		return false
	}
	switch after {
	case token.DEFINE:
		return !bracketed
	case token.COMMA:
		return !bracketed && (before != token.LPAREN || in != 0) || bracketed && in&signature != 0
	case token.COLON:
		return !bracketed
	case token.IDENT, token.MUL, token.LBRACK, token.LPAREN, token.FUNC, token.MAP, token.CHAN, token.ARROW,
		token.STRUCT, token.INTERFACE, token.ELLIPSIS, token.TILDE:
		return in&declarations != 0 || listed && in != 0 || in&signature != 0
	case token.ASSIGN, token.SEMICOLON:
		return in&declarations != 0 || in&signature != 0
	case token.RBRACK:
		return in&signature != 0
	}
	return false
}

// quickUses returns what a function refers to if its tokens alone tell.
func (d *declaration) quickUses() (found *uses, ok bool) {
	f := d.file
	if d.function == nil || f.hasOddImport {
		return nil, false
	}
	var local []string
	for _, r := range d.function.references {
		if r.kind == perhaps {
			local = append(local, r.name)
		}
	}
	n := len(d.function.references)
	found = &uses{names: make([]nameUse, 0, n), selected: make([]selection, 0, n), members: make([]string, 0, n)}
	for _, r := range d.function.references {
		if r.kind == selector {
			found.members = append(found.members, r.name)
			continue
		}
		declared := f.pkg.declared[r.name] != nil
		imported := r.selected != "" && f.mayImport(r.name)
		isLocal := slices.Contains(local, r.name)
		switch {
		case isLocal && (declared || imported):
			return nil, false // at one place this, at another that
		case isLocal:
		case declared || imported:
			found.add(r)
		case !predeclared[r.name]:
			return nil, false // a field, perhaps
		}
	}
	return found, true
}

func (u *uses) add(r reference) {
	if r.selected != "" {
		u.selected = append(u.selected, selection{base: r.name, name: r.selected})
	} else {
		u.names = append(u.names, nameUse{name: r.name})
	}
}

// mayImport reports whether a name can be that of an import of the file, as far
// as paths tell.
func (f *sourceFile) mayImport(name string) bool {
	return slices.ContainsFunc(f.imports, func(imported *fileImport) bool {
		return imported.name == name || imported.name == "" && slices.Contains(imported.usual, name)
	})
}

// oddImport reports whether the file, of these tokens, has imports whose names
// paths do not tell: those into its own scope, and those that it does not use by
// a name that fits.
func (f *sourceFile) oddImport(tokens []textToken) bool {
	unused := map[*fileImport]bool{}
	for _, imported := range f.imports {
		if imported.name == "." {
			return true
		}
		if imported.name == "" {
			unused[imported] = true
		}
	}
	for i, t := range tokens {
		if len(unused) == 0 {
			return false
		}
		if t.kind != token.IDENT || i+1 == len(tokens) || tokens[i+1].kind != token.PERIOD {
			continue
		}
		for imported := range unused {
			if slices.Contains(imported.usual, t.text) {
				delete(unused, imported)
			}
		}
	}
	return len(unused) > 0
}
