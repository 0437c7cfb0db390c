package codeid

import (
	"go/scanner"
	"go/token"
)

// A textToken is one token of a source text.
type textToken struct {
	kind token.Token
	from int    // offset
	text string // as the content of a declaration has it
}

// scanTokens appends the tokens of a source text to list, and says whether it
// could be read to the end.
func scanTokens(list []textToken, src []byte) ([]textToken, bool) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(src))
	s.Init(file, src, nil, 0)
	for {
		pos, kind, text := s.Scan()
		switch {
		case kind == token.EOF:
			return list, s.ErrorCount == 0
		case text == "" || !kind.IsLiteral():
			text = kind.String()
		}
		list = append(list, textToken{kind: kind, from: int(pos) - file.Base(), text: text})
	}
}

// appendTokens appends tokens, but for the commas and semicolons before a
// closing bracket, which depend on whether the bracket stands on a line of its
// own.
func appendTokens(b []byte, tokens []textToken) []byte {
	for i, t := range tokens {
		if t.kind == token.COMMA || t.kind == token.SEMICOLON {
			if i+1 == len(tokens) {
				break
			}
			switch tokens[i+1].kind {
			case token.RPAREN, token.RBRACK, token.RBRACE:
				continue
			}
		}
		b = append(append(b, t.text...), endOfItem)
	}
	return b
}

// contentSize is how many bytes appendTokens appends, at most.
func contentSize(tokens []textToken) int {
	size := 0
	for _, t := range tokens {
		size += len(t.text) + 1
	}
	return size
}

// appendTextTokens appends the tokens of a source text.
func appendTextTokens(b, src []byte) []byte {
	tokens, _ := scanTokens(nil, src)
	return appendTokens(b, tokens)
}
