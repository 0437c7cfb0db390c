package codeid

import (
	"go/scanner"
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A textToken is one token of a source text.
type textToken struct {
	kind token.Token // INT for all numbers
	from int         // offset
	text string      // as the content of a declaration has it
}

// scanTokens appends the tokens of a source text to list, and says whether it
// could be read to the end.
func scanTokens(list []textToken, src string) ([]textToken, bool) {
	start := len(list)
	if list, ok := scanPlainly(list, src); ok {
		return list, true
	}
	return scanThoroughly(list[:start], src)
}

// scanThoroughly is for whatever scanPlainly gives up on.
func scanThoroughly(list []textToken, src string) ([]textToken, bool) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(src))
	s.Init(file, []byte(src), nil, 0)
	for {
		pos, kind, text := s.Scan()
		switch {
		case kind == token.EOF:
			return list, s.ErrorCount == 0
		case text == "" || !kind.IsLiteral():
			text = kind.String()
		case kind == token.FLOAT || kind == token.IMAG:
			kind = token.INT
		}
		list = append(list, textToken{kind: kind, from: int(pos) - file.Base(), text: text})
	}
}

// scanPlainly does what scanThoroughly does, three times as fast and without
// copies of the text. It gives up on what is wrong or strange.
func scanPlainly(list []textToken, src string) ([]textToken, bool) {
	ends := false // a line can end after the last token
	for at := 0; ; {
		// Blanks and comments; a newline may stand for a semicolon.
		for at < len(src) {
			c := src[at]
			if c == '\n' && ends {
				break
			}
			if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
				at++
				continue
			}
			if c != '/' || at+1 == len(src) || src[at+1] != '/' && src[at+1] != '*' {
				break
			}
			end, lines := commentEnd(src, at)
			if end < 0 || strings.IndexByte(src[at:end], 0) >= 0 || !utf8.ValidString(src[at:end]) {
				return list, false
			}
			if lines && ends {
				break
			}
			at = end
		}
		if at == len(src) || ends && (src[at] == '\n' || src[at] == '/' && isComment(src, at)) {
			if ends {
				list = append(list, textToken{kind: token.SEMICOLON, from: at, text: ";"})
			}
			if at == len(src) {
				return list, true
			}
			ends = false
			continue
		}
		kind, end := plainToken(src, at)
		if kind == token.ILLEGAL {
			return list, false
		}
		list = append(list, textToken{kind: kind, from: at, text: src[at:end]})
		at = end
		switch kind {
		case token.IDENT, token.INT, token.STRING, token.CHAR, token.BREAK, token.CONTINUE, token.FALLTHROUGH, token.RETURN,
			token.INC, token.DEC, token.RPAREN, token.RBRACK, token.RBRACE:
			ends = true
		default:
			ends = false
		}
	}
}

func isComment(src string, at int) bool {
	return at+1 < len(src) && (src[at+1] == '/' || src[at+1] == '*')
}

// commentEnd returns where a comment ends, without the newline of one that ends
// with its line, and whether it holds or ends a line; -1 if it does not end.
func commentEnd(src string, at int) (end int, lines bool) {
	if src[at+1] == '/' {
		if n := strings.IndexByte(src[at:], '\n'); n >= 0 {
			return at + n, true
		}
		return len(src), true
	}
	n := strings.Index(src[at+2:], "*/")
	if n < 0 {
		return -1, false
	}
	end = at + 2 + n + 2
	// One after which the file or the line ends stands for a newline too.
	rest := strings.TrimLeft(src[end:], " \t\r")
	lines = strings.IndexByte(src[at:end], '\n') >= 0 || rest == "" || rest[0] == '\n' || rest[0] == '/' && isComment(rest, 0)
	return end, lines
}

// plainToken returns the token at an offset and where it ends, ILLEGAL for one
// that needs a closer look.
func plainToken(src string, at int) (token.Token, int) {
	switch c := src[at]; {
	case isLetter(c):
		end := at + 1
		for end < len(src) && (isLetter(src[end]) || isDigit(src[end])) {
			end++
		}
		if end < len(src) && src[end] >= utf8.RuneSelf {
			return wideName(src, at)
		}
		if text := src[at:end]; text[0] >= 'a' && len(text) > 1 && len(text) <= len("fallthrough") {
			return token.Lookup(text), end
		}
		return token.IDENT, end
	case c >= utf8.RuneSelf:
		return wideName(src, at)
	case isDigit(c) || c == '.' && at+1 < len(src) && isDigit(src[at+1]):
		return plainNumber(src, at)
	case c == '"' || c == '\'':
		for end := at + 1; end < len(src); end++ {
			switch b := src[end]; {
			case b == c && c == '"':
				return token.STRING, end + 1
			case b == c:
				return token.CHAR, end + 1
			case b == '\\':
				end++
			case b == '\n' || b == '\r' || b == 0 || b >= utf8.RuneSelf && c == '\'':
				return token.ILLEGAL, 0
			}
		}
		return token.ILLEGAL, 0
	case c == '`':
		n := strings.IndexByte(src[at+1:], '`')
		if n < 0 || strings.IndexByte(src[at+1:at+1+n], '\r') >= 0 || strings.IndexByte(src[at+1:at+1+n], 0) >= 0 {
			return token.ILLEGAL, 0
		}
		return token.STRING, at + 1 + n + 1
	}
	for _, op := range operators[src[at]] {
		if strings.HasPrefix(src[at:], op.text) {
			return op.kind, at + len(op.text)
		}
	}
	return token.ILLEGAL, 0
}

// wideName is a name with letters beyond ASCII.
func wideName(src string, at int) (token.Token, int) {
	end := at
	for end < len(src) {
		c, size := utf8.DecodeRuneInString(src[end:])
		if c == utf8.RuneError || !unicode.IsLetter(c) && c != '_' && (!unicode.IsDigit(c) || end == at) {
			break
		}
		end += size
	}
	if end == at || end < len(src) && src[end] >= utf8.RuneSelf {
		return token.ILLEGAL, 0
	}
	return token.IDENT, end
}

// plainNumber takes decimal numbers with point and exponent, and whole ones in
// other bases.
func plainNumber(src string, at int) (token.Token, int) {
	end := at
	digits := func() {
		for end < len(src) && isDigit(src[end]) {
			end++
		}
	}
	digits()
	if end < len(src) && src[end] == '.' {
		end++
		digits()
	}
	if end < len(src) && (src[end] == 'e' || src[end] == 'E') {
		end++
		if end < len(src) && (src[end] == '+' || src[end] == '-') {
			end++
		}
		begin := end
		if digits(); end == begin {
			return token.ILLEGAL, 0
		}
	}
	whole := end == at+1 && src[at] == '0' && end < len(src)
	switch {
	case whole && (src[end] == 'x' || src[end] == 'X'):
		begin := end + 1
		for end = begin; end < len(src) && isHexadecimal(src[end]); end++ {
		}
		if end == begin {
			return token.ILLEGAL, 0
		}
	case end > at+1 && src[at] == '0' && isDigit(src[at+1]):
		return token.ILLEGAL, 0 // octal, or not
	}
	if end < len(src) && (isLetter(src[end]) || isDigit(src[end]) || src[end] == '.' || src[end] >= utf8.RuneSelf) {
		return token.ILLEGAL, 0
	}
	return token.INT, end
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHexadecimal(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

type operator struct {
	text string
	kind token.Token
}

// operators holds, for each first byte, those that begin with it, the longest
// first.
var operators = func() (table [256][]operator) {
	for kind := token.ADD; kind <= token.TILDE; kind++ {
		if !kind.IsOperator() {
			continue
		}
		text := kind.String()
		list := &table[text[0]]
		i := 0
		for i < len(*list) && len((*list)[i].text) >= len(text) {
			i++
		}
		*list = append((*list)[:i], append([]operator{{text, kind}}, (*list)[i:]...)...)
	}
	return table
}()

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

// appendTextTokens appends the tokens of a source text.
func appendTextTokens(b, src []byte) []byte {
	tokens, _ := scanTokens(nil, string(src))
	return appendTokens(b, tokens)
}
