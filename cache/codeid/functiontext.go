package codeid

import (
	"go/token"
	"slices"
)

// Most of a program's text is in the bodies of functions, and most bodies need
// not be parsed: their tokens say what they name. Only a name that may be local
// takes syntax to tell, and only if something else has the same name.

// A functionText is a function declaration as a run of tokens.
type functionText struct {
	from, to       int // offsets in the file; to lies behind the end
	lbrace, rbrace int // offsets of the body's braces; 0 if there is no body
	content        []byte
	references     []reference
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

// functionsOf finds the functions at package level among the tokens of a file.
// It reports false if the tokens are not those of Go source.
func functionsOf(tokens []textToken) ([]functionText, bool) {
	var found []functionText
	depth, begins := 0, true // whether a declaration can begin here
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch t.kind {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.FUNC:
			if depth > 0 || !begins {
				break
			}
			end, body, ok := functionEnd(tokens, i)
			if !ok {
				return nil, false
			}
			found = append(found, newFunctionText(tokens[i:end], body-i))
			i = end - 1
		}
		begins = depth == 0 && t.kind == token.SEMICOLON
	}
	return found, depth == 0
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

// newFunctionText takes the tokens of a function, of which the body begins at
// that index, or none if it is 0.
func newFunctionText(tokens []textToken, body int) functionText {
	last := tokens[len(tokens)-1]
	f := functionText{from: tokens[0].from, to: last.from + len(last.text), content: appendTokens(make([]byte, 0, contentSize(tokens)), tokens)}
	head := len(tokens)
	if body > 0 {
		f.lbrace, f.rbrace = tokens[body].from, last.from
		head = body
	}
	names := 0
	for _, t := range tokens {
		if t.kind == token.IDENT {
			names++
		}
	}
	f.references = make([]reference, 0, names)
	f.references = appendReferences(f.references, tokens[:head], signature)
	f.references = appendReferences(f.references, tokens[head:], insideOf(tokens[head:]))
	return f
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
		if !slices.Contains(list[max(0, len(list)-recent):], r) {
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
	found = &uses{}
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
